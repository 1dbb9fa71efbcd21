import ArgumentParser
import CLIP
import Foundation

/// `plumb model pull`.
struct ModelPull: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Fetch a model from a Hugging Face compatible hub.",
    discussion: """
      Takes the configuration, the tokenizer, the preprocessing and one set of weights, goes on where an earlier \
      download stopped, and checks sizes and SHA-256. Without --output the files go to the cache that Hugging \
      Face's tools share, where --model owner/name finds them. Prints the folder.

        plumb model pull openai/clip-vit-base-patch32
        plumb model pull laion/CLIP-ViT-B-32-laion2B-s34B-b79K --output clip

      HF_ENDPOINT is the hub (https://huggingface.co), HF_TOKEN the token for models that are not open to \
      everybody; HF_HOME, HF_HUB_CACHE and XDG_CACHE_HOME move the cache.
      """)

  @Argument(help: "owner/name, or owner/name@revision for a branch, a tag or a commit.")
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write the files to; the cache by default.", valueName: "folder"))
  var output: String?

  func run() throws {
    Interruption.message = "stopped; the same command goes on from here"
    let hub = try HubClient(environment: ProcessInfo.processInfo.environment)
    let line = ProgressLine(unit: bytes)
    defer { line.clear() }
    let folder = try hub.pull(
      HubReference(model), into: output.map { URL(fileURLWithPath: $0, isDirectory: true) }
    ) {
      line.update($0.file, $0.received, of: $0.total)
    }
    line.clear()
    try Output.line(folder.path)
  }
}
