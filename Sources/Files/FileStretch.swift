public import Foundation

/// A stretch of a file, such as an image in a tar archive, as a URL: that of the file, with the stretch in the fragment.
public struct FileStretch: Sendable, Equatable {
  /// The file.
  public var file: URL
  /// What the stretch is called.
  public var name: String
  /// Where it begins, in bytes.
  public var offset: Int
  /// How many bytes it has.
  public var size: Int

  /// Names a stretch.
  public init(of file: URL, name: String, offset: Int, size: Int) {
    self.file = file
    self.name = name
    self.offset = offset
    self.size = size
  }

  /// Reads the fragment of a URL; nil where it names no stretch.
  public init?(_ url: URL) {
    guard url.isFileURL, let fragment = url.fragment(percentEncoded: false) else { return nil }
    let parts = fragment.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let offset = Int(parts[0]), let size = Int(parts[1]), offset >= 0, size >= 0
    else {
      return nil
    }
    self.init(of: URL(fileURLWithPath: url.path), name: String(parts[2]), offset: offset, size: size)
  }

  /// The stretch as a URL.
  public var url: URL {
    var components = URLComponents(url: file.absoluteURL, resolvingAgainstBaseURL: true)
    components?.fragment = "\(offset):\(size):\(name)"
    return components?.url ?? file
  }

  /// What messages call the file, or the stretch of it, behind a URL; standard input is `-`.
  public static func name(of url: URL) -> String {
    guard let stretch = FileStretch(url) else {
      return url.relativePath == StandardInput.path ? "-" : url.relativePath
    }
    return "\(stretch.file.relativePath): \(stretch.name)"
  }
}
