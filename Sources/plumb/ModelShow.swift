import ArgumentParser
import CLIP
import Foundation
import JSON

/// `plumb model show`.
struct ModelShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a model's architecture, size, hashes, tokenizer and preprocessing.",
    discussion: """
      Also checks that every tensor is present, has the right shape, and is finite.

        plumb model show mini
      """)

  @Argument(help: "Model: a folder, a file, or owner/name from the Hugging Face cache.")
  var model: String

  @Option(help: "Activation function of a checkpoint without a configuration file.")
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
