import ArgumentParser
import Foundation
import Training

/// `plumb torch setup`.
struct TorchSetupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Install libtorch and build the bridge to it; needed once, for training.",
    discussion: """
        plumb torch setup
        plumb torch setup --torch /opt/venv/lib/python3.11/site-packages/torch

      Only training needs libtorch. Without --torch, pip installs the CPU build of torch (190 MB) in a virtual \
      environment of Plumb's own; for CUDA, name an installed torch that supports it, which is then also used the next \
      time. Everything is written to the folder that PLUMB_TORCH names, or ~/.local/share/plumb/torch.
      """)

  @Option(
    help: ArgumentHelp(
      "Installed torch: site-packages/torch, a virtual environment, or a libtorch folder.", valueName: "dir"))
  var torch: String?

  func run() throws {
    Interruption.message = "stopped; the same command resumes from here"
    let setup = TorchSetup(torch: torch.map { URL(fileURLWithPath: $0, isDirectory: true) })
    let outcome = try setup.run { Output.note($0) }
    if !outcome.isNew { Output.note("nothing to do") }
    try Output.line(TorchShowCommand.summary(Torch(), outcome.record))
  }
}
