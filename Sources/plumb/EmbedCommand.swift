import ArgumentParser

/// `plumb embed`.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Write the embeddings of images or texts to a NumPy file.",
    subcommands: [EmbedImages.self, EmbedTexts.self])
}
