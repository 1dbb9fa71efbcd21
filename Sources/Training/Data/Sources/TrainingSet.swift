public import CaptionData
package import Foundation

/// Images and captions to learn from, as ids, places and texts; no image is held in memory.
///
/// ```swift
/// let set = try TrainingSet.captions(tokens, images: folder, split: trainingImages)
/// print(set.count, set.id(0), set.captionRows(0).map(set.caption))
/// ```
///
/// The order of the items follows from the source alone, so that a table of vectors made beside it fits row by row.
public struct TrainingSet: Sendable {
  /// What messages call the source.
  public let name: String
  /// What was skipped while reading, and why.
  public internal(set) var skipped: [SkippedItem] = []
  /// The names of the classes, where the source has classes.
  public internal(set) var classNames: [String] = []

  /// Where an image is, in few bytes.
  enum Place: Sendable, Equatable {
    case none
    case path(Int)
    case entry(shard: Int32, name: Int32, offset: Int, size: Int)
    case memory(shard: Int32, name: Int32, row: Int)
  }

  var ids = PackedTexts()
  var places: [Place] = []
  var paths = PackedTexts()
  var shards: [URL] = []
  var entryNames = PackedTexts()
  var heldImages: [[UInt8]] = []
  var texts = PackedTexts()
  /// The caption rows of each item.
  var rows: [Range<Int>] = []
  /// The class of each item; empty where there are none, −1 for an item without.
  var labels: [Int32] = []

  /// An empty set.
  init(name: String) { self.name = name }

  /// The number of items.
  public var count: Int { rows.count }

  /// What the item is called.
  public func id(_ item: Int) -> String { ids[item] }

  /// Where the item's image is; nil where it has none.
  public func image(_ item: Int) -> ImageLocation? {
    guard places.indices.contains(item) else { return nil }
    switch places[item] {
    case .none: return nil
    case .path(let row): return .file(URL(fileURLWithPath: paths[row], isDirectory: false))
    case .entry(let shard, let name, let offset, let size):
      return .entry(
        archive: shards[Int(shard)], name: entryNames[Int(name)], offset: offset, size: size)
    case .memory(let shard, let name, let row):
      return .memory(archive: shards[Int(shard)], name: entryNames[Int(name)], bytes: heldImages[row])
    }
  }

  /// The number of captions, each with a row of its own.
  public var captionCount: Int { texts.count }

  /// The rows of the item's captions. Items of one class share theirs; an item may have none.
  public func captionRows(_ item: Int) -> Range<Int> { rows.indices.contains(item) ? rows[item] : 0..<0 }

  /// A caption.
  public func caption(_ row: Int) -> String { texts[row] }

  /// The item's class, an index of ``classNames``; nil where it has none.
  public func label(_ item: Int) -> Int? {
    labels.indices.contains(item) && labels[item] >= 0 ? Int(labels[item]) : nil
  }

  /// The first item without an image.
  package var firstWithoutImage: Int? { places.firstIndex(of: .none) }

  /// The rows of all captions, item by item.
  package var allCaptionRows: [Int] { (0..<count).flatMap { Array(captionRows($0)) } }

  /// The item of each caption, in the order of ``allCaptionRows``.
  package var itemsOfCaptions: [Int] { (0..<count).flatMap { item in captionRows(item).map { _ in item } } }

  /// The files of the images, item by item; those in archives are skipped.
  package var imageFiles: [URL] {
    (0..<count).compactMap { item in if case .file(let url) = image(item) { url } else { nil } }
  }

  /// A hash of ids and captions: equal on all machines and processes that read the same data.
  public var fingerprint: UInt64 {
    var hash = idFingerprint
    hash.add(texts.bytes)
    for range in rows { hash.add(range.lowerBound &* 31 &+ range.upperBound) }
    return hash.value
  }

  /// How much of it there is, for people; `items` is what they are called, as "images".
  package func counts(of items: String) -> String {
    "\(count) \(items), \(captionCount) captions\(skipped.isEmpty ? "" : ", \(skipped.count) skipped")"
  }

  /// A hash of the ids.
  var idFingerprint: Fingerprint {
    var hash = Fingerprint()
    hash.add(count)
    hash.add(ids.bytes)
    return hash
  }

  /// Adds an item whose captions are rows that are there already.
  mutating func append(id: String, place: Place, rows: Range<Int>, label: Int? = nil) {
    ids.append(id)
    places.append(place)
    self.rows.append(rows)
    if label != nil || !labels.isEmpty {
      while labels.count < places.count - 1 { labels.append(-1) }
      labels.append(Int32(clamping: label ?? -1))
    }
  }

  /// Adds an item with captions of its own.
  mutating func append(id: String, place: Place, captions: some Sequence<String>, label: Int? = nil) {
    append(id: id, place: place, rows: add(captions), label: label)
  }

  /// Adds captions to the table; the rows they got.
  mutating func add(_ captions: some Sequence<String>) -> Range<Int> {
    let start = texts.count
    for caption in captions { texts.append(caption) }
    return start..<texts.count
  }

  /// A path as a place.
  mutating func place(of path: String) -> Place {
    paths.append(path)
    return .path(paths.count - 1)
  }
}
