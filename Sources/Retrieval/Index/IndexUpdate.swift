public import CLIP
import Files
public import Foundation
import Synchronization

/// What an update of an index came to.
public struct IndexReport: Sendable, Equatable {
  /// A file or a folder that is not in the index, and why.
  public struct Skipped: Sendable, Equatable {
    /// Its path.
    public var path: String
    /// One sentence.
    public var reason: String
  }

  /// Images that are in the index now.
  public var files = 0
  /// Images whose embedding was computed.
  public var embedded = 0
  /// Images whose content was known already under another name.
  public var reused = 0
  /// Images that had not changed.
  public var unchanged = 0
  /// Images that are there no longer.
  public var deleted = 0
  /// Hidden images and folders that were passed over; what is in such a folder is not counted.
  public var hidden = 0
  /// Links that were not followed, since they lead to a folder that had been visited, as those of a loop do.
  public var loops = 0
  /// What could not be read, those of earlier runs that have not changed included.
  public var skipped: [Skipped] = []
}

extension ImageIndex {
  /// How many images are embedded between two commits: what takes a few seconds, which is what an interruption loses at most.
  private static let atOnce = 16...512
  private static let secondsAtOnce = 3.0

  /// Checks what ``update(adding:with:waits:progress:)`` will be given, before a new index is made for it.
  ///
  /// - Throws: ``RetrievalError/unreadable(path:reason:)`` for a place that is not there, ``RetrievalError/nothingToIndex(folder:)`` where no
  ///   place is named and there is no index yet.
  public static func check(_ places: [URL], forIndexAt folder: URL) throws {
    for place in places { _ = try absolute(place) }
    let isThere = FileManager.default.fileExists(atPath: databaseFile(in: folder).path)
    guard isThere || !places.isEmpty else {
      throw RetrievalError.nothingToIndex(folder: folder.relativePath)
    }
  }

  /// Brings the index up to date.
  ///
  /// Files of the same size and time are not read again; of others the content is compared, so that what was moved or copied keeps
  /// its embedding; what is gone is marked. An interruption, by a loss of power too, loses the last few seconds.
  ///
  /// - Parameters:
  ///   - places: folders and files to look at; with none, those that were asked for before.
  ///   - embedder: the index's model.
  ///   - waits: called once where another process is writing to the index.
  ///   - progress: called with the images that are done, of how many.
  /// - Throws: ``RetrievalError``, `ModelError`.
  public func update(
    adding places: [URL], with embedder: CLIPEmbedder, waits: () -> Void = {},
    progress: @escaping EmbeddingProgress = { _, _ in }
  ) throws -> IndexReport {
    try check(embedder, named: embedder.checkpoint.name)
    let lock = try IndexLock(folder, waits: waits)
    defer { withExtendedLifetime(lock) {} }
    // New rows go behind those that count. Behind a file that has lost some, there would be zeros in place of these, and nobody told.
    let count = try database.rowCount()
    _ = try (vectors.rows(count), vectors.remainders(count))
    var roots = try places.map(Self.absolute)
    if roots.isEmpty { roots = try database.roots() } else { try database.addRoots(roots) }
    guard !roots.isEmpty else { throw RetrievalError.nothingToIndex(folder: folder.relativePath) }

    var walk = FolderWalk()
    for root in roots { walk.add(root) }
    // By the bytes of their paths, as file systems tell them apart: for String, é is the same in one character and in two.
    let known = Dictionary(
      try database.files().map { (Array($0.path.utf8), $0) }, uniquingKeysWith: { first, _ in first })
    var report = IndexReport()
    (report.hidden, report.loops) = (walk.hiddenCount, walk.loopCount)
    report.skipped = walk.problems.map { IndexReport.Skipped(path: $0.path, reason: $0.reason) }
    var changed: [FolderWalk.Entry] = []
    var seen: Set<[UInt8]> = []
    for entry in walk.entries where seen.insert(Array(entry.path.utf8)).inserted {
      // A file without a mark is tried again: one that can be read by now has the same size and time.
      guard let file = known[Array(entry.path.utf8)], file.size == entry.size, file.changed == entry.changed,
        file.mark != nil
      else {
        changed.append(entry)
        continue
      }
      report.unchanged += 1
      if let failure = file.failure { report.skipped.append(.init(path: file.path, reason: failure)) }
    }
    changed.sort { $0.path < $1.path }
    var (start, most) = (0, 64)
    while start < changed.count {
      let some = Array(changed[start..<min(start + most, changed.count)])
      let (done, all) = (start, changed.count)
      let begun = ContinuousClock.now
      try add(some, with: embedder, to: &report) { progress(done + $0, all) }
      start += some.count
      let seconds = max(1e-3, begun.duration(to: .now) / .seconds(1))
      let next = Int(Double(some.count) * Self.secondsAtOnce / seconds)
      most = min(max(next, Self.atOnce.lowerBound), Self.atOnce.upperBound)
    }
    // What lies below a folder that could not be read may still be there.
    let hidden = walk.problems.map(\.path)
    let gone = known.filter { !seen.contains($0.key) }.map(\.value.path).filter { path in
      roots.contains { Self.isInside(path, $0) }
        && !hidden.contains { $0 != path && Self.isInside(path, $0) }
    }
    try database.markDeleted(gone.sorted())
    report.deleted = gone.count
    report.files = try database.imageCount()
    report.skipped.sort { $0.path < $1.path }
    return report
  }

  private func add(
    _ entries: [FolderWalk.Entry], with embedder: CLIPEmbedder, to report: inout IndexReport,
    progress: @escaping @Sendable (Int) -> Void
  ) throws {
    let urls = entries.map { URL(fileURLWithPath: $0.path) }
    let found = Mutex([String?](repeating: nil, count: urls.count))
    DispatchQueue.concurrentPerform(iterations: urls.count) { index in
      let mark = FileMark.of(urls[index])
      found.withLock { $0[index] = mark }
    }
    var marks = found.withLock { $0 }
    var rows = try database.rows(ofMarks: Set(marks.compactMap(\.self)))
    // Of files with the same content the first is embedded.
    var first: [Int] = []
    var claimed: Set<String> = []
    for (index, mark) in marks.enumerated() {
      if let mark, rows[mark] != nil || !claimed.insert(mark).inserted { continue }
      first.append(index)
    }
    let items = try embedder.embedImages(
      at: first.map { urls[$0] }, normalized: true, keepGoing: true,
      progress: { done, _ in progress(done) })
    var next = try database.rowCount()
    let start = next
    var new: [ArraySlice<Float>] = []
    var failures: [String: String] = [:]
    var rowOfFile: [Int: Int] = [:]
    // Contents of which nothing is to be known: the next update looks at their files again.
    var forgotten: Set<String> = []
    for (place, index) in first.enumerated() {
      if let mark = marks[index], !entries[index].isAsItWas {
        // What was embedded may be another content than the one that has the mark.
        forgotten.insert(mark)
        failures[mark] = "a copy of it changed while it was read; index again"
        marks[index] = nil
      }
      if let failure = items.failures[place] {
        if let mark = marks[index], Self.mayPass(failure) { forgotten.insert(mark) }
        var reason = (failure as? any LocalizedError)?.errorDescription ?? "\(failure)"
        // The list has the path already.
        if reason.hasPrefix("\(urls[index].path): ") { reason.removeFirst(urls[index].path.count + 2) }
        failures[marks[index] ?? entries[index].path] = reason
      } else {
        new.append(items[place])
        if let mark = marks[index] { rows[mark] = next } else { rowOfFile[index] = next }
        next += 1
      }
    }
    // Rows before the database that says that they count.
    if !new.isEmpty { try vectors.write(new, at: start) }
    let files = entries.enumerated().map { index, entry in
      let mark = marks[index]
      let row = mark.flatMap { rows[$0] } ?? rowOfFile[index]
      let failure = row == nil ? failures[mark ?? entry.path] ?? "it could not be read" : nil
      return IndexDatabase.File(
        path: entry.path, size: entry.size, changed: entry.changed,
        mark: mark.flatMap { forgotten.contains($0) ? nil : $0 }, row: row, failure: failure)
    }
    try database.put(files)
    report.embedded += new.count
    report.reused += files.reduce(0) { $0 + ($1.row == nil ? 0 : 1) } - new.count
    for file in files {
      if let failure = file.failure { report.skipped.append(.init(path: file.path, reason: failure)) }
    }
    progress(entries.count)
  }

  /// Whether an image that could not be read may be read another time though its file stays as it is: with other permissions, another limit,
  /// or a library that was not installed.
  private static func mayPass(_ failure: any Error) -> Bool {
    switch failure as? ImageError {
    case .unreadable, .missingLibrary, .tooLarge, .outOfMemory, nil: true
    default: false
    }
  }

  /// The absolute path of a folder or a file without links. Throws ``RetrievalError/unreadable(path:reason:)``.
  private static func absolute(_ place: URL) throws -> String {
    guard let path = realpath(place.path, nil) else {
      throw RetrievalError.unreadable(path: place.relativePath, reason: String(cString: strerror(errno)))
    }
    defer { free(path) }
    return String(cString: path)
  }

  /// Whether a path is another, or leads below it, by their bytes: with a name that begins with a combining mark, `String` has no slash
  /// before it.
  static func isInside(_ path: String, _ folder: String) -> Bool {
    let (path, folder, slash) = (path.utf8, folder.utf8, UInt8(ascii: "/"))
    guard path.starts(with: folder) else { return false }
    return path.count == folder.count || folder.last == slash
      || path.dropFirst(folder.count).first == slash
  }
}
