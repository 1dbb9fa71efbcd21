import ArgumentParser
import CLIP
import Foundation
import JSON

/// `plumb model show`.
struct ModelShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Tell what a checkpoint is: architecture, size, hashes, tokenizer, preprocessing.",
    discussion: """
      Checks on the way that every tensor is there, in its shape, and free of NaN.

        plumb model show mini
      """)

  @Argument(help: "A folder, a file, or owner/name from the Hugging Face cache.")
  var model: String

  @Option(help: "The activation of a checkpoint that comes without a configuration.")
  var activation: Activation?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let url = try ModelLocator.resolve(model)
    let checkpoint = try Checkpoint.open(at: url, activation: activation)
    try checkpoint.validateFinite()
    let description = try ModelDescription(checkpoint, name: model, at: url)
    try Output.line(json ? description.json.text(isIndented: true) : description.table)
  }
}
