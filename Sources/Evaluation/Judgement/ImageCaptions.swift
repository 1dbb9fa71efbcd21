import CaptionData
import Foundation

/// What people wrote of images, in any layout of captions: Flickr's `.token` files, COCO's annotations, Karpathy's
/// `dataset_*.json`.
struct ImageCaptions {
  /// The file as the user named it.
  let file: String
  /// By the stem of the image's name, or by COCO's number without zeros.
  private var captions: [String: [String]] = [:]

  init(_ url: URL) throws {
    file = url.relativePath
    let text = try TextFile(contentsOf: url)
    var reader = CaptionFileReader(file: text, role: .references, keepGoing: false)
    try reader.read()
    let isFlickr = FlickrTokens.isLayout(of: text)
    for var row in reader.rows {
      if isFlickr { row.references = row.references.map { $0.trimmed() } }
      // By the number and by the name, which need not hold the number.
      let id = Self.key(row.id)
      captions[id, default: []] += row.references
      guard let image = row.image.map(Self.key), image != id else { continue }
      captions[image, default: []] += row.references
    }
  }

  /// The captions of an image, by its name or by its number; nil where there are none.
  func references(of image: String) -> [String]? { captions[Self.key(image)] }

  /// `COCO_val2014_000000391895.jpg`, `000000391895.jpg` and `391895` are one image, and an image is the same with
  /// and without `.jpg`.
  private static func key(_ name: String) -> String {
    let name = name.split(separator: "/").last.map(String.init) ?? name
    let stem = NameIndex.stem(name) ?? name
    var digits = Substring(stem)
    if stem.hasPrefix("COCO_"), let mark = stem.lastIndex(of: "_") {
      digits = stem[stem.index(after: mark)...]
    }
    guard digits.utf8.count == 12, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return stem }
    let number = digits.drop { $0 == "0" }
    return number.isEmpty ? "0" : String(number)
  }
}
