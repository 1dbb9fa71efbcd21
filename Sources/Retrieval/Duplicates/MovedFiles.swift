public import Foundation
import Files
import JSON

/// Files that are moved out of the way, with a list from which they can be moved back. Nothing is deleted, and nothing replaced.
///
/// The list is written before the first file is moved, so that a move that was stopped can be undone too.
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

  /// Plans to move files into a folder, below which they keep their paths, those of absolute paths without the first slash.
  ///
  /// - Throws: ``RetrievalError/unwritable(path:reason:)`` where a place is taken, or where two files would get the same.
  public init(_ files: [URL], to folder: URL) throws {
    var taken: Set<String> = []
    moves = try files.map { file in
      // A path that leads up would lead out of the folder.
      let parts = file.relativePath.split(separator: "/").filter { $0 != "." && $0 != ".." }
      let place = folder.appendingPathComponent(parts.joined(separator: "/"), isDirectory: false).path
      guard taken.insert(place).inserted, !Self.exists(place) else {
        throw RetrievalError.unwritable(path: place, reason: "a file is there already")
      }
      return Move(from: file.absoluteURL.path, to: place)
    }
  }

  /// Reads a list that ``carryOut(list:)`` has written.
  ///
  /// - Throws: ``RetrievalError/unreadable(path:reason:)``.
  public init(contentsOf list: URL) throws {
    guard let data = try? Data(contentsOf: list) else {
      throw RetrievalError.unreadable(path: list.relativePath, reason: "there is no such list of moves")
    }
    var moves: [Move] = []
    for (index, line) in data.split(separator: 0x0A).enumerated() {
      guard let value = try? JSONValue(parsing: line), case .object(let members) = value,
        case .string(let from)? = members.first(where: { $0.key == "from" })?.value,
        case .string(let to)? = members.first(where: { $0.key == "to" })?.value
      else {
        throw RetrievalError.unreadable(
          path: list.relativePath, reason: "line \(index + 1) is no move: {\"from\": …, \"to\": …}")
      }
      moves.append(Move(from: from, to: to))
    }
    self.moves = moves
  }

  /// Writes the list, and then moves each file.
  ///
  /// - Throws: ``RetrievalError/unwritable(path:reason:)`` with the file that could not be moved; those before it are moved, and the list
  ///   moves them back.
  public func carryOut(list: URL) throws {
    try FileManager.default.createDirectory(
      at: list.deletingLastPathComponent(), withIntermediateDirectories: true)
    guard !Self.exists(list.path) else {
      throw RetrievalError.unwritable(
        path: list.relativePath, reason: "a list of earlier moves is there already; choose another folder")
    }
    let lines = try moves.map { move in
      try JSONValue.object([.init("from", .string(move.from)), .init("to", .string(move.to))]).text() + "\n"
    }
    try AtomicFile.write(lines.joined(), to: list)
    for move in moves { try Self.move(move.from, move.to) }
  }

  /// Moves files back to where they were.
  ///
  /// - Returns: how many were moved, and what could not be, with the reason.
  public func undo() -> (moved: Int, skipped: [String]) {
    var moved = 0
    var skipped: [String] = []
    for move in moves where Self.exists(move.to) {
      do {
        try Self.move(move.to, move.from)
        moved += 1
      } catch {
        skipped.append(error.localizedDescription)
      }
    }
    return (moved, skipped)
  }

  private static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
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
