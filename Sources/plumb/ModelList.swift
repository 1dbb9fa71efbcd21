import ArgumentParser
import CLIP
import Foundation
import JSON

/// `plumb model list`.
struct ModelList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the models on this machine.",
    discussion: """
      Lists the models that come with Plumb, which have one-word names, and those in the Hugging Face cache, where plumb \
      model pull puts them. PLUMB_MODELS names further folders of models, separated by colons.
      """)

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let models = ModelLocator.available()
    if json {
      let list = models.map { ["name": .string($0.name), "folder": .string($0.folder.path)] as JSONValue }
      return try Output.line(JSONValue.array(list).text(isIndented: true))
    }
    guard !models.isEmpty else {
      return try Output.line(
        "There are no models. Download one with: plumb model pull openai/clip-vit-base-patch32")
    }
    let width = models.map(\.name.count).max() ?? 0
    for model in models {
      try Output.line(
        "\(model.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(model.folder.path)")
    }
  }
}
