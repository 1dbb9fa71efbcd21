public import Compute
import Files
public import Foundation
import Synchronization

/// Images and texts in, embeddings out: a checkpoint with the tokenizer and the preprocessing that belong to it.
///
/// ```swift
/// let clip = try CLIPEmbedder(opening: URL(fileURLWithPath: "clip-vit-base-patch32"))
/// let images = try clip.embedImages(at: [URL(fileURLWithPath: "cat.jpg")]).embeddings
/// let texts = try clip.embedTexts(["A photo depicts a cat."]).embeddings
/// ```
///
/// Images are decoded by the threads that embed them, chunk by chunk, so that decoding overlaps computing and memory
/// stays flat however many there are.
public final class CLIPEmbedder: Sendable {
  /// What may be chosen when a model is opened.
  public struct Options: Sendable {
    /// The numbers that products are computed in.
    public var precision: Precision = .float32
    /// The threads that work; nil for all CPU cores.
    public var threads: Int?
    /// Whether f32 weights are copied into the order that is fastest to multiply; not worth it for a handful of items.
    public var packing: Packing = .always
    /// The activation of a checkpoint that does not tell.
    public var activation: Activation?
    /// Whether a text that is longer than the context is an error and not cut.
    public var isStrict = false
    /// Whether images are turned as their EXIF orientation says; the reference does not.
    public var honoursEXIF = false
    /// What becomes of an image's transparency; nil for what the model's files say, which is to drop it.
    public var transparency: ImagePreprocessing.Transparency?
    /// The most pixels of an image.
    public var pixelLimit = ImageLoader.defaultPixelLimit
    /// Where the tokenizer is, when it is not with the checkpoint.
    public var tokenizer: URL?

    /// The reference's own choices, on a number of threads; nil for all CPU cores.
    public init(threads: Int? = nil) { self.threads = threads }
  }

  /// The parameters and the architecture.
  public let checkpoint: Checkpoint
  /// How images are prepared.
  public let preprocessing: ImagePreprocessing
  /// What was chosen.
  public let options: Options
  /// What a user should know of this model, a sentence each.
  public let warnings: [String]

  private let model: CLIPModel
  private let normalization: PixelNormalization
  private let loadedTokenizer = Mutex<CLIPTokenizer?>(nil)

  /// Opens a checkpoint; the tokenizer is read when the first text comes.
  ///
  /// - Throws: ``CheckpointError``, ``ImageError``, ``ModelError``.
  public convenience init(opening url: URL, options: Options = Options()) throws {
    let checkpoint = try Checkpoint.open(at: url, activation: options.activation)
    try self.init(checkpoint, options: options, warnsOfSlowness: true)
  }

  /// Takes a checkpoint that is in memory: one in training, or between two others.
  ///
  /// The tokenizer and the preprocessing are those of the folder that it came from, ``Checkpoint/source``: the embeddings are
  /// those of the checkpoint written there and opened again. A tower costs nothing until it is used.
  ///
  /// - Throws: ``ImageError``, ``ModelError``.
  public convenience init(_ checkpoint: Checkpoint, options: Options = Options()) throws {
    try self.init(checkpoint, options: options, warnsOfSlowness: false)
  }

  private init(_ checkpoint: Checkpoint, options: Options, warnsOfSlowness: Bool) throws {
    var checkpoint = checkpoint
    let described = try ImagePreprocessing.of(checkpoint)
    var images = described.preprocessing
    if let transparency = options.transparency { images.transparency = transparency }
    preprocessing = images
    checkpoint.warnings += described.warnings
    self.checkpoint = checkpoint
    self.options = options
    normalization = preprocessing.normalization
    model = try CLIPModel(
      checkpoint, precision: options.precision, threads: options.threads, packing: options.packing)
    warnings = checkpoint.warnings + (warnsOfSlowness ? model.warnings : [])
  }

  /// Numbers in an embedding.
  public var dimension: Int { checkpoint.configuration.embeddingWidth }
  /// The most tokens of a text.
  public var contextLength: Int { checkpoint.configuration.text.contextLength }
  /// The threads that work.
  public var threads: Int { model.threads }

  /// The tokenizer that belongs to the checkpoint.
  ///
  /// - Throws: ``TokenizerError`` when its files are not there or damaged.
  public func tokenizer() throws -> CLIPTokenizer {
    try loadedTokenizer.withLock { kept in
      if let kept { return kept }
      let place = options.tokenizer ?? checkpoint.source?.folder ?? URL(fileURLWithPath: ".")
      let isOpenCLIP = checkpoint.source?.layout == .openCLIP || checkpoint.source?.layout == .openAI
      let loaded = try CLIPTokenizer.load(from: place, cleaning: isOpenCLIP ? .openAI : nil)
      kept = loaded
      return loaded
    }
  }

  /// Embeds image files: row `i` is that of `urls[i]`.
  ///
  /// - Parameters:
  ///   - normalized: Whether embeddings are normalized to unit length.
  ///   - keepGoing: Whether an image that cannot be read becomes an entry of ``EmbeddedItems/failures``; if not, one
  ///     such image ends the work with its error.
  ///   - progress: Called from any thread.
  /// - Returns: (images, ``dimension``); zeros where an image failed.
  /// - Throws: ``ImageError`` or ``ItemFailure`` where an image cannot be read and `keepGoing` is false; ``ModelError``, where the
  ///   preprocessing gives images of another size than the image tower takes too.
  public func embedImages(
    at urls: [URL], normalized: Bool = true, keepGoing: Bool = false,
    progress: EmbeddingProgress? = nil
  ) throws -> EmbeddedItems {
    try embedRegions(
      urls.map { ImageRegion($0) }, normalized: normalized, keepGoing: keepGoing, progress: progress)
  }

  /// Embeds image files or rectangles of them, as ``embedImages(at:normalized:keepGoing:progress:)`` does, and throws what it throws.
  public func embedRegions(
    _ regions: [ImageRegion], normalized: Bool = true, keepGoing: Bool = false,
    progress: EmbeddingProgress? = nil
  ) throws -> EmbeddedItems {
    try prepare(regions, keepGoing: keepGoing) { image in
      try model.embedImages(
        count: regions.count, normalization: normalization, normalized: normalized, progress: progress,
        image: image)
    }
  }

  /// The grid of each image, ``VisionConfiguration/grid``: what the image tower has before it pools. A row holds an image's
  /// cells in reading order, the channels of a cell together.
  ///
  /// - Parameters: As those of ``embedImages(at:normalized:keepGoing:progress:)``. All grids are held in memory.
  /// - Throws: What that throws.
  public func imageGrids(
    at urls: [URL], keepGoing: Bool = false, progress: EmbeddingProgress? = nil
  ) throws -> EmbeddedItems {
    try prepare(urls.map { ImageRegion($0) }, keepGoing: keepGoing) { image in
      try model.imageGrids(
        count: urls.count, normalization: normalization, progress: progress, image: image)
    }
  }

  /// The grids of images that somebody else prepares, ``CLIPModel/imageGrids(count:normalization:progress:image:)``.
  package func imageGrids(count: Int, image: @Sendable (Int) throws -> PreparedImage) throws -> EmbeddedItems
  {
    try model.imageGrids(count: count, normalization: normalization, image: image)
  }

  /// Embeds image files whose grids are there, from the grids where the encoder allows it; embeddings have length 1.
  ///
  /// - Throws: ``ModelError``.
  public func embedImages(at urls: [URL], grids: EmbeddedItems) throws -> EmbeddedItems {
    try model.embedGrids(grids, normalized: true) ?? embedImages(at: urls, keepGoing: true)
  }

  /// Calls `body` with what gives each image, and ends with the first failure unless it is to be kept.
  private func prepare(
    _ regions: [ImageRegion], keepGoing: Bool,
    _ body: (@Sendable (Int) throws -> PreparedImage) throws -> EmbeddedItems
  ) throws -> EmbeddedItems {
    // No image could be embedded, which is no failure of one of them.
    try preprocessing.check(imageSize: checkpoint.configuration.vision.imageSize)
    let loader = ImageLoader(
      preprocessing: preprocessing, pixelLimit: options.pixelLimit, honoursEXIF: options.honoursEXIF)
    let isOver = Atomic<Bool>(false)
    let result = try body { index in
      if isOver.load(ordering: .relaxed) { throw CancellationError() }
      do { return try loader.prepare(regions[index]) } catch {
        if !keepGoing { isOver.store(true, ordering: .relaxed) }
        throw error
      }
    }
    if !keepGoing { try result.throwFirstFailure { FileStretch.name(of: regions[$0].url) } }
    return result
  }

  /// Embeds texts exactly as they are: row `i` is that of `texts[i]`.
  ///
  /// - Parameters:
  ///   - normalized: Whether embeddings are normalized to unit length.
  ///   - keepGoing: Whether a text that cannot be embedded becomes an entry of ``EmbeddedItems/failures``; if not, one
  ///     such text ends the work with its error.
  ///   - progress: Called from any thread.
  /// - Returns: (texts, ``dimension``); zeros where a text failed.
  /// - Throws: ``TokenizerError``, for a text that is too long where that is strict too; ``ItemFailure``, ``ModelError``.
  public func embedTexts(
    _ texts: [String], normalized: Bool = true, keepGoing: Bool = false,
    progress: EmbeddingProgress? = nil
  ) throws -> EmbeddedItems {
    let tokenizer = try tokenizer()
    var truncated: Set<Int> = []
    var refused: [Int: any Error] = [:]
    var tokens: [[Int32]] = []
    tokens.reserveCapacity(texts.count)
    for (index, text) in texts.enumerated() {
      do {
        let tokenized = try tokenizer.tokenize(text, contextLength: contextLength, strict: options.isStrict)
        if tokenized.isTruncated { truncated.insert(index) }
        tokens.append(tokenized.ids)
      } catch {
        if !keepGoing { throw error }
        refused[index] = error
        tokens.append([])
      }
    }
    var result = try model.embedTexts(tokens, normalized: normalized, progress: progress)
    result.failures.merge(refused) { $1 }
    result.truncated = truncated
    if !keepGoing { try result.throwFirstFailure { "text \($0 + 1) ('\(texts[$0].prefix(40))')" } }
    return result
  }
}

/// An item that has no embedding, and why.
public struct ItemFailure: Error, CustomStringConvertible {
  /// The item: a file, or a text.
  public let item: String
  /// What went wrong.
  public let reason: any Error

  /// The sentence for people.
  public var description: String { "\(item): \(reason)" }
}

extension EmbeddedItems {
  /// Throws what went wrong with the first item that failed by itself.
  func throwFirstFailure(_ name: (Int) -> String) throws {
    let own = failures.filter { !($0.value is CancellationError) }
    guard let first = own.keys.min(), let error = own[first] else { return }
    // An image's error names its file already.
    if error is ImageError { throw error }
    throw ItemFailure(item: name(first), reason: error)
  }
}
