public import CLIP

extension CaptionExplainer {
  /// Measures how well support tells the wrong words of a set, and lists what was skipped in the set.
  ///
  /// - Parameters:
  ///   - threshold: the support below which a word is flagged.
  ///   - keepGoing: whether captions that cannot be embedded are skipped and listed.
  /// - Throws: ``ExplanationError``, and what the embedder throws.
  public func localization(
    of set: inout LocalizationSet, threshold: Double = WordSupport.defaultThreshold, keepGoing: Bool = false,
    progress: EmbeddingProgress? = nil
  ) throws -> WordLocalization {
    // A caption beside its true one, so that their image is embedded once.
    var items: [Item] = []
    for item in set.items {
      items.append(item.item)
      if let caption = item.trueCaption {
        items.append(Item(id: item.item.id, image: item.item.image, caption: caption))
      }
    }
    let result = try explain(items, keepGoing: keepGoing, progress: progress)
    for item in result.skipped where !set.skipped.contains(item) { set.skipped.append(item) }
    var (wrong, original): ([ExplainedCaption?], [ExplainedCaption?]) = ([], [])
    var row = 0
    for item in set.items {
      wrong.append(result.captions[row])
      row += 1
      guard item.trueCaption != nil else { continue }
      original.append(result.captions[row])
      row += 1
    }
    return WordLocalization(set, wrong: wrong, true: original, kinds: kinds, threshold: threshold)
  }
}
