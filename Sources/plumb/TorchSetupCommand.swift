import ArgumentParser
import Foundation
import Training

/// `plumb torch setup`.
struct TorchSetupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Get a torch and build the bridge to it, once.",
    discussion: """
        plumb torch setup
        plumb torch setup --torch /opt/venv/lib/python3.11/site-packages/torch

      Only training needs libtorch. Without --torch, pip fetches torch for processors (190 MB) into a virtual environment \
      of Plumb's own; for CUDA name a torch that has it. That torch is used again the next time. Everything goes into \
      the folder that PLUMB_TORCH names, or ~/.local/share/plumb/torch.
      """)

  @Option(
    help: ArgumentHelp(
      "A site-packages/torch, a virtual environment with torch, or a libtorch folder.", valueName: "dir"))
  var torch: String?

  func run() throws {
    Interruption.message = "stopped; the same command goes on from here"
    let setup = TorchSetup(torch: torch.map { URL(fileURLWithPath: $0, isDirectory: true) })
    let outcome = try setup.run { Output.note($0) }
    if !outcome.isNew { Output.note("nothing to do") }
    try Output.line(TorchShowCommand.summary(Torch(), outcome.record))
  }
}
