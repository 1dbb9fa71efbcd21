public import Foundation
import Files
import JSON

/// Files that are moved out of the way, with a list from which they can be moved back. Nothing is deleted, and nothing replaced.
///
/// The list is written before the first file is moved, so that a move that was stopped can be undone too. Its first line says what it is
/// and which folders the files were in; every other line is a move.
public struct MovedFiles: Sendable {
  /// A file, where it was and where it is moved to.
  public struct Move: Sendable, Equatable {
    /// The path before.
    public var from: String
    /// The path after.
    public var to: String
  }

  /// The moves.
  public let moves: [Move]
  /// The files and folders that were looked through, as absolute paths.
  private let folders: [String]

  /// Plans to move files into a folder, below which they keep their paths, those of absolute paths without the first slash.
  ///
  /// - Parameter inputs: the files and folders that were looked through; nothing is moved back outside of them.
  /// - Throws: ``RetrievalError/unwritable(path:reason:)`` where a place is taken, or where two files would get the same.
  public init(_ files: [URL], of inputs: [URL], to folder: URL) throws {
    // By their bytes, as file systems tell names apart.
    var taken: Set<[UInt8]> = []
    moves = try files.map { file in
      // A path that leads up would lead out of the folder.
      let parts = Self.parts(file.relativePath).filter { $0 != "." && $0 != ".." }
      let place = folder.appendingPathComponent(parts.joined(separator: "/"), isDirectory: false).path
      guard taken.insert(Array(place.utf8)).inserted, !Self.exists(place) else {
        throw RetrievalError.unwritable(path: place, reason: "a file is there already")
      }
      return Move(from: file.absoluteURL.path, to: place)
    }
    folders = inputs.map(\.absoluteURL.path)
  }

  /// Reads a list that ``carryOut(list:)`` has written.
  ///
  /// - Throws: ``RetrievalError/unreadable(path:reason:)``, where a move leads back outside of the list's folders too.
  public init(contentsOf list: URL) throws {
    guard let data = try? Data(contentsOf: list) else {
      throw RetrievalError.unreadable(path: list.relativePath, reason: "there is no such list of moves")
    }
    func wrong(_ line: Int, _ reason: String) -> RetrievalError {
      .unreadable(path: list.relativePath, reason: "line \(line) \(reason)")
    }
    let lines = data.split(separator: 0x0A)
    let header = lines.first.flatMap { try? JSONValue(parsing: $0) }?.object
    guard let version = header?[Self.mark]?.integer, let inputs = header?["folders"]?.array else {
      throw wrong(1, "is not that of a list of moves: {\"\(Self.mark)\": \(Self.version), \"folders\": […]}")
    }
    guard version == Self.version else {
      throw wrong(1, "has version \(version) of the list, and this plumb reads \(Self.version)")
    }
    let folders = inputs.compactMap(\.string)
    var moves: [Move] = []
    for (index, line) in lines.enumerated().dropFirst() {
      let members = (try? JSONValue(parsing: line))?.object
      guard let from = members?["from"]?.string, let to = members?["to"]?.string else {
        throw wrong(index + 1, "is no move: {\"from\": …, \"to\": …}")
      }
      guard folders.contains(where: { Self.isInside(from, $0) }) else {
        throw wrong(index + 1, "would move a file to \(from), outside of what was looked through")
      }
      moves.append(Move(from: from, to: to))
    }
    (self.moves, self.folders) = (moves, folders)
  }

  /// The key of a list's first line, whose value is the version of the layout.
  private static let mark = "plumb_moves"
  private static let version = 1

  /// Throws ``RetrievalError/unwritable(path:reason:)`` where a list is there already, which tells of files that are still moved.
  public static func requireNone(at list: URL) throws {
    guard !exists(list.path) else {
      throw RetrievalError.unwritable(
        path: list.relativePath,
        reason:
          "a list of earlier moves is there already; move these back with --undo, or choose another folder")
    }
  }

  /// Writes the list, and then moves each file.
  ///
  /// - Throws: ``RetrievalError/unwritable(path:reason:)`` with the file that could not be moved; those before it are moved, and the list
  ///   moves them back.
  public func carryOut(list: URL) throws {
    try FileManager.default.createDirectory(
      at: list.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Self.requireNone(at: list)
    let header = JSONValue.object([
      .init(Self.mark, .integer(Self.version)),
      .init("folders", .array(folders.map(JSONValue.string))),
    ])
    let lines = moves.map {
      JSONValue.object([.init("from", .string($0.from)), .init("to", .string($0.to))])
    }
    try AtomicFile.write(([header] + lines).map { try $0.text() + "\n" }.joined(), to: list)
    for move in moves { try Self.move(move.from, move.to) }
  }

  /// Moves files back to where they were. What is there already, because it was moved back before or never moved, stays.
  ///
  /// - Returns: how many were moved, and what could not be, with the reason.
  public func undo() -> (moved: Int, skipped: [String]) {
    var moved = 0
    var skipped: [String] = []
    for move in moves {
      guard Self.exists(move.to) else {
        if !Self.exists(move.from) {
          skipped.append("\(move.to): the file is not there; look for it, and move it back to \(move.from).")
        }
        continue
      }
      do {
        try Self.move(move.to, move.from)
        moved += 1
      } catch {
        skipped.append(error.localizedDescription)
      }
    }
    return (moved, skipped)
  }

  /// Gives a list another name, after all of its files were moved back, so that its folder can be moved to again.
  ///
  /// - Returns: the new name: `moved.undone.jsonl`, `moved.undone-2.jsonl` and so on.
  /// - Throws: ``RetrievalError/unwritable(path:reason:)``.
  public static func retire(_ list: URL) throws -> URL {
    let (folder, ending) = (list.deletingLastPathComponent(), list.pathExtension)
    let stem = list.deletingPathExtension().lastPathComponent + ".undone"
    var number = 1
    while true {
      let place = folder.appendingPathComponent(
        "\(stem)\(number > 1 ? "-\(number)" : "")\(ending.isEmpty ? "" : ".\(ending)")", isDirectory: false)
      number += 1
      guard !exists(place.path) else { continue }
      try move(list.path, place.path)
      return place
    }
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Whether a path is another, or leads below it; `.` and `..` are resolved in the text of both.
  private static func isInside(_ path: String, _ folder: String) -> Bool {
    func resolved(_ path: String) -> [String] {
      parts(path).reduce(into: []) { parts, part in
        if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
      }
    }
    return resolved(path).starts(with: resolved(folder)) { $0.utf8.elementsEqual($1.utf8) }
  }

  /// The names in a path. They are parted by the byte: before a combining mark, `String` has no slash.
  private static func parts(_ path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func move(_ from: String, _ to: String) throws {
    let folder = URL(fileURLWithPath: to).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw RetrievalError.unwritable(path: folder.path, reason: "the folder cannot be made")
    }
    guard !exists(to) else {
      throw RetrievalError.unwritable(path: to, reason: "a file is there already")
    }
    guard rename(from, to) == 0 else {
      let reason =
        errno == EXDEV
        ? "it is on another file system than \(from); choose a folder on the same one"
        : String(cString: strerror(errno))
      throw RetrievalError.unwritable(path: to, reason: reason)
    }
  }
}
