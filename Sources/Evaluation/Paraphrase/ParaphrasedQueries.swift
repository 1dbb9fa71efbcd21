import CLIP
public import CaptionData
public import Foundation

/// Queries for images, each with a paraphrase that means the same.
///
/// ```swift
/// var set = try ParaphrasedQueries(contentsOf: paraphrases)
/// try set.findImages(in: photos)
/// print(set.pairs.count, set.images.count)
/// ```
public struct ParaphrasedQueries: Sendable {
  /// A query and its paraphrase.
  public struct Pair: Sendable, Equatable {
    /// The image that is looked for, by name or id; nil where the file does not tell.
    public var image: String?
    /// The query.
    public var query: String
    /// The same in other words.
    public var paraphrase: String
    /// The line of the file, counted from one; 0 where there is no line of its own.
    public var line: Int

    /// Creates a pair.
    public init(image: String? = nil, query: String, paraphrase: String, line: Int = 0) {
      self.image = image
      self.query = query
      self.paraphrase = paraphrase
      self.line = line
    }
  }

  /// The file as the user named it.
  public let name: String
  /// The pairs, in the order of the file.
  public private(set) var pairs: [Pair]
  /// The images to be ranked, once they were looked for.
  public private(set) var images: [URL] = []
  /// The image of each pair, a place in ``images``; nil where the pairs belong to none of them.
  public private(set) var imageOfPair: [Int]?
  /// What was skipped, and why.
  public private(set) var skipped: [SkippedItem] = []
  /// What a reader of the numbers should know of the captions.
  public private(set) var warnings: [String] = []
  /// A second name of an image, where the file has one.
  private var ids: [String: String] = [:]

  /// Creates a set of pairs in memory.
  public init(name: String, pairs: [Pair]) {
    self.name = name
    self.pairs = pairs
  }

  /// Reads pairs.
  ///
  /// - Parameters:
  ///   - url: what `plumb paraphrase` writes; a CSV, a TSV, JSON lines or a JSON list with two columns of captions; or
  ///     captions, several an image, in any layout that ``CaptionedImages`` takes; of a file with splits `test`, unless
  ///     `split` names images.
  ///   - query: the column of the queries, or which of an image's captions they are, from 1. Without it, the column
  ///     `caption` where there is one beside the paraphrases, and the first caption of each image where not.
  ///   - paraphrase: the column of the paraphrases, `paraphrase` by default, or the number of a caption, 2 by default.
  ///   - split: a file with the names of the images that count; pairs of others are passed over.
  ///   - keepGoing: whether what has something wrong is skipped and listed.
  /// - Throws: ``DatasetError``, ``EvaluationError``.
  public init(
    contentsOf url: URL, query: String? = nil, paraphrase: String? = nil, split: URL? = nil,
    keepGoing: Bool = false
  ) throws {
    try self.init(
      TextFile(contentsOf: url), query: query, paraphrase: paraphrase,
      split: split.map(ImageSplit.init(contentsOf:)), keepGoing: keepGoing)
  }

  package init(
    _ file: TextFile, query: String? = nil, paraphrase: String? = nil, split: ImageSplit? = nil,
    keepGoing: Bool = false
  ) throws {
    self.init(name: file.name, pairs: [])
    let numbers = (query.map { Int($0) } ?? 1, paraphrase.map { Int($0) } ?? 2)
    if let first = numbers.0, let second = numbers.1, query != nil || paraphrase != nil {
      try readCaptions(file, first, second, split: split, keepGoing: keepGoing)
    } else {
      var reader = PairReader(
        file: file, query: query ?? "caption", paraphrase: paraphrase ?? "paraphrase", keepGoing: keepGoing)
      if query != nil || paraphrase != nil || reader.fits {
        try reader.read()
        skipped = reader.skipped
        pairs = reader.pairs.filter { pair in
          guard let split, let image = pair.image else { return true }
          return split.contains(image)
        }
      } else {
        try readCaptions(file, 1, 2, split: split, keepGoing: keepGoing)
      }
    }
    guard !pairs.isEmpty else { throw EvaluationError.noPairs(file: name) }
  }

  /// One caption of each image against another.
  private mutating func readCaptions(
    _ file: TextFile, _ query: Int, _ paraphrase: Int, split: ImageSplit?, keepGoing: Bool
  ) throws {
    // The names of images that count choose among all splits.
    let captions = try CaptionGroups(
      file, defaultSplit: split == nil ? "test" : nil,
      choice: "for others, name their images in a file and give it with --split", keepGoing: keepGoing)
    (skipped, warnings) = (captions.skipped, captions.warnings)
    for group in captions.groups {
      if let split, !split.contains(group.name), !split.contains(group.id) { continue }
      let needed = max(query, paraphrase)
      guard query > 0, paraphrase > 0, needed <= group.captions.count else {
        let error = EvaluationError.tooFewCaptions(
          file: name, image: group.name, needed: min(query, paraphrase) < 1 ? min(query, paraphrase) : needed,
          found: group.captions.count)
        guard keepGoing else { throw error }
        skipped.append(SkippedItem(id: group.name, reason: error.description))
        continue
      }
      ids[group.name] = group.id
      pairs.append(
        Pair(
          image: group.name, query: group.captions[query - 1], paraphrase: group.captions[paraphrase - 1]))
    }
  }

  /// Finds the images: those that the pairs name, or, where they name none, all of the folder.
  ///
  /// - Parameters:
  ///   - isUnpaired: whether the pairs belong to none of the images, whatever they name.
  ///   - split: the names of the images that count, where all of a folder would.
  ///   - keepGoing: whether pairs without an image are skipped and listed.
  /// - Throws: ``DatasetError``, ``EvaluationError``.
  public mutating func findImages(
    in folder: URL, isUnpaired: Bool = false, split: URL? = nil, keepGoing: Bool = false
  ) throws {
    if isUnpaired || pairs.allSatisfy({ $0.image == nil }) {
      let split = try split.map(ImageSplit.init(contentsOf:))
      images = try ImageList([folder]).urls.filter { split?.contains($0.lastPathComponent) ?? true }
      imageOfPair = nil
      guard !images.isEmpty else { throw EmbeddingError.noRows(name: folder.relativePath) }
      return
    }
    var found = try ImageFolder(folder)
    let isKnown =
      pairs.contains { pair in pair.image.map { (try? found.find($0)) != nil } ?? false }
      || ids.contains { (try? found.find($0.value)) != nil }
    guard isKnown else { throw EvaluationError.strangers(file: name, folder: folder.relativePath) }
    var places: [URL: Int] = [:]
    var kept: [Pair] = []
    var rows: [Int] = []
    images = []
    for pair in pairs {
      do {
        guard let image = pair.image else {
          throw DatasetError.wrongType(
            file: name, line: pair.line, id: "\(pair.line)", key: "id", expected: "the name of an image",
            found: "nothing")
        }
        let url = try found.find(image) ?? found.image(for: ids[image] ?? image)
        let place = places[url] ?? images.count
        if place == images.count {
          places[url] = place
          images.append(url)
        }
        kept.append(pair)
        rows.append(place)
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        skipped.append(SkippedItem(id: pair.image, reason: error.description))
      }
    }
    (pairs, imageOfPair) = (kept, rows)
    guard !pairs.isEmpty else { throw EvaluationError.noPairs(file: name) }
  }
}
