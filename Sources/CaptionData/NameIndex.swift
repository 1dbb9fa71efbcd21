import Files

/// Finds a file or an entry by a name that may be short of its extension or of COCO's zeros.
///
/// A name matches, in this order, the entry of exactly that name; the entries whose stem it is (or whose stem
/// its own stem is); the entries that carry the same COCO number, where one of the two is padded to twelve
/// digits: `391895`, `000000391895.jpg`, `COCO_val2014_000000391895.jpg`.
package struct NameIndex {
  /// The extensions of images, in lower case.
  static let extensions: Set<String> = ImageFormat.fileExtensions

  /// What a name leads to.
  enum Match: Equatable {
    case none
    case one(Int)
    case several([Int])
  }

  /// Entries by a key that few of them share.
  private struct Entries {
    private var first: [String: Int] = [:]
    private var others: [String: [Int]] = [:]

    mutating func insert(_ entry: Int, for key: String) {
      if first[key] == nil { first[key] = entry } else { others[key, default: []].append(entry) }
    }

    subscript(key: String) -> [Int]? { first[key].map { [$0] + (others[key] ?? []) } }
  }

  private var exact = Entries()
  private var stems = Entries()
  private var padded = Entries()
  private var unpadded = Entries()

  /// Creates an index of `names`.
  ///
  /// - Parameter needsExtension: whether only names with an image's extension are found by their stem.
  init(_ names: [String], needsExtension: Bool) {
    for (entry, name) in names.enumerated() {
      exact.insert(entry, for: name)
      let stem = Self.stem(name)
      if needsExtension && stem == nil { continue }
      stems.insert(entry, for: stem ?? name)
      guard let number = Self.number(stem ?? name) else { continue }
      if number.isPadded {
        padded.insert(entry, for: number.digits)
      } else {
        unpadded.insert(entry, for: number.digits)
      }
    }
  }

  /// The entries that `name` leads to.
  func match(_ name: String) -> Match {
    let stem = Self.stem(name)
    if let entries = exact[name] ?? stems[name] ?? stem.flatMap({ stems[$0] }) { return Self.match(entries) }
    guard let number = Self.number(stem ?? name) else { return .none }
    let entries = padded[number.digits] ?? []
    return Self.match(number.isPadded ? entries + (unpadded[number.digits] ?? []) : entries)
  }

  private static func match(_ entries: [Int]) -> Match {
    guard let first = entries.first else { return .none }
    return entries.count == 1 ? .one(first) : .several(entries)
  }

  /// A name without the extension of an image, or `nil` where it has none.
  package static func stem(_ name: String) -> String? {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    let after = name.utf8.index(after: dot)
    guard name.utf8.distance(from: after, to: name.utf8.endIndex) <= 4,
      extensions.contains(name[after...].lowercased()), dot > name.startIndex
    else { return nil }
    return String(name[..<dot])
  }

  /// The ids that lead to a file with this stem by its COCO number: with all its zeros and without them.
  package static func cocoIDs(ofStem stem: String) -> [String] {
    guard let number = number(stem), number.isPadded else { return [] }
    return [String(repeating: "0", count: 12 - number.digits.utf8.count) + number.digits, number.digits]
  }

  /// The COCO number in a stem, without its zeros, and whether it is padded to twelve digits.
  private static func number(_ stem: String) -> (digits: String, isPadded: Bool)? {
    var digits = Substring(stem)
    if stem.hasPrefix("COCO_") {
      guard let underscore = stem.lastIndex(of: "_") else { return nil }
      digits = stem[stem.index(after: underscore)...]
      guard digits.utf8.count == 12 else { return nil }
    }
    guard !digits.isEmpty, digits.utf8.count <= 12, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    let significant = digits.drop { $0 == "0" }
    return (significant.isEmpty ? "0" : String(significant), digits.utf8.count == 12)
  }
}
