import CArchive
public import Foundation

/// A file that appears whole or not at all, and replaces an older one in a single step.
///
/// ```swift
/// let file = try AtomicFile(url)
/// try file.write("two cats\n")
/// try file.commit()
/// ```
///
/// What is written goes to a file without a name in the same folder (`O_TMPFILE`), which vanishes by itself when
/// the process ends early, whatever the reason. Where the file system has no such files, a hidden one with a
/// name is used, which is removed unless the process is killed. Pipes, terminals and `/dev/stdout` are written
/// to as they are.
public final class AtomicFile {
  /// The file as the user named it.
  public let name: String
  private let target: String
  private var descriptor: Int32
  /// The name of the unfinished file, where it has one.
  private var temporaryPath: String? {
    didSet {
      if let oldValue { UnfinishedFiles.remove(oldValue) }
      if let temporaryPath { UnfinishedFiles.add(temporaryPath) }
    }
  }
  private let isDirect: Bool
  /// What stands for standard output.
  public static let standardOutput = URL(fileURLWithPath: "/dev/stdout")
  private var buffer: [UInt8] = []
  private static let bufferSize = 1 << 16

  /// Begins a file; nothing is to be seen of it before ``commit()``.
  ///
  /// - Throws: ``FileWriteError`` where the folder is not there or may not be written to.
  public init(_ url: URL) throws {
    name = url.relativePath
    var status = stat()
    let exists = stat(url.path, &status) == 0
    if exists && status.st_mode & S_IFMT == S_IFDIR { throw FileWriteError.isFolder(file: name) }
    isDirect = url.path.hasPrefix("/dev/") || (exists && status.st_mode & S_IFMT != S_IFREG)
    // A link stays a link: the file behind it is replaced.
    target = exists && !isDirect ? url.resolvingSymlinksInPath().path : url.path
    if url.path == Self.standardOutput.path {
      // Opened anew, a file that it leads to would be written over from its start.
      descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
    } else if isDirect {
      descriptor = open(target, O_WRONLY | O_CLOEXEC)
    } else {
      (descriptor, temporaryPath) = Self.openUnfinished(beside: target)
    }
    guard descriptor >= 0 else { throw FileWriteError(errno: errno, file: name) }
    // Observers do not see what an initialiser sets.
    if let temporaryPath { UnfinishedFiles.add(temporaryPath) }
    if exists && !isDirect { fchmod(descriptor, status.st_mode & 0o777) }
    buffer.reserveCapacity(Self.bufferSize)
  }

  deinit { discard() }

  /// Writes text at the end.
  ///
  /// - Throws: ``FileWriteError``.
  public func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Writes bytes at the end.
  ///
  /// - Throws: ``FileWriteError``.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard descriptor >= 0 else { throw FileWriteError.failed(file: name, reason: "it is finished already") }
    if buffer.count + bytes.count > Self.bufferSize { try flush() }
    if bytes.count >= Self.bufferSize {
      try writeAll(bytes)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  /// Replaces bytes at the beginning, for a header that is known only at the end.
  ///
  /// - Throws: ``FileWriteError``, for a pipe or a terminal too.
  public func rewriteStart(_ bytes: [UInt8]) throws {
    try flush()
    guard descriptor >= 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw FileWriteError(errno: descriptor < 0 ? EBADF : errno, file: name)
    }
    try bytes.withUnsafeBytes { try writeAll($0) }
    guard lseek(descriptor, 0, SEEK_END) >= 0 else { throw FileWriteError(errno: errno, file: name) }
  }

  /// Whether ``rewriteStart(_:)`` can work.
  public var isSeekable: Bool { descriptor >= 0 && lseek(descriptor, 0, SEEK_CUR) >= 0 }

  /// Puts the file into its place, after everything is on the disk.
  ///
  /// - Throws: ``FileWriteError``; the older file is then untouched.
  public func commit() throws {
    try flush()
    guard descriptor >= 0 else { throw FileWriteError.failed(file: name, reason: "it is finished already") }
    if !isDirect {
      guard fsync(descriptor) == 0 else { throw FileWriteError(errno: errno, file: name) }
      try giveName()
    }
    let finished = descriptor
    descriptor = -1
    guard close(finished) == 0 || errno == EINTR else { throw FileWriteError(errno: errno, file: name) }
  }

  /// Gives the file up: nothing of it is left.
  public func discard() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    if let temporaryPath { unlink(temporaryPath) }
    temporaryPath = nil
    buffer.removeAll()
  }

  /// Writes a whole file.
  ///
  /// - Throws: ``FileWriteError``; an older file is then untouched.
  public static func write(_ text: String, to url: URL) throws {
    let file = try AtomicFile(url)
    try file.write(text)
    try file.commit()
  }

  /// Writes new files that are of no use without one another: all of them, or none.
  ///
  /// - Throws: ``FileWriteError``; those that were written are then gone.
  public static func write(new files: [(url: URL, text: String)]) throws {
    var written: [URL] = []
    do {
      for file in files {
        try write(file.text, to: file.url)
        written.append(file.url)
      }
    } catch {
      for url in written { unlink(url.path) }
      throw error
    }
  }
}

extension AtomicFile {
  private func flush() throws {
    guard !buffer.isEmpty else { return }
    try buffer.withUnsafeBytes { try writeAll($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw FileWriteError(errno: errno, file: name)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
    }
  }

  /// Opens an unfinished file in the folder of `target`: without a name where that works, hidden otherwise.
  private static func openUnfinished(beside target: String) -> (descriptor: Int32, path: String?) {
    #if os(Linux)
      let folder = (target as NSString).deletingLastPathComponent
      // O_TMPFILE, which Swift does not import: a flag of its own together with that of folders.
      let nameless = 0o20_000_000 | O_DIRECTORY
      let descriptor = open(folder.isEmpty ? "." : folder, nameless | O_RDWR | O_CLOEXEC, 0o666)
      if descriptor >= 0 && access("/proc/self/fd/\(descriptor)", F_OK) == 0 { return (descriptor, nil) }
      if descriptor >= 0 { close(descriptor) }
    #endif
    let path = hiddenPath(beside: target)
    return (open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666), path)
  }

  private static func hiddenPath(beside target: String) -> String {
    let target = target as NSString
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    // The name is cut so that a long one stays within the 255 bytes that file systems allow.
    let name = ".\(target.lastPathComponent.prefix(40)).\(suffix).part"
    return (target.deletingLastPathComponent as NSString).appendingPathComponent(name)
  }

  private func giveName() throws {
    if temporaryPath == nil {
      let source = "/proc/self/fd/\(descriptor)"
      if linkat(AT_FDCWD, source, AT_FDCWD, target, AT_SYMLINK_FOLLOW) == 0 { return }
      guard errno == EEXIST else { throw FileWriteError(errno: errno, file: name) }
      // A link cannot replace an older file, a renaming can.
      let path = Self.hiddenPath(beside: target)
      guard linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 else {
        throw FileWriteError(errno: errno, file: name)
      }
      temporaryPath = path
    }
    guard let path = temporaryPath, rename(path, target) == 0 else {
      throw FileWriteError(errno: errno, file: name)
    }
    temporaryPath = nil
  }
}
