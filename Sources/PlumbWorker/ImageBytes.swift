import CLIP
import Files
import Foundation

/// The images of a request as URLs: of files, and of stretches of a file in memory that holds the payload.
final class ImageBytes {
  /// A URL for each image; nil where it is missing.
  let urls: [URL?]
  private let file: Int32
  private let path: String

  /// - Throws: ``RequestError`` where there is no memory.
  init(_ images: [Request.Image], payload: Data) throws {
    let holdsBytes = images.contains { if case .bytes = $0 { true } else { false } }
    (file, path) = holdsBytes ? try Self.file(of: payload) : (-1, "")
    let place = URL(fileURLWithPath: path)
    urls = images.enumerated().map { index, image in
      switch image {
      case .missing: nil
      case .file(let path): URL(fileURLWithPath: path)
      case .bytes(let range):
        FileStretch(of: place, name: "image \(index)", offset: range.lowerBound, size: range.count).url
      }
    }
  }

  deinit { if file >= 0 { close(file) } }

  /// What is wrong with an image, without the name of the file in memory.
  func reason(_ error: any Error) -> String { plain(sentence(for: error)) }

  /// What is wrong, in a sentence that was made already.
  func plain(_ text: String) -> String { path.isEmpty ? text : text.replacing("\(path): ", with: "") }

  private static func file(of payload: Data) throws -> (Int32, String) {
    let (file, path) = memoryFile() ?? temporaryFile()
    guard file >= 0 else {
      throw RequestError("there is no memory for images (\(String(cString: strerror(errno)))).")
    }
    guard payload.write(toDescriptor: file) else {
      close(file)
      throw RequestError("there is no memory for \(payload.count) bytes of images.")
    }
    return (file, path)
  }

  /// A file that is nowhere but in memory; nil where the system has none. Swift's C library does not show the function.
  private static func memoryFile() -> (Int32, String)? {
    typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = dlsym(nil, "memfd_create") else { return nil }
    let closesOnExec: UInt32 = 1
    let file = unsafeBitCast(symbol, to: Create.self)("plumb-images", closesOnExec)
    return file < 0 ? nil : (file, "/proc/self/fd/\(file)")
  }

  /// A file without a name.
  private static func temporaryFile() -> (Int32, String) {
    var name = Array("\(NSTemporaryDirectory())/plumb-images.XXXXXX".utf8CString)
    let file = mkstemp(&name)
    if file >= 0 { unlink(name) }
    return (file, "/dev/fd/\(file)")
  }
}
