public import Foundation

/// Refuses outputs that would replace what a command reads, before any work is done.
///
/// ```swift
/// var check = OutputCheck()
/// check.read(captions)
/// check.readImages(in: photos)
/// check.write(scores)
/// try check.validate()
/// ```
///
/// Files are told apart by device and inode, so that symbolic and hard links and other spellings of a path are seen
/// through. Pipes, terminals and `/dev/null` replace nothing.
public struct OutputCheck: Sendable {
  private enum Input: Sendable {
    case file(URL)
    case images(URL)

    var url: URL {
      switch self {
      case .file(let url), .images(let url): url
      }
    }
  }

  private var inputs: [Input] = []
  private var standardInputs = 0
  private var files: [URL] = []
  private var folders: [URL] = []
  private var targets: [URL] = []

  /// Creates a check of nothing.
  public init() {}

  /// Names a file that is read, or a folder of which any file may be read.
  public mutating func read(_ url: URL) { inputs.append(.file(url)) }

  /// Says that an argument is standard input, which can be one of them only.
  public mutating func readStandardInput() { standardInputs += 1 }

  /// Names an image that is read, or a folder of which the images are read.
  public mutating func readImages(in url: URL) { inputs.append(.images(url)) }

  /// Names a file that is written.
  public mutating func write(_ url: URL) { files.append(url) }

  /// Names a folder that is replaced with everything in it.
  public mutating func replaceFolder(_ url: URL) { folders.append(url) }

  /// Names a folder that some of the images are moved into, which must not be one that they are looked for in.
  public mutating func moveInto(_ url: URL) { targets.append(url) }

  /// Throws ``FileWriteError/isInput(file:input:)``, ``FileWriteError/isInsideInput(folder:input:)``, ``FileWriteError/isOtherOutput(file:)``,
  /// ``FileWriteError/isStandardOutput`` or ``FileReadError/standardInputTwice``.
  public func validate() throws {
    guard standardInputs < 2 else { throw FileReadError.standardInputTwice }
    var seen: Set<String> = []
    // Outputs that may be standard output are `/dev/stdout` by now.
    guard (files + folders + targets).allSatisfy({ $0.relativePath != "-" }) else {
      throw FileWriteError.isStandardOutput
    }
    guard files.count(where: { $0.path == AtomicFile.standardOutput.path }) < 2 else {
      throw FileWriteError.isOtherOutput(file: "-")
    }
    for file in files {
      let identity = FileIdentity(file)
      if let identity, !identity.isRegular { continue }
      let place = file.resolvingSymlinksInPath().standardizedFileURL.path
      guard seen.insert(identity.map { "\($0.device):\($0.inode)" } ?? place).inserted else {
        throw FileWriteError.isOtherOutput(file: file.relativePath)
      }
      guard let identity else { continue }
      for input in inputs where Self.reads(input, identity, at: file) {
        throw FileWriteError.isInput(file: file.relativePath, input: input.url.relativePath)
      }
    }
    for folder in folders {
      guard let identity = FileIdentity(folder) else { continue }
      for input in inputs where Self.isInside(input.url, identity) {
        throw FileWriteError.isInput(file: folder.relativePath, input: input.url.relativePath)
      }
    }
    for target in targets {
      for input in inputs {
        guard let own = FileIdentity(input.url), own.isFolder, Self.isInside(target, own) else { continue }
        throw FileWriteError.isInsideInput(folder: target.relativePath, input: input.url.relativePath)
      }
    }
  }

  /// The same as ``validate()``, and finds out whether each file can be written to its place; nothing is left there.
  ///
  /// - Throws: ``FileWriteError``.
  public func validateAndTryFiles() throws {
    try validate()
    for file in files { try AtomicFile(file).discard() }
  }

  /// Whether an input is a file, or has it among the files of its folder.
  private static func reads(_ input: Input, _ file: FileIdentity, at output: URL) -> Bool {
    guard let own = FileIdentity(input.url) else { return false }
    if own == file { return true }
    if case .images = input, !isImageName(output.path), !hasImageBytes(output) { return false }
    guard own.isFolder, let names = FileManager.default.enumerator(atPath: input.url.path) else {
      return false
    }
    for case let name as String in names {
      if case .images = input, !isImageName(name) { continue }
      if FileIdentity(input.url.appendingPathComponent(name)) == file { return true }
    }
    return false
  }

  /// Whether a file or a folder, which need not be there yet, is a certain folder, or lies below it.
  private static func isInside(_ url: URL, _ folder: FileIdentity) -> Bool {
    // Links are resolved only in what is there.
    var path = url.path
    while FileIdentity(URL(fileURLWithPath: path)) == nil, path.count > 1 {
      path = (path as NSString).deletingLastPathComponent
    }
    var place = URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL
    while true {
      if FileIdentity(place) == folder { return true }
      let above = place.deletingLastPathComponent()
      guard above.path.count < place.path.count else { return false }
      place = above
    }
  }

  /// Whether a file is named as images, or archives of them, are.
  package static func isImageName(_ name: String) -> Bool {
    ImageFormat.isNameOfOne(name) || (name as NSString).pathExtension.lowercased() == "tar"
  }

  /// Whether a file begins as images and tar archives do, whatever its name: large folders are then looked through.
  ///
  /// The first few bytes are enough, unlike for ``ImageFormat``: an image that is damaged, or of a kind that is not
  /// read, is not to be replaced either.
  private static func hasImageBytes(_ url: URL) -> Bool {
    guard let file = try? FileHandle(forReadingFrom: url) else { return false }
    defer { try? file.close() }
    let bytes = (try? file.read(upToCount: 262)) ?? Data()
    let starts = ["\u{89}PNG", "RIFF", "GIF8", "BM", "II*\0", "MM\0*"]
    return bytes.starts(with: [0xFF, 0xD8, 0xFF])
      || starts.contains { bytes.starts(with: $0.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }) }
      || bytes.dropFirst(4).starts(with: "ftyp".utf8) || bytes.dropFirst(257).starts(with: "ustar".utf8)
  }
}
