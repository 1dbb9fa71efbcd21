import CLIP
import CaptionMetrics
import Files
import Foundation

/// Captions that are explained together: their images and all variants of them are embedded in one batch each.
struct ExplainedBlock {
  let explainer: CaptionExplainer
  let items: ArraySlice<CaptionExplainer.Item>

  typealias Outcome = Swift.Result<ExplainedCaption, any Error>

  /// The captions with the support of their words, or why they have none.
  func outcomes(words: inout WordEmbeddings) throws -> [Outcome] {
    let (embedder, prefix) = (explainer.embedder, explainer.formula.definition.prefix)
    var urls: [URL] = []
    var numbers: [String: Int] = [:]
    let imageRows = items.map { item in
      if let number = numbers[item.image.absoluteString] { return number }
      numbers[item.image.absoluteString] = urls.count
      urls.append(item.image)
      return urls.count - 1
    }
    var variants = items.map { WordVariants($0.caption, kinds: explainer.kinds) }
    let images = try checked(
      embedder.embedImages(at: urls, keepGoing: true, progress: nil), count: urls.count)
    try words.add(
      variants.lazy.flatMap(\.content).flatMap(\.alternatives), embedder: embedder, prefix: prefix)
    for index in variants.indices where images.failures[imageRows[index]] == nil {
      for word in variants[index].content.indices {
        variants[index].content[word].alternatives = words.best(
          max(1, explainer.alternativeCount), of: variants[index].content[word].alternatives,
          for: images.embeddings[imageRows[index]])
      }
    }
    // The captions of images that cannot be embedded need no variants.
    let texts = variants.indices.map { images.failures[imageRows[$0]] == nil ? variants[$0].texts : [] }
    let rows = try checked(
      embedder.embedTexts(texts.flatMap { $0.map { prefix + $0 } }, keepGoing: true, progress: nil),
      count: texts.reduce(0) { $0 + $1.count })
    var first = 0
    return try variants.indices.map { index in
      let range = first..<first + texts[index].count
      first = range.upperBound
      let item = items[items.startIndex + index]
      let image = imageRows[index]
      if let failure = images.failures[image] {
        // An image's error names its file already.
        guard !(failure is ImageError) else { return .failure(failure) }
        return .failure(
          ExplanationError.notEmbedded(id: item.id, what: "image", reason: sentence(for: failure)))
      }
      if let failure = rows.failures[range.lowerBound] {
        return .failure(
          ExplanationError.notEmbedded(id: item.id, what: "caption", reason: sentence(for: failure)))
      }
      let cosines = range.map { row in
        rows.failures[row] == nil ? cosine(images.embeddings[image], rows.embeddings[row]) : .nan
      }
      guard let own = cosines.first, own.isFinite else {
        return .failure(
          CLIPScoreError.notFinite(
            id: item.id, what: "image or caption", model: embedder.provenance.name))
      }
      let isTruncated = rows.truncated.contains(range.lowerBound)
      let unseen = isTruncated ? try self.unseen(variants[index]) : []
      return .success(
        explained(item, variants[index], cosines: cosines, isTruncated: isTruncated, unseen: unseen))
    }
  }

  private func checked(_ items: EmbeddedItems, count: Int) throws -> EmbeddedItems {
    guard items.count == count, count == 0 || items.dimension == explainer.embedder.dimension else {
      throw CLIPScoreError.wrongShape(
        model: explainer.embedder.provenance.name, expected: "\(count) × \(explainer.embedder.dimension)",
        found: "\(items.count) × \(items.dimension)")
    }
    return items
  }

  /// Which content words of a caption stand beyond the model's context.
  private func unseen(_ variants: WordVariants) throws -> Set<Int> {
    let prefix = explainer.formula.definition.prefix
    let beginnings = try explainer.embedder.embedTexts(
      variants.beginnings.map { prefix + $0 }, keepGoing: true, progress: nil)
    return beginnings.truncated.union(beginnings.failures.keys)
  }

  /// - Parameter cosines: of the image with each of the caption's texts; not a number for one that could not be embedded.
  private func explained(
    _ item: CaptionExplainer.Item, _ variants: WordVariants, cosines: [Double], isTruncated: Bool,
    unseen: Set<Int>
  ) -> ExplainedCaption {
    let formula = explainer.formula
    let own = cosines.first ?? 0
    var words = variants.words.words.map { WordSupport(word: $0.text, range: $0.range) }
    var row = 1
    for (place, word) in variants.content.enumerated() {
      let removed = cosines[row]
      let others = zip(word.alternatives, cosines[(row + 1)...]).filter { $0.1.isFinite }
      row += 1 + word.alternatives.count
      guard !unseen.contains(place) else { continue }
      let removal = removed.isFinite ? formula.scale * (own - removed) : nil
      words[word.index].removal = removal
      words[word.index].support = removal
      guard let best = others.max(by: { $0.1 < $1.1 }) else { continue }
      words[word.index].support = formula.scale * (own - best.1)
      words[word.index].alternative = .init(word: best.0, score: formula.score(cosine: best.1))
    }
    return ExplainedCaption(
      id: item.id, caption: item.caption, score: formula.score(cosine: own), words: words,
      isTruncated: isTruncated)
  }
}
