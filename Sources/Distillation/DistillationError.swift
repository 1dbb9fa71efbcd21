public import Foundation

/// Why a student cannot be made of a teacher.
public enum DistillationError: Error, Sendable, Equatable {
  /// More layers were asked for than the teacher has.
  case tooManyLayers(tower: String, asked: Int, teacher: Int)
  /// The layers cannot be divided into blocks that are used so many times.
  case indivisibleLayers(tower: String, layers: Int, sharing: Int)
  /// The token embedding cannot have a higher rank than its width.
  case rankTooHigh(rank: Int, width: Int)
  /// A number that must be at least 1.
  case notPositive(what: String, found: Int)
  /// A number that no model comes near.
  case tooLarge(what: String, found: Int, limit: Int)
  /// The heads do not divide the width.
  case indivisibleHeads(tower: String, heads: Int, width: Int)
  /// A student that inherits has the teacher's shape in this.
  case onlyFromScratch(what: String, asked: Int, teacher: Int)
  /// The teacher is lightweight in a way that the student would not be.
  case lostByTheStudent(what: String)
  /// The token embedding has no decomposition: a number in it is too large, or none.
  case indecomposableTable
  /// A caption is not among the texts that the recipe's teacher has embeddings of.
  case unknownText(text: String, file: String)
  /// The teacher's embeddings of images inside compressed archives were asked for.
  case teacherNeedsFiles(data: String)
  /// A loss needs what the recipe does not give.
  case missingTeacher(stage: String, what: String)
  /// The embeddings of the student and of the teacher have different dimensions.
  case widthsDiffer(what: String, student: Int, teacher: Int)
  /// A stage asks for what its data or its model cannot give.
  case unusableStage(stage: String, reason: String)
  /// A pretrained trunk is not the architecture's.
  case otherTrunk(found: String, expected: String?)
}

extension DistillationError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: what, and what to do next.
  public var description: String {
    switch self {
    case .otherTrunk(let found, let expected):
      "the pretrained trunk is an \(found), and the model's image encoder "
        + (expected.map { "begins with an \($0)" } ?? "has no trunk")
        + "; name it in the architecture's config.json (vision_config.trunk), or leave out model.trunk."
    case .tooManyLayers(let tower, let asked, let teacher):
      "a student of \(asked) layers in the \(tower) tower has more than its teacher's \(teacher); "
        + "ask for at most \(teacher), or start from scratch."
    case .indivisibleLayers(let tower, let layers, let sharing):
      "\(layers) layers of the \(tower) tower cannot be divided into blocks that are each used \(sharing) times; "
        + "choose a --weight-sharing that divides them."
    case .rankTooHigh(let rank, let width):
      "a token embedding of rank \(rank) is wider than the text tower's \(width); choose a rank of at most \(width)."
    case .notPositive(let what, let found):
      "\(what) should be at least 1, not \(found)."
    case .tooLarge(let what, let found, let limit):
      "\(what) should be at most \(limit), not \(found)."
    case .indivisibleHeads(let tower, let heads, let width):
      "\(heads) heads do not divide the \(tower) tower's width of \(width); choose a number that does."
    case .onlyFromScratch(let what, let asked, let teacher):
      "a student that starts from its teacher has the teacher's \(what), \(teacher), not \(asked); "
        + "use --from-scratch to choose it."
    case .lostByTheStudent(let what):
      "the teacher has \(what), which this student would lose; "
        + "keep it, start from scratch, or use the CLIP model that this teacher was made from."
    case .indecomposableTable:
      "the teacher's token embedding cannot be decomposed: it holds NaN, infinite or extremely large values; "
        + "check it with 'plumb model show'."
    case .unknownText(let text, let file):
      "the caption '\(text.prefix(60))' is not a line of \(file); embed all captions by the teacher "
        + "('plumb distill RECIPE --write-texts FILE' lists them)."
    case .teacherNeedsFiles(let data):
      "the images of \(data) are inside compressed archives, which a teacher's embeddings are not computed from; "
        + "decompress the archives to .tar, or name a folder."
    case .missingTeacher(let stage, let what):
      "the stage \(stage) has a loss that needs \(what); name a teacher in the recipe, or set the loss to 0."
    case .widthsDiffer(let what, let student, let teacher):
      "\(what) have dimension \(teacher), and the student's embeddings \(student); "
        + "choose a student of the same embedding dimension."
    case .unusableStage(let stage, let reason):
      "the stage \(stage) cannot be run: \(reason)."
    }
  }

  /// The same as ``description``.
  public var errorDescription: String? { description }
}
