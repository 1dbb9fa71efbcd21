import ArgumentParser
import CLIP
import Foundation
import JSON

/// `plumb model list`.
struct ModelList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the models that are on this machine.",
    discussion: """
      Those that come with Plumb and are named by one word, those that plumb model pull fetched, and those in the cache of \
      Hugging Face's tools. PLUMB_MODELS names further folders of models, with colons between.
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
      return try Output.line("There is none. Fetch one with: plumb model pull openai/clip-vit-base-patch32")
    }
    let width = models.map(\.name.count).max() ?? 0
    for model in models {
      try Output.line(
        "\(model.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(model.folder.path)")
    }
  }
}
