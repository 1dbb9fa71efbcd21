import ArgumentParser

/// `plumb embed`.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Embed images or text and write the embeddings to a NumPy file.",
    subcommands: [EmbedImages.self, EmbedTexts.self])
}
