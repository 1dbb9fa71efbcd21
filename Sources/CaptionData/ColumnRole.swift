import Files

/// What a column of a table, or a key of a JSON row, holds; told from its name.
package enum ColumnRole: Equatable {
  /// The id. Where several columns could be, the lowest rank is.
  case identifier(rank: Int)
  /// The name of the image; the id too, where no column is for ids alone.
  case image(rank: Int)
  /// A caption. As a candidate the lowest rank counts.
  case caption(rank: Int)
  /// A reference; all columns of this kind count.
  case reference
  /// The split that the image is in: `train`, `val`, `test`.
  case split

  /// How the two needs are called in messages.
  static let identifierText = "the ids"
  static let captionText = "the captions"

  private static let identifiers = ["image_id", "imageid", "img_id", "id", "key", "uid"]
  private static let images = [
    "image", "image_name", "img", "filename", "file_name", "file", "image_path", "image_file", "filepath",
    "path", "name",
  ]
  private static let captions = [
    "candidate", "prediction", "hypothesis", "generated", "generated_caption", "predicted_caption",
    "candidate_caption", "caption", "captions", "text", "sentence", "comment", "description",
    "caption_str", "title", "raw",
  ]
  private static let references: Set<String> = [
    "reference", "references", "ref", "refs", "reference_caption", "reference_captions", "ground_truth",
    "gt", "target", "gts", "human_caption", "reference_strs",
  ]
  private static let splits = ["split", "set_name"]

  private static let table: [String: ColumnRole] = {
    var table: [String: ColumnRole] = [:]
    for (rank, name) in identifiers.enumerated() { table[name] = .identifier(rank: rank) }
    for (rank, name) in images.enumerated() { table[name] = .image(rank: rank) }
    for (rank, name) in captions.enumerated() { table[name] = .caption(rank: rank) }
    for name in references { table[name] = .reference }
    for name in splits { table[name] = .split }
    return table
  }()

  /// The role of a column by its name, whatever its case; a number at the end (`reference_2`, `caption 3`) and
  /// spaces or hyphens in place of underscores do not matter. `nil` for a column that is nobody's business.
  package init?(named name: String) {
    // The names that files nearly always have, without the work below.
    if let role = Self.table[name] {
      self = role
      return
    }
    guard name.utf8.count <= 64 else { return nil }
    let separators: Set<Character> = ["_", "-", " "]
    var plain = name.lowercased().trimmed()
    plain = String(plain.map { $0 == "-" || $0 == " " ? "_" : $0 })
    if let role = Self.table[plain] {
      self = role
      return
    }
    let base = plain.reversed().drop { $0.isASCII && $0.isNumber }.drop { separators.contains($0) }
    guard base.count < plain.count, let role = Self.table[String(base.reversed())] else { return nil }
    // "id2" is not an id.
    switch role {
    case .identifier, .image, .split: return nil
    case .caption, .reference: self = role
    }
  }
}

extension ColumnRole {
  /// The place of the column of ids among the names of columns, or else of that of the images' names.
  package static func place(ofNamesIn names: [String]) -> Int? {
    names.indices.compactMap { index -> (index: Int, rank: Int)? in
      switch ColumnRole(named: names[index]) {
      case .identifier(let rank): (index, rank)
      case .image(let rank): (index, identifiers.count + rank)
      default: nil
      }
    }.min { $0.rank < $1.rank }?.index
  }

  /// Whether it is a caption or a reference.
  var isCaption: Bool {
    switch self {
    case .caption, .reference: true
    case .identifier, .image, .split: false
    }
  }

  /// Whether it names what a caption belongs to.
  var isName: Bool {
    switch self {
    case .identifier, .image: true
    case .caption, .reference, .split: false
    }
  }
}

extension String {
  /// Without blanks at either end.
  package func trimmed() -> String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
