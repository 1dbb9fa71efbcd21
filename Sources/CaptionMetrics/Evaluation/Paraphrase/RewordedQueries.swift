public import Foundation

/// Queries for pictures, each with a rewording that means the same.
///
/// ```swift
/// var set = try RewordedQueries(contentsOf: paraphrases)
/// try set.findImages(in: photographs)
/// print(set.pairs.count, set.images.count)
/// ```
public struct RewordedQueries: Sendable {
  /// A query and its rewording.
  public struct Pair: Sendable, Equatable {
    /// The picture that is looked for, by name or id; nil where the file does not tell.
    public var picture: String?
    /// The query.
    public var query: String
    /// The same in other words.
    public var rewording: String
    /// The line of the file, counted from one; 0 where there is no line of its own.
    public var line: Int

    /// Creates a pair.
    public init(picture: String? = nil, query: String, rewording: String, line: Int = 0) {
      self.picture = picture
      self.query = query
      self.rewording = rewording
      self.line = line
    }
  }

  /// The file as the user named it.
  public let name: String
  /// The pairs, in the order of the file.
  public private(set) var pairs: [Pair]
  /// The pictures to be ranked, once they were looked for.
  public private(set) var images: [URL] = []
  /// The picture of each pair, a place in ``images``; nil where the pairs belong to none of them.
  public private(set) var imageOfPair: [Int]?
  /// What was left out, and why.
  public private(set) var leftOut: [LeftOut] = []
  /// What a reader of the numbers should know of the captions.
  public private(set) var warnings: [String] = []
  /// A second name of a picture, where the file has one.
  private var ids: [String: String] = [:]

  /// Creates a set of pairs that are at hand.
  public init(name: String, pairs: [Pair]) {
    self.name = name
    self.pairs = pairs
  }

  /// Reads pairs.
  ///
  /// - Parameters:
  ///   - url: what `plumb paraphrase` writes; a CSV, a TSV, JSON lines or a JSON list with two columns of captions; or
  ///     captions, several a picture, in any layout that ``CaptionedImages`` takes; of a file with splits `test`, unless
  ///     `split` names pictures.
  ///   - query: the column of the queries, or which of a picture's captions they are, from 1. Without it, the column
  ///     `caption` where there is one beside the rewordings, and the first caption of each picture where not.
  ///   - rewording: the column of the rewordings, `paraphrase` by default, or the number of a caption, 2 by default.
  ///   - split: a file with the names of the pictures that count; pairs of others are passed over.
  ///   - keepGoing: whether what has something wrong is left out and listed.
  /// - Throws: ``DatasetError``, ``EvaluationError``.
  public init(
    contentsOf url: URL, query: String? = nil, rewording: String? = nil, split: URL? = nil,
    keepGoing: Bool = false
  ) throws {
    try self.init(
      TextFile(contentsOf: url), query: query, rewording: rewording,
      split: split.map(PictureSplit.init(contentsOf:)), keepGoing: keepGoing)
  }

  package init(
    _ file: TextFile, query: String? = nil, rewording: String? = nil, split: PictureSplit? = nil,
    keepGoing: Bool = false
  ) throws {
    self.init(name: file.name, pairs: [])
    let numbers = (query.map { Int($0) } ?? 1, rewording.map { Int($0) } ?? 2)
    if let first = numbers.0, let second = numbers.1, query != nil || rewording != nil {
      try readCaptions(file, first, second, split: split, keepGoing: keepGoing)
    } else {
      var reader = PairReader(
        file: file, query: query ?? "caption", rewording: rewording ?? "paraphrase", keepGoing: keepGoing)
      if query != nil || rewording != nil || reader.fits {
        try reader.read()
        leftOut = reader.leftOut
        pairs = reader.pairs.filter { pair in
          guard let split, let picture = pair.picture else { return true }
          return split.contains(picture)
        }
      } else {
        try readCaptions(file, 1, 2, split: split, keepGoing: keepGoing)
      }
    }
    guard !pairs.isEmpty else { throw EvaluationError.noPairs(file: name) }
  }

  /// One caption of each picture against another.
  private mutating func readCaptions(
    _ file: TextFile, _ query: Int, _ rewording: Int, split: PictureSplit?, keepGoing: Bool
  ) throws {
    // The names of images that count choose among all splits.
    let captions = try CaptionGroups(file, defaultSplit: split == nil ? "test" : nil, keepGoing: keepGoing)
    (leftOut, warnings) = (captions.leftOut, captions.warnings)
    for group in captions.groups {
      if let split, !split.contains(group.name), !split.contains(group.id) { continue }
      let needed = max(query, rewording)
      guard query > 0, rewording > 0, needed <= group.captions.count else {
        let error = EvaluationError.tooFewCaptions(
          file: name, picture: group.name, needed: min(query, rewording) < 1 ? min(query, rewording) : needed,
          found: group.captions.count)
        guard keepGoing else { throw error }
        leftOut.append(LeftOut(id: group.name, reason: error.description))
        continue
      }
      ids[group.name] = group.id
      pairs.append(
        Pair(
          picture: group.name, query: group.captions[query - 1], rewording: group.captions[rewording - 1]))
    }
  }

  /// Finds the pictures: those that the pairs name, or, where they name none, all of the folder.
  ///
  /// - Parameters:
  ///   - isUnpaired: whether the pairs belong to none of the pictures, whatever they name.
  ///   - split: the names of the pictures that count, where all of a folder would.
  ///   - keepGoing: whether pairs without a picture are left out and listed.
  /// - Throws: ``DatasetError``, ``EvaluationError``.
  public mutating func findImages(
    in folder: URL, isUnpaired: Bool = false, split: URL? = nil, keepGoing: Bool = false
  ) throws {
    if isUnpaired || pairs.allSatisfy({ $0.picture == nil }) {
      let split = try split.map(PictureSplit.init(contentsOf:))
      images = try ImageList([folder]).urls.filter { split?.contains($0.lastPathComponent) ?? true }
      imageOfPair = nil
      guard !images.isEmpty else { throw EvaluationError.noRows(name: folder.relativePath) }
      return
    }
    var found = try ImageFolder(folder)
    let isKnown =
      pairs.contains { pair in pair.picture.map { (try? found.find($0)) != nil } ?? false }
      || ids.contains { (try? found.find($0.value)) != nil }
    guard isKnown else { throw EvaluationError.strangers(file: name, folder: folder.relativePath) }
    var places: [URL: Int] = [:]
    var kept: [Pair] = []
    var rows: [Int] = []
    images = []
    for pair in pairs {
      do {
        guard let picture = pair.picture else {
          throw DatasetError.wrongType(
            file: name, line: pair.line, id: "\(pair.line)", key: "id", expected: "the name of a picture",
            found: "nothing")
        }
        let url = try found.find(picture) ?? found.image(for: ids[picture] ?? picture)
        let place = places[url] ?? images.count
        if place == images.count {
          places[url] = place
          images.append(url)
        }
        kept.append(pair)
        rows.append(place)
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        leftOut.append(LeftOut(id: pair.picture, reason: error.description))
      }
    }
    (pairs, imageOfPair) = (kept, rows)
    guard !pairs.isEmpty else { throw EvaluationError.noPairs(file: name) }
  }
}
