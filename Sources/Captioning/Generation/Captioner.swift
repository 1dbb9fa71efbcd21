public import CLIP
import CaptionMetrics
import Files
public import Foundation

/// Describes images: an image encoder, and the decoder that turns its grid into words.
///
/// ```swift
/// let captioner = try Captioner(opening: ModelLocator.resolve(Captioner.builtIn))
/// let result = try captioner.captions(of: [URL(fileURLWithPath: "dog.jpg")])
/// print(result.captions[0][0].text)
/// ```
public final class Captioner {
  /// A caption of an image.
  public struct Caption: Sendable, Equatable {
    /// The caption, in lower case and without a full stop.
    public var text: String
    /// The natural logarithm of its probability.
    public var logProbability: Double
    /// What captions are ordered by: `log p / length^α`, and λ times the CLIPScore where they are reranked.
    public var score: Double
    /// CLIPScore of the image and the caption by the encoder's own model, an L-CLIPScore where that is lightweight.
    public var clipScore: Double
    /// Whether it has an end; one that was cut at the greatest length has none.
    public var isFinished: Bool
  }

  /// The captions of some images.
  public struct Result: Sendable {
    /// Those of each image, the best first; none of an image that could not be read.
    public var captions: [[Caption]]
    /// Why images could not be read, by their place.
    public var failures: [Int: any Error]
  }

  /// The decoder as it is stored.
  public let checkpoint: CaptionerCheckpoint
  /// The image encoder.
  public let embedder: CLIPEmbedder
  private let decoder: CaptionDecoder

  /// Opens a captioner with its encoder.
  ///
  /// - Parameters:
  ///   - folder: what `plumb caption train` has written, or a built-in one.
  ///   - options: the precision, the threads and the rest of the encoder.
  /// - Throws: ``CaptioningError``, `CheckpointError`, `ModelError`.
  public init(opening folder: URL, options: CLIPEmbedder.Options = CLIPEmbedder.Options()) throws {
    checkpoint = try CaptionerCheckpoint(contentsOf: folder)
    let encoder = try checkpoint.openEncoder()
    let channels = encoder.configuration.vision.grid.channels
    guard channels == checkpoint.configuration.featureSize else {
      throw CaptioningError.otherGrid(
        encoder: encoder.name, expected: checkpoint.configuration.featureSize, found: channels)
    }
    embedder = try CLIPEmbedder(encoder, options: options)
    decoder = try CaptionDecoder(
      checkpoint.tensors, checkpoint.configuration, precision: options.precision, threads: options.threads)
  }

  /// Images that are described together.
  public static let atOnce = 32

  /// Refuses options that this captioner cannot follow, before any image is read.
  ///
  /// - Throws: ``CaptioningError``.
  public func check(_ options: GenerationOptions) throws {
    _ = try CaptionGenerator(decoder, vocabulary: checkpoint.vocabulary, options: options)
  }

  /// Describes images.
  ///
  /// - Parameters:
  ///   - images: files; ask for ``atOnce`` at a time, since their grids are in memory together.
  ///   - options: how captions are generated.
  ///   - rerankWeight: λ, the weight of the CLIPScore in the order of captions.
  ///   - keepGoing: whether an image that cannot be read becomes an entry of ``Result/failures``.
  /// - Throws: ``CaptioningError``, `ItemFailure`.
  public func captions(
    of images: [URL], options: GenerationOptions = GenerationOptions(), rerankWeight: Double = 0,
    keepGoing: Bool = false
  ) throws -> Result {
    let generator = try CaptionGenerator(decoder, vocabulary: checkpoint.vocabulary, options: options)
    let grids = try embedder.imageGrids(at: images, keepGoing: keepGoing)
    let readable = images.indices.filter { grids.failures[$0] == nil }
    var captions = [[Caption]](repeating: [], count: images.count)
    guard !readable.isEmpty else { return Result(captions: captions, failures: grids.failures) }
    let features = readable.flatMap { grids[$0] }
    let generated = try features.withUnsafeBufferPointer {
      try generator.captions($0, ids: readable.map { Self.number(of: images[$0]) })
    }
    let embeddings = try embedder.embedImages(at: images, grids: grids)
    let texts = generated.map { $0.map { checkpoint.vocabulary.text(of: $0.words) } }
    let prefix = CLIPScoreDefinition.hessel.prefix
    let embedded = try embedder.embedTexts(texts.joined().map { prefix + $0 })
    let formula = CLIPScoreFormula(.hessel, calibration: embedder.scoreCalibration)
    var row = 0
    for (place, image) in readable.enumerated() {
      var found: [Caption] = []
      for (caption, text) in zip(generated[place], texts[place]) {
        let similarity = formula.score(cosine: cosine(embeddings[image], embedded[row]))
        row += 1
        found.append(
          Caption(
            text: text, logProbability: caption.logProbability,
            score: caption.score(lengthPenalty: options.lengthPenalty) + rerankWeight * similarity,
            clipScore: similarity, isFinished: caption.isFinished))
      }
      captions[image] = rerankWeight == 0 ? found : found.sortedByScore
    }
    return Result(captions: captions, failures: grids.failures)
  }

  /// What the random numbers of an image's samples follow from: its name without folders, so that they are the same whatever is described
  /// beside it, and wherever it lies.
  private static func number(of image: URL) -> Int {
    let name = FileStretch(image).map { ($0.name as NSString).lastPathComponent } ?? image.lastPathComponent
    var hash = SHA256()
    Array(name.utf8).withUnsafeBytes { hash.update($0) }
    return Int(hash.hexadecimal().prefix(15), radix: 16) ?? 0
  }
}

extension [Captioner.Caption] {
  /// The best first; equal ones in their order.
  var sortedByScore: [Captioner.Caption] {
    enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
  }
}

extension Captioner {
  /// The captioner that comes with Plumb.
  public static let builtIn = "captioner"
}
