package import Foundation

/// An image format that is read; told by the first bytes, never by a file's name.
public enum ImageFormat: String, Sendable, Equatable, CaseIterable {
  /// JPEG, ISO 10918-1.
  case jpeg = "JPEG"
  /// PNG; of an animation the default image.
  case png = "PNG"
  /// WebP, lossy or lossless; of an animation the first frame.
  case webp = "WebP"
  /// A Windows or OS/2 bitmap.
  case bmp = "BMP"
  /// GIF; of an animation the first frame. Needs giflib.
  case gif = "GIF"
  /// TIFF; of several pages the first. Needs libtiff.
  case tiff = "TIFF"
  /// AVIF. Needs libheif with an AV1 decoder.
  case avif = "AVIF"
  /// HEIC and HEIF. Needs libheif with an HEVC decoder.
  case heic = "HEIC"

  /// The format of `bytes`, or `nil` when they are none of these.
  public init?(of bytes: UnsafeRawBufferPointer) {
    func begins(_ text: String, at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: text.utf8)
    }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if begins("RIFF") && begins("WEBP", at: 8) {
      self = .webp
    } else if begins("GIF87a") || begins("GIF89a") {
      self = .gif
    } else if begins("II*\0") || begins("MM\0*") || begins("II+\0") || begins("MM\0+") {
      self = .tiff
    } else if begins("BM"), bytes.count >= 18, [12, 40, 52, 56, 64, 108, 124].contains(bytes[14]),
      bytes[15...17].allSatisfy({ $0 == 0 })
    {
      self = .bmp
    } else if begins("ftyp", at: 4) {
      switch String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self) {
      case "avif", "avis": self = .avif
      case "heic", "heix", "hevc", "hevx", "mif1", "msf1", "heim", "heis": self = .heic
      default: return nil
      }
    } else {
      return nil
    }
  }

  /// The bytes of the largest file that is read as an image.
  package static let largestFile = 1 << 31

  /// The extensions of image files in lower case, for those who look through a folder or an archive; what a file is
  /// its content says.
  package static let fileExtensions: Set<String> = [
    "jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff", "avif", "heic", "heif",
  ]

  /// Whether a file is named as images are.
  package static func isNameOfOne(_ name: String) -> Bool {
    let name = (name as NSString).pathExtension.lowercased()
    return fileExtensions.contains(name) || ["jpe", "jfif"].contains(name)
  }

  /// The format of a file by its first bytes; nil where it has none of these, or cannot be read.
  package init?(ofFile url: URL) {
    guard let file = try? FileHandle(forReadingFrom: url) else { return nil }
    defer { try? file.close() }
    let bytes = (try? file.read(upToCount: 32)) ?? Data()
    guard let format = bytes.withUnsafeBytes({ ImageFormat(of: $0) }) else { return nil }
    self = format
  }

  /// What bytes that are no supported image look like, in words that follow "… is not supported".
  package static func describeUnsupported(_ bytes: UnsafeRawBufferPointer) -> String {
    func begins(_ text: String, at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: text.utf8)
    }
    if begins("ftyp", at: 4) { return "a video or another file of the MP4 family" }
    if begins("\0\0\0\u{0C}jP  ") { return "a JPEG 2000 image" }
    if bytes.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return "a JPEG 2000 image" }
    if bytes.starts(with: [0xFF, 0x0A]) || begins("\0\0\0\u{0C}JXL ") { return "a JPEG XL image" }
    if begins("8BPS") { return "a Photoshop image" }
    if begins("qoif") { return "a QOI image" }
    if bytes.starts(with: [0, 0, 1, 0]) { return "an icon file" }
    if begins("%PDF") { return "a PDF document" }
    if begins("PK\u{03}\u{04}") { return "a ZIP archive" }
    if bytes.starts(with: [0x1F, 0x8B]) { return "a gzip file" }
    return describeText(bytes)
  }

  private static func describeText(_ bytes: UnsafeRawBufferPointer) -> String {
    let head = bytes.prefix(512)
    if head.contains(where: { $0 == 0 || ($0 < 32 && ![9, 10, 12, 13, 27].contains($0)) }) {
      return "an unknown format"
    }
    let text = String(decoding: head, as: UTF8.self).lowercased()
    if text.contains("<svg") { return "an SVG drawing" }
    return "a text file"
  }
}
