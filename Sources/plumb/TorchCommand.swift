import ArgumentParser

/// `plumb torch`.
struct TorchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torch",
    abstract: "Set up libtorch, which training needs, and show what is set up.",
    subcommands: [TorchSetupCommand.self, TorchShowCommand.self])
}
