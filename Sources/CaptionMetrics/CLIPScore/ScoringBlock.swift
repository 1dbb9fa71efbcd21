import Foundation

/// A caption that is compared with its image, its references, or both.
struct ComparedCaption {
  var id: String
  /// The file of its image; nil where images are not looked at.
  var image: URL?
  var candidate: String
  /// Its references; empty where they are not looked at.
  var references: [String]
}

/// Captions that are scored together, with the images and texts that they need, each once.
struct ScoringBlock {
  /// Where the images and texts of a caption are in the block's lists.
  struct Rows {
    /// Which caption it is.
    var item: Int
    var image: Int?
    var candidate: Int
    var references: [Int]
  }

  /// The images.
  private(set) var images: [URL] = []
  /// Their addresses, by which equal ones are told.
  private var addresses = UniqueList()
  /// The texts, with the definition's prefix.
  private(set) var texts = UniqueList()
  /// The captions.
  private(set) var rows: [Rows] = []

  /// Divides captions into blocks of so many images, or of so many captions where there are none. All captions of an
  /// image are in one block, so that no image is embedded twice.
  static func blocks(
    of items: [ComparedCaption], images: Int, prefix: String
  ) -> [ScoringBlock] {
    var numbers = UniqueList()
    var blocks: [ScoringBlock] = []
    for (index, item) in items.enumerated() {
      let number = numbers.index(of: item.image?.absoluteString ?? item.candidate) / images
      if number == blocks.count { blocks.append(ScoringBlock()) }
      blocks[number].add(item, at: index, prefix: prefix)
    }
    return blocks
  }

  private mutating func add(_ item: ComparedCaption, at index: Int, prefix: String) {
    let image = item.image.map { url in
      let image = addresses.index(of: url.absoluteString)
      if image == images.count { images.append(url) }
      return image
    }
    let candidate = texts.index(of: prefix + item.candidate)
    let references = item.references.map { texts.index(of: prefix + $0) }
    rows.append(Rows(item: index, image: image, candidate: candidate, references: references))
  }
}
