import ArgumentParser
import CLIP
import Foundation

/// `plumb model pull`.
struct ModelPull: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Download a model from the Hugging Face hub or a compatible one.",
    discussion: """
      Downloads the configuration, the tokenizer, the preprocessing and one set of weights, resumes earlier downloads, and \
      checks sizes and SHA-256. Without --output the files go to the Hugging Face cache, where --model owner/name finds \
      them. Prints the folder.

        plumb model pull openai/clip-vit-base-patch32
        plumb model pull laion/CLIP-ViT-B-32-laion2B-s34B-b79K --output clip

      HF_ENDPOINT is the address of the hub (https://huggingface.co), HF_TOKEN the token for gated models; HF_HOME, \
      HF_HUB_CACHE and XDG_CACHE_HOME move the cache.
      """)

  @Argument(help: "Model name: owner/name, or owner/name@revision for a branch, a tag or a commit.")
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder to write (default: the Hugging Face cache).", valueName: "folder"))
  var output: String?

  func run() throws {
    Interruption.message = "stopped; the same command resumes from here"
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
