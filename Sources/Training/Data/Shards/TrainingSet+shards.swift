import CaptionData
import Files
public import Foundation

extension TrainingSet {
  /// Images and captions from webdataset shards: `.tar`, read in place, `.tar.gz` and `.tar.zst`, whose images are
  /// kept in memory up to ``ShardOptions/memoryLimit``.
  ///
  /// Entries that follow one another with the same key are one sample: an image (`.jpg`, `.png`, `.webp` …), and a
  /// `.txt` (a caption a line), a `.json` or a `.cls`. Every shard is read through once, to know what is where.
  ///
  /// - Parameters:
  ///   - patterns: paths, with `{0000..0127}` and `{a,b}`.
  ///   - folder: what relative paths start from; nil for the working folder.
  /// - Throws: ``DataError``.
  public static func shards(
    _ patterns: [String], relativeTo folder: URL? = nil, options: ShardOptions = ShardOptions()
  ) throws -> TrainingSet {
    var set = TrainingSet(name: patterns.joined(separator: ", "))
    set.classNames = options.classNames
    let paths = try patterns.flatMap { try ShardPattern.expand($0) }
    guard !paths.isEmpty else {
      throw DataError.badPattern(pattern: set.name, problem: "no file fits it")
    }
    var classRows: [Int: Range<Int>] = [:]
    var held = 0
    for path in paths {
      let url = URL(fileURLWithPath: path, relativeTo: folder)
      var index = ShardIndex(url, options: options, held: held)
      set.shards.append(url)
      try index.read { sample in set.take(sample, shard: url, options: options, classRows: &classRows) }
      set.skipped += index.skipped
      held = index.held
    }
    try set.checkShare(options.missingShare, expected: "images beside texts of the same key")
    return set
  }

  private mutating func take(
    _ sample: ShardSample, shard: URL, options: ShardOptions, classRows: inout [Int: Range<Int>]
  ) {
    guard let image = sample.image else { return }
    let name = Int32(clamping: entryNames.count)
    entryNames.append(image.name)
    let number = Int32(clamping: shards.count - 1)
    let place: Place
    switch image.bytes {
    case .inPlace(let offset, let size): place = .entry(shard: number, name: name, offset: offset, size: size)
    case .held(let bytes):
      place = .memory(shard: number, name: name, row: heldImages.count)
      heldImages.append(bytes)
    }
    let id = "\(shard.lastPathComponent)/\(sample.key)"
    if sample.captions.isEmpty, let label = sample.label, options.classNames.indices.contains(label) {
      let rows = classRows[label] ?? add(options.captions(from: options.classNames[label]))
      classRows[label] = rows
      append(id: id, place: place, rows: rows, label: label)
    } else {
      append(id: id, place: place, captions: sample.captions, label: sample.label)
    }
  }
}

/// Reads one shard through and groups its entries.
struct ShardIndex {
  private let url: URL
  private let options: ShardOptions
  /// Bytes of images in memory so far, of all shards.
  private(set) var held: Int
  private(set) var skipped: [SkippedItem] = []

  /// The most entries of a shard: more are a sign of an archive that was made to hurt.
  private static let entryLimit = 4_000_000

  init(_ url: URL, options: ShardOptions, held: Int) {
    self.url = url
    self.options = options
    self.held = held
  }

  /// Calls `body` with every sample that has an image.
  mutating func read(_ body: (ShardSample) -> Void) throws(DataError) {
    let file = url.relativePath
    let archive = try reading { () throws(ArchiveError) in try ArchiveReader(url) }
    var sample = ShardSample(key: "")
    var problem: String?
    var entries = 0
    func finish(_ sample: ShardSample, _ problem: String?) -> SkippedItem? {
      if let problem { return SkippedItem(id: sample.key, reason: problem) }
      if sample.image != nil { body(sample) }
      return nil
    }
    while let entry = try reading({ () throws(ArchiveError) in try archive.next() }) {
      entries += 1
      guard entries <= Self.entryLimit else {
        throw .badArchive(file: file, problem: "it has more than \(Self.entryLimit) entries")
      }
      guard let name = ShardSample.Name(entry.name) else { continue }
      if name.key != sample.key {
        if let left = finish(sample, problem) { skipped.append(left) }
        (sample, problem) = (ShardSample(key: name.key), nil)
      }
      let title = "\(file): \(entry.name)"
      do throws(DataError) {
        switch name.suffix {
        case let suffix where ImageFormat.fileExtensions.contains(suffix):
          sample.image = (entry.name, try image(entry, archive, title))
        case "txt", "caption", "json", "cls":
          guard entry.size <= options.textLimit,
            let bytes = try reading({ () throws(ArchiveError) in try archive.bytes(limit: options.textLimit) }
            )
          else {
            throw .malformed(
              file: title, line: nil, expected: "at most \(options.textLimit) bytes", found: "\(entry.size)")
          }
          try sample.read(bytes, suffix: name.suffix, file: file, options: options)
        default: break
        }
      } catch {
        // What is wrong with one entry costs its sample; what is wrong with the archive ends the reading.
        guard case .malformed = error else { throw error }
        problem = error.description
      }
    }
    if let left = finish(sample, problem) { skipped.append(left) }
  }

  private mutating func image(
    _ entry: ArchiveReader.Entry, _ archive: ArchiveReader, _ title: String
  ) throws(DataError) -> ShardSample.Image {
    let tooLarge = DataError.malformed(
      file: title, line: nil, expected: "an image of at most \(options.imageLimit) bytes",
      found: "\(entry.size)")
    guard entry.size <= options.imageLimit else { throw tooLarge }
    if let offset = entry.offset { return .inPlace(offset: offset, size: entry.size) }
    guard
      let bytes = try reading({ () throws(ArchiveError) in try archive.bytes(limit: options.imageLimit) })
    else { throw tooLarge }
    held += bytes.count
    guard held <= options.memoryLimit else {
      throw .compressedTooLarge(file: url.relativePath, limit: options.memoryLimit)
    }
    return .held(bytes)
  }
}

/// Calls `body`; what is wrong with an archive is what is wrong with the data.
private func reading<R>(_ body: () throws(ArchiveError) -> R) throws(DataError) -> R {
  do throws(ArchiveError) { return try body() } catch {
    switch error {
    case .unreadable(let file, let reason): throw .unreadable(file: file, reason: reason)
    case .damaged(let file, let problem): throw .badArchive(file: file, problem: problem)
    }
  }
}
