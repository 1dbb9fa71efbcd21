import Files
public import Foundation

/// What can be wrong with the inputs of an evaluation.
public enum EvaluationError: Error, Equatable {
  /// Two matrices have rows of different lengths.
  case widthsDiffer(first: String, firstWidth: Int, second: String, secondWidth: Int)
  /// A row holds a NaN or an infinity.
  case notFinite(name: String, row: Int)
  /// Images and texts cannot be paired by their numbers.
  case countsDoNotFit(images: Int, texts: Int)
  /// A table of pairs does not fit the image rows; `texts` is the number of different names in it.
  case pairsDoNotFit(pairs: Int, images: Int, texts: Int)
  /// A matrix has another number of rows than there are things.
  case wrongRowCount(name: String, expected: Int, found: Int, of: String)
  /// A correlation is not defined: fewer than two pairs, or all cosines or all golds equal.
  case notCorrelated(set: String)
  /// A file is neither SugarCrepe's nor ARO's.
  case unknownLayout(file: String)
  /// A case of a set lacks something, or has it in another form.
  case wrongCase(file: String, id: String, key: String, expected: String, found: String)
  /// The image of a case is not there.
  case noImage(id: String, image: String, folder: String)
  /// No case of a set could be compared.
  case noCases(set: String)
  /// Rankings are wanted that are longer than there are images, or without length.
  case wrongDepth(count: Int, images: Int)
  /// There is not one paraphrase for each query.
  case unequalWordings(queries: Int, paraphrases: Int)
  /// An image has not as many captions as are asked for.
  case tooFewCaptions(file: String, image: String, needed: Int, found: Int)
  /// A table has not the column that is asked for.
  case noColumn(file: String, column: String, found: [String])
  /// None of the pairs names an image of the folder.
  case strangers(file: String, folder: String)
  /// No pair of a query and its paraphrase is left.
  case noPairs(file: String)
  /// Something is wrong in a table of rows.
  case tableDoesNotFit(file: String, line: Int?, problem: String)
  /// Something is wrong in a list of labels.
  case labelsDoNotFit(file: String, line: Int?, problem: String)
  /// An image's true label is none of the labels.
  case unknownLabel(image: String, label: String, labels: Int)
  /// An image has two true labels.
  case twoLabels(image: String, first: String, second: String)
  /// Systems are to be compared, and there is one.
  case oneSystem
  /// A system has no caption for an id that another has.
  case noCaption(system: String, id: String, other: String)
  /// Two systems have other references for the same id.
  case referencesDiffer(system: String, id: String, other: String)
  /// Systems have no caption in common that can be scored.
  case nothingInCommon(systems: [String])
}

extension EvaluationError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .widthsDiffer(let first, let firstWidth, let second, let secondWidth):
      "\(first) has rows of \(firstWidth) numbers and \(second) of \(secondWidth); embed both with one model."
    case .notFinite(let name, let row):
      "\(name): row \(row) holds a value that is not a finite number; embed that item again, or leave it out."
    case .countsDoNotFit(let images, let texts):
      "\(texts) text rows do not divide evenly among \(images) image rows; tell the image row of each text with "
        + "--pairs FILE."
    case .pairsDoNotFit(let pairs, let images, let texts):
      "the pairs name \(texts) images in \(pairs) rows, and there are \(images) image rows; give an image row for each "
        + "row of the table, or one for each image."
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
    case .noImage(let id, let image, let folder):
      "\(id): its image \"\(image)\" is not in \(folder); add it, or leave the case out with --keep-going."
    case .noCases(let set):
      "\(set): no case is left to compare; see --images, or what was skipped."
    case .wrongDepth(let count, let images):
      count < 1
        ? "rankings of \(count) images compare nothing; give --depth 1 or more."
        : "rankings of \(count) images were asked for, and there are \(images); give --depth \(images) or less, or "
          + "more images."
    case .unequalWordings(let queries, let paraphrases):
      "there are \(queries) queries and \(paraphrases) paraphrases; give a paraphrase for each query, in the same order."
    case .tooFewCaptions(let file, let image, let needed, let found):
      "\(file): \"\(image)\" has \(counted(found, "caption")) where caption \(needed) is asked for; add it, choose "
        + "others with --query and --paraphrase, or leave the image out with --keep-going."
    case .noColumn(let file, let column, let found):
      "\(file): no column is named \"\(column)\" among \(Self.list(found)); name two of them with --query and "
        + "--paraphrase."
    case .strangers(let file, let folder):
      "\(file): none of its ids leads to an image in \(folder); give the folder with their images, or compare the "
        + "rankings alone with --unpaired."
    case .noPairs(let file):
      "\(file): no query with a paraphrase is left to compare; see --split, or what was skipped."
    case .tableDoesNotFit(let file, let line, let problem):
      "\(file)\(line.map { ", line \($0)" } ?? ""): \(problem); correct the table, whose columns are image_row (or "
        + "image_id), text_row and reference_rows."
    case .labelsDoNotFit(let file, let line, let problem):
      "\(file)\(line.map { ", line \($0)" } ?? ""): \(problem); give two labels or more, one a line, each once."
    case .unknownLabel(let image, let label, let labels):
      "\(image): its true label \"\(label)\" is none of the \(labels) labels; correct it, add it to --labels, or skip the image "
        + "with --keep-going."
    case .twoLabels(let image, let first, let second):
      "\(image): its true label is \"\(first)\" in one line and \"\(second)\" in another; keep the right one, or skip the image with "
        + "--keep-going."
    case .oneSystem:
      "there is one system; give the captions of two or more to compare them."
    case .noCaption(let system, let id, let other):
      "\(system) has no caption for id \"\(id)\", which \(other) has; add it, or skip it with --keep-going."
    case .referencesDiffer(let system, let id, let other):
      "\(system) and \(other) have other references for id \"\(id)\"; give the same to both with --references FILE, or skip "
        + "the id with --keep-going."
    case .nothingInCommon(let systems):
      "\(Self.list(systems)) have no caption in common that can be scored; see whether their ids mean the same images, or "
        + "what was skipped."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }

  /// Up to eight quoted names, with commas.
  private static func list(_ names: [String]) -> String {
    if names.isEmpty { return "no names at all" }
    let shown = names.prefix(8).map { "\"\($0.prefix(40))\"" }.joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}
