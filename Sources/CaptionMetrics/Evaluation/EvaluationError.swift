public import Foundation

/// What can be wrong with the inputs of an evaluation.
public enum EvaluationError: Error, Equatable {
  /// Two matrices have rows of different lengths.
  case widthsDiffer(first: String, firstWidth: Int, second: String, secondWidth: Int)
  /// A matrix has no rows.
  case noRows(name: String)
  /// A row holds a NaN or an infinity.
  case notFinite(name: String, row: Int)
  /// Images and texts cannot be paired by their numbers.
  case countsDoNotFit(images: Int, texts: Int)
  /// A table of pairs does not fit the image rows; `texts` is the number of different names in it.
  case pairsDoNotFit(pairs: Int, images: Int, texts: Int)
  /// A row that was asked for is not there.
  case noSuchRow(name: String, row: Int)
  /// A matrix has another number of rows than there are things.
  case wrongRowCount(name: String, expected: Int, found: Int, of: String)
  /// A correlation is not defined: fewer than two pairs, or all cosines or all golds equal.
  case notCorrelated(set: String)
  /// A file is neither SugarCrepe's nor ARO's.
  case unknownLayout(file: String)
  /// A case of a set lacks something, or has it in another form.
  case wrongCase(file: String, id: String, key: String, expected: String, found: String)
  /// The picture of a case is not there.
  case noPicture(id: String, image: String, folder: String)
  /// No case of a set could be compared.
  case noCases(set: String)
  /// Something is wrong in a table of rows.
  case tableDoesNotFit(file: String, line: Int?, problem: String)
}

extension EvaluationError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .widthsDiffer(let first, let firstWidth, let second, let secondWidth):
      "\(first) has rows of \(firstWidth) numbers and \(second) of \(secondWidth); embed both with one model."
    case .noRows(let name):
      "\(name): there are no rows to compare; embed something first."
    case .notFinite(let name, let row):
      "\(name): row \(row) holds a value that is not a finite number; embed that item again, or leave it out."
    case .countsDoNotFit(let images, let texts):
      "\(texts) text rows do not divide evenly among \(images) image rows; tell the image row of each text with "
        + "--pairs FILE."
    case .pairsDoNotFit(let pairs, let images, let texts):
      "the pairs name \(texts) pictures in \(pairs) rows, and there are \(images) image rows; give an image row for each "
        + "row of the table, or one for each picture."
    case .noSuchRow(let name, let row):
      "\(name) has no row \(row); correct the number of the row."
    case .wrongRowCount(let name, let expected, let found, let things):
      "\(name) has \(found) rows for \(expected) \(things); give one for each, in their order."
    case .notCorrelated(let set):
      "\(set): a correlation is not defined, because there are fewer than two pairs or all are alike; give other pairs, or "
        + "see whether the embedder tells texts apart."
    case .unknownLayout(let file):
      "\(file): this is neither SugarCrepe's layout (filename, caption, negative_caption) nor ARO's (image_path, "
        + "true_caption, false_caption, relation_name or attributes); give one of their files."
    case .wrongCase(let file, let id, let key, let expected, let found):
      "\(file), case \(id): \"\(key)\" is \(found) where \(expected) must be; correct it, or leave the case out with "
        + "--keep-going."
    case .noPicture(let id, let image, let folder):
      "\(id): its picture \"\(image)\" is not in \(folder); add it, or leave the case out with --keep-going."
    case .noCases(let set):
      "\(set): no case is left to compare; see --images, or what was left out."
    case .tableDoesNotFit(let file, let line, let problem):
      "\(file)\(line.map { ", line \($0)" } ?? ""): \(problem); correct the table, whose columns are image_row (or "
        + "image_id), text_row and reference_rows."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
