public import Compute
import Synchronization

/// A CLIP model that is ready to embed: both towers, in a chosen precision, on a number of threads.
///
/// ```swift
/// let model = try CLIPModel(Checkpoint.open(at: folder), precision: .float32)
/// let texts = try model.embedTexts([[49406, 320, 2368, 49407]])
/// ```
///
/// A tower is built when it is first used. Batches run one worker a thread; a single image or a few texts run on all
/// threads together.
public final class CLIPModel: Sendable {
  /// The architecture.
  public let configuration: CLIPConfiguration
  /// The numbers that products are computed in.
  public let precision: Precision
  /// The threads that work.
  public let threads: Int

  private let parameters: Parameters
  private let vision = Mutex<VisionEngine?>(nil)
  private let text = Mutex<TextEngine?>(nil)

  /// Prepares a checkpoint.
  ///
  /// - Parameters:
  ///   - threads: The threads that work, at least 1; the number of CPU cores when nil.
  ///   - packing: Whether f32 weights are copied into the order that is fastest to multiply.
  /// - Throws: ``ModelError/impossibleConfiguration(_:)``.
  public init(
    _ checkpoint: Checkpoint, precision: Precision = .float32, threads: Int? = nil, packing: Packing = .always
  ) throws {
    configuration = checkpoint.configuration
    self.precision = precision
    self.threads = max(1, threads ?? Hardware.coreCount)
    parameters = Parameters(checkpoint.tensors, precision: precision, packing: packing)
    let side = configuration.vision.imageSize
    let patch = configuration.vision.patchSize
    guard configuration.vision.pooledTrunk != nil || patch > 0 && side >= patch && side % patch == 0 else {
      throw ModelError.impossibleConfiguration("patches of \(patch) pixels do not tile \(side)")
    }
    let stages = configuration.vision.stem.count
    guard stages < 16, stages == 0 || patch % (1 << stages) == 0 else {
      throw ModelError.impossibleConfiguration(
        "patches of \(patch) pixels cannot be halved by each of the stem's \(stages) stages")
    }
  }

  /// Embeds images, which are asked for as they are needed, by the threads that embed them.
  ///
  /// - Parameters:
  ///   - count: How many images.
  ///   - normalization: How bytes become numbers.
  ///   - progress: Called now and then, from any thread.
  ///   - image: Gives an image by its index. What it throws is kept as that image's failure.
  /// - Returns: An embedding for each image, normalized or not.
  public func embedImages(
    count: Int, normalization: PixelNormalization, normalized: Bool = true,
    progress: EmbeddingProgress? = nil, image: @Sendable (Int) throws -> PreparedImage
  ) throws -> EmbeddedItems {
    try vision.withLock { engine in
      let ready = try engine ?? VisionEngine(parameters, of: configuration, threads: threads)
      engine = ready
      return try ready.embed(
        count: count, normalization: normalization, normalized: normalized, progress: progress,
        image: image)
    }
  }

  /// Computes the grids of images: what the image tower has before it pools, ``VisionConfiguration/grid``.
  ///
  /// All of them are held in memory, a quarter of a megabyte each for EfficientNet-Lite0; ask for some at a time.
  ///
  /// - Parameters: As those of ``embedImages(count:normalization:normalized:progress:image:)``.
  /// - Returns: A row for each image: its cells in reading order, the channels of a cell together.
  /// - Throws: ``ModelError`` where a weight is not there or has another shape.
  public func imageGrids(
    count: Int, normalization: PixelNormalization, progress: EmbeddingProgress? = nil,
    image: @Sendable (Int) throws -> PreparedImage
  ) throws -> EmbeddedItems {
    try vision.withLock { engine in
      let ready = try engine ?? VisionEngine(parameters, of: configuration, threads: threads)
      engine = ready
      return try ready.embed(
        .grid, count: count, normalization: normalization, normalized: false, progress: progress, image: image
      )
    }
  }

  /// Embeds images whose grids are there, as ``imageGrids(count:normalization:progress:image:)`` gives them: without the encoder, of
  /// which only the average and the projection are computed.
  ///
  /// - Returns: nil where the embedding does not follow from the grid: of all encoders but a convolutional trunk alone.
  func embedGrids(_ grids: EmbeddedItems, normalized: Bool) throws -> EmbeddedItems? {
    try vision.withLock { engine in
      let ready = try engine ?? VisionEngine(parameters, of: configuration, threads: threads)
      engine = ready
      return try ready.embed(grids: grids, normalized: normalized)
    }
  }

  /// Embeds texts, given as token ids with their start and end.
  ///
  /// Only the tokens up to the end of the text are computed; equal texts are computed once.
  ///
  /// - Returns: (texts, dimension); a text that cannot be embedded is an entry of ``EmbeddedItems/failures``.
  /// - Throws: ``ModelError`` where a weight is not there or has another shape.
  public func embedTexts(
    _ texts: [[Int32]], normalized: Bool = true, progress: EmbeddingProgress? = nil
  ) throws -> EmbeddedItems {
    try text.withLock { engine in
      let ready = try engine ?? TextEngine(parameters, of: configuration, threads: threads)
      engine = ready
      return try ready.embed(texts, normalized: normalized, progress: progress)
    }
  }

  /// What a user should know of how this model runs here: products for which oneDNN has its reference implementation only.
  var warnings: [String] {
    let towers = [configuration.vision.transformer, configuration.text.transformer].filter { $0.layers > 0 }
    let slow = towers.flatMap { tower in
      let (width, mlp) = (tower.width, tower.mlpWidth)
      let layers: [(inputs: Int, outputs: Int, stride: Int, epilogue: Epilogue)] = [
        (width, width, 3 * width, .store), (width, width, width, .add), (width, mlp, mlp, .gelu),
        (mlp, width, width, .add),
      ]
      return layers.filter { layer in
        [1, 64].contains { rows in
          let name = try? Linear.implementation(
            inputs: layer.inputs, outputs: layer.outputs, rows: rows, stride: layer.stride,
            epilogue: layer.epilogue,
            precision: precision, packing: parameters.packing)
          return name?.hasPrefix("ref") ?? false
        }
      }.map { "\($0.inputs)×\($0.outputs)" }
    }
    guard !slow.isEmpty else { return [] }
    return [
      "oneDNN \(Hardware.oneDNNVersion) multiplies \(Set(slow).sorted().joined(separator: ", ")) by its reference implementation on this "
        + "processor, hundreds of times too slowly; install another version of oneDNN, or take another --precision"
    ]
  }
}
