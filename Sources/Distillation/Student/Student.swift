public import CLIP

/// A lightweight CLIP before its training: smaller than its teacher, and in the same space.
///
/// ```swift
/// var shape = StudentShape()
/// shape.visionLayers = 6
/// shape.textLayers = 4
/// shape.sharing = 2
/// shape.embeddingRank = 256
/// let student = try Student(inheritingFrom: Checkpoint.open(at: teacher), shape: shape)
/// _ = try CheckpointWriter.write(student.checkpoint, to: output, storage: .float32)
/// ```
public struct Student: Sendable {
  /// The architecture and the parameters.
  public let checkpoint: Checkpoint
  /// The teacher's layers that the student's image tower starts from, one a layer; empty from scratch.
  public let visionLayers: [Int]
  /// The teacher's layers that the student's text tower starts from.
  public let textLayers: [Int]
  /// The share of the token embedding's squared norm that the decomposition keeps, 0 to 1; nil where there is none.
  public let retainedEnergy: Double?

  /// A student that starts as a shallow teacher.
  ///
  /// Its layers are the teacher's at an even stride, layer `i` of `L` being the teacher's `⌊i·T/L⌋` of `T`; a shared block
  /// is the average of the layers that it stands for, and each repetition keeps the layer norms of its own. Talking-heads matrices
  /// start as the identity. The token embedding of rank r is `E·V`, with V the r leading eigenvectors of `EᵀE`, which is
  /// the truncated singular value decomposition, and its widening is V.
  ///
  /// - Throws: ``DistillationError`` and ``CheckpointError``.
  public init(inheritingFrom teacher: Checkpoint, shape: StudentShape) throws {
    let configuration = try shape.configuration(inheritingFrom: teacher.configuration)
    let inheritance = try Inheritance(teacher, configuration)
    self.init(
      teacher, configuration, inheritance.tensors, vision: inheritance.vision.layers,
      text: inheritance.text.layers, retainedEnergy: inheritance.retainedEnergy)
  }

  /// A student of random parameters, the same for the same seed.
  ///
  /// Where the image tower has the teacher's width, its patches, class token and positions are the teacher's, as in the
  /// published recipe; a stem is the teacher's in any case. Linear layers and tables are drawn from a normal distribution of deviation 0.02, cut at two
  /// deviations, and what widens a token embedding of rank r from one of 1/√r; norms and talking-heads matrices start as the identity,
  /// biases as 0.
  ///
  /// - Throws: ``DistillationError``.
  public init(fromScratchBeside teacher: Checkpoint, shape: StudentShape, seed: UInt64) throws {
    let configuration = try shape.configuration(fromScratchBeside: teacher.configuration)
    let start = RandomStart(seed: seed, teacher: teacher)
    self.init(
      teacher, configuration, start.tensors(of: configuration), vision: [], text: [], retainedEnergy: nil)
  }

  private init(
    _ teacher: Checkpoint, _ configuration: CLIPConfiguration, _ tensors: [String: StoredTensor],
    vision: [Int], text: [Int], retainedEnergy: Double?
  ) {
    // The source stays, for the tokenizer and the description of images beside it.
    checkpoint = Checkpoint(
      configuration: configuration, tensors: tensors, name: "student of \(teacher.name)",
      source: teacher.source)
    visionLayers = vision
    textLayers = text
    self.retainedEnergy = retainedEnergy
  }
}
