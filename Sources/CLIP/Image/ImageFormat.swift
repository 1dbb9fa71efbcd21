/// A picture format that is read; told by the first bytes, never by a file's name.
public enum ImageFormat: String, Sendable, Equatable, CaseIterable {
  /// JPEG, ISO 10918-1.
  case jpeg = "JPEG"
  /// PNG; of an animation the default picture.
  case png = "PNG"
  /// WebP, lossy or lossless; of an animation the first frame.
  case webp = "WebP"

  /// The format of `bytes`, or `nil` when they are none of these.
  public init?(of bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WEBP".utf8) {
      self = .webp
    } else {
      return nil
    }
  }

  /// What bytes that are no supported picture look like, in words that follow "… is not supported".
  static func describeUnsupported(_ bytes: UnsafeRawBufferPointer) -> String {
    func begins(_ text: String, at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: text.utf8)
    }
    if begins("GIF8") { return "a GIF picture" }
    if begins("II*\0") || begins("MM\0*") || begins("II+\0") || begins("MM\0+") { return "a TIFF picture" }
    if begins("BM") && bytes.count >= 26 { return "a BMP picture" }
    if begins("ftyp", at: 4) { return describeBoxes(bytes) }
    if begins("\0\0\0\u{0C}jP  ") { return "a JPEG 2000 picture" }
    if bytes.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return "a JPEG 2000 picture" }
    if bytes.starts(with: [0xFF, 0x0A]) || begins("\0\0\0\u{0C}JXL ") { return "a JPEG XL picture" }
    if begins("8BPS") { return "a Photoshop picture" }
    if begins("qoif") { return "a QOI picture" }
    if bytes.starts(with: [0, 0, 1, 0]) { return "an icon file" }
    if begins("%PDF") { return "a PDF document" }
    if begins("PK\u{03}\u{04}") { return "a ZIP archive" }
    if bytes.starts(with: [0x1F, 0x8B]) { return "a gzip file" }
    return describeText(bytes)
  }

  /// AVIF, HEIC and their relatives name themselves in a brand.
  private static func describeBoxes(_ bytes: UnsafeRawBufferPointer) -> String {
    let brand = String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self)
    switch brand {
    case "avif", "avis": return "an AVIF picture"
    case "heic", "heix", "hevc", "hevx", "mif1", "msf1", "heim", "heis": return "a HEIC picture"
    default: return "a video or another file of the MP4 family"
    }
  }

  private static func describeText(_ bytes: UnsafeRawBufferPointer) -> String {
    let head = bytes.prefix(512)
    if head.contains(where: { $0 == 0 || ($0 < 32 && ![9, 10, 12, 13, 27].contains($0)) }) {
      return "an unknown format"
    }
    let text = String(decoding: head, as: UTF8.self).lowercased()
    if text.contains("<svg") { return "an SVG drawing" }
    if text.contains("<html") || text.contains("<!doctype html") {
      return "an HTML page (not the picture itself)"
    }
    if text.hasPrefix("version https://git-lfs") { return "a Git LFS pointer (not the picture itself)" }
    return "a text file"
  }
}
