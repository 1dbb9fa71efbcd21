public import ArgumentParser
import CLIP
import CaptionMetrics
import Compute
import Foundation

extension Precision: ExpressibleByArgument {}
extension Activation: ExpressibleByArgument {}
extension ImagePreprocessing.Transparency: ExpressibleByArgument {}
extension CLIPScoreDefinition: ExpressibleByArgument {}

/// The model of a command that can do without being told one.
struct NamedModel: ParsableArguments {
  /// The model that comes with Plumb.
  static let builtIn = "mini"

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "CLIP model: a folder, a file, owner/name from the Hugging Face cache, or mini, which comes with Plumb (default)."
    ))
  var model: String?

  /// Its name, whether it was named or not.
  var name: String { model ?? Self.builtIn }

  /// What a user should know of an opened model, a sentence each.
  func warnings(of embedder: CLIPEmbedder) -> [String] {
    let isChosen = "no --model was given: \(Self.builtIn), the model that comes with Plumb, was used."
    return (model == nil ? [isChosen] : []) + embedder.warnings
  }
}

/// How a model is opened and used: what all commands that embed have in common.
struct ModelOptions: ParsableArguments {
  @Option(help: "Arithmetic precision: int8 is the fastest, f32 the reference.")
  var precision = Precision.float32

  @Option(help: "Activation function of a checkpoint without a configuration file.")
  var activation: Activation?

  @Option(help: ArgumentHelp("Tokenizer folder or file (default: the model's own).", valueName: "path"))
  var tokenizer: String?

  @Option(help: ArgumentHelp("Number of CPU threads (default: all cores).", valueName: "count"))
  var threads: Int?

  @Flag(help: "Apply the EXIF orientation of images, which the reference implementation ignores.")
  var exif = false

  @Option(
    help:
      "Handling of transparency: dropped, as in OpenAI's CLIP, or blended with white, as in transformers 5.")
  var transparency = ImagePreprocessing.Transparency.dropped

  @Option(help: ArgumentHelp("Maximum number of pixels of an image.", valueName: "count"))
  var maxPixels = ImageLoader.defaultPixelLimit

  @Flag(
    help: "Treat a text that is longer than the model's context length as an error instead of truncating it.")
  var strict = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
    guard maxPixels > 0 else { throw ValidationError("--max-pixels must be 1 or more.") }
  }

  /// Opens a model that the user named.
  ///
  /// - Parameter packing: `whereNeeded` when only a handful of items will be embedded.
  func open(_ name: String, packing: Packing = .always) throws -> CLIPEmbedder {
    var options = CLIPEmbedder.Options()
    options.precision = precision
    options.packing = packing
    options.threads = threads
    options.activation = activation
    options.isStrict = strict
    options.honoursEXIF = exif
    options.transparency = transparency
    options.pixelLimit = maxPixels
    options.tokenizer = try tokenizer.map { try ModelLocator.resolve($0) }
    return try CLIPEmbedder(opening: ModelLocator.resolve(name), options: options)
  }
}

extension CLIPEmbedder {
  /// What made the embeddings, under the name that the user gave.
  func provenance(named name: String) -> ModelProvenance {
    var provenance = provenance
    provenance.name = name
    return provenance
  }
}
