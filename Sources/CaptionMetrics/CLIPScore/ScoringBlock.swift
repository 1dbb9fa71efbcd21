import Foundation

/// Captions that are scored together, with the images and texts that they need, each once.
struct ScoringBlock {
  /// Where the images and texts of a caption are in the block's lists.
  struct Rows {
    /// Which caption it is.
    var item: Int
    var image: Int
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

  /// Divides captions into blocks of so many images. All captions of an image are in one block, so that no
  /// image is embedded twice.
  static func blocks(
    of items: [CLIPScorer.Item], images: Int, prefix: String, withReferences: Bool
  ) -> [ScoringBlock] {
    var numbers = UniqueList()
    var blocks: [ScoringBlock] = []
    for (index, item) in items.enumerated() {
      let number = numbers.index(of: item.image.absoluteString) / images
      if number == blocks.count { blocks.append(ScoringBlock()) }
      blocks[number].add(item, at: index, prefix: prefix, withReferences: withReferences)
    }
    return blocks
  }

  private mutating func add(_ item: CLIPScorer.Item, at index: Int, prefix: String, withReferences: Bool) {
    let image = addresses.index(of: item.image.absoluteString)
    if image == images.count { images.append(item.image) }
    let candidate = texts.index(of: prefix + item.candidate)
    let references = withReferences ? item.references.map { texts.index(of: prefix + $0) } : []
    rows.append(Rows(item: index, image: image, candidate: candidate, references: references))
  }
}
