public import CLIP
public import CaptionData
public import CaptionMetrics
import Files

extension CaptionedImages {
  /// Embeddings of images and captions, with what belongs together.
  public struct Embedded: Sendable {
    /// A row an image.
    public var images: Embeddings
    /// A row a caption.
    public var texts: Embeddings
    /// Which belong together.
    public var pairs: RetrievalPairs
    /// How many captions were cut to the model's context.
    public var truncated: Int
    /// What could not be embedded, and why.
    public var skipped: [SkippedItem]
  }

  /// Embeds the captions, exactly as they are, and the images.
  ///
  /// - Parameter keepGoing: whether what cannot be embedded is skipped and listed; an image takes its captions with it.
  /// - Throws: what the embedder throws, of the first such item where `keepGoing` is false.
  public func embedded(
    by embedder: some ImageTextEmbedder, keepGoing: Bool = false, progress: CLIPScorer.Progress? = nil
  ) throws -> Embedded {
    let captions = images.flatMap(\.captions)
    // Texts first: they are quick, and what is wrong with them is known before the images are decoded.
    let texts = try embedder.embedTexts(captions, keepGoing: keepGoing) { progress?(.texts, $0, $1) }
    let embedded = try embedder.embedImages(at: images.map(\.image), keepGoing: keepGoing) {
      progress?(.images, $0, $1)
    }
    var skipped: [SkippedItem] = []
    var (imageRows, textRows, imageOfText): ([Int], [Int], [Int]) = ([], [], [])
    var text = 0
    for (index, image) in images.enumerated() {
      let range = text..<text + image.captions.count
      text = range.upperBound
      if let failure = embedded.failures[index] {
        skipped.append(SkippedItem(id: image.name, reason: sentence(for: failure)))
        continue
      }
      for row in range {
        if let failure = texts.failures[row] {
          skipped.append(SkippedItem(id: image.name, reason: sentence(for: failure)))
        } else {
          textRows.append(row)
          imageOfText.append(imageRows.count)
        }
      }
      imageRows.append(index)
    }
    return Embedded(
      images: try embedded.embeddings.selecting(imageRows, name: "the images"),
      texts: try texts.embeddings.selecting(textRows, name: "the captions"),
      pairs: RetrievalPairs(imageRowOfText: imageOfText, imageCount: imageRows.count),
      truncated: texts.truncated.count, skipped: skipped)
  }
}
