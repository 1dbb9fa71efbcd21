public import CLIP
import CaptionData
public import CaptionMetrics
import Files
public import Foundation

/// How often an embedder puts a true caption above a false one made of nearly the same words.
///
/// A caption is right where its cosine with the image is strictly higher than the false caption's, in double
/// precision: an embedder that cannot tell them apart is never right.
public struct Composition: Sendable {
  /// Whether cases whose image is missing or cannot be read are skipped and listed.
  public var keepGoing = false

  /// Creates an evaluation.
  public init(keepGoing: Bool = false) { self.keepGoing = keepGoing }

  /// Finds the images of a set, embeds them and the captions, exactly as they are, and compares.
  ///
  /// - Throws: ``DatasetError``, ``EvaluationError``, and what the embedder throws.
  public func result(
    _ set: CompositionSet, images folder: URL, embedder: some ImageRegionEmbedder,
    progress: CLIPScorer.Progress? = nil
  ) throws -> CompositionResult {
    try result(LocatedCases(set, in: folder, keepGoing: keepGoing), embedder: embedder, progress: progress)
  }

  /// Compares cases whose images are found.
  ///
  /// - Parameter images: the embeddings of the regions, where another tower of the same weights has made them.
  func result(
    _ located: LocatedCases, embedder: some ImageRegionEmbedder, images: EmbeddedItems? = nil,
    progress: CLIPScorer.Progress? = nil
  ) throws -> CompositionResult {
    var result = CompositionResult(located.set)
    result.skipped += located.skipped
    let cases = located.cases.map { located.set.cases[$0.index] }
    let captions = cases.flatMap { [$0.caption, $0.negative] }
    let texts = try embedder.embedTexts(captions, keepGoing: keepGoing) { progress?(.texts, $0, $1) }
    let images =
      try images
      ?? embedder.embedRegions(located.regions, keepGoing: keepGoing) { progress?(.images, $0, $1) }
    result.truncated = texts.truncated.count
    result.images = images
    for (place, (index, region)) in located.cases.enumerated() {
      let (item, row) = (cases[place], 2 * place)
      if let failure = images.failures[region] ?? texts.failures[row] ?? texts.failures[row + 1] {
        result.skipped.append(SkippedItem(id: item.id, reason: "\(item.id): \(sentence(for: failure))"))
        continue
      }
      let image = images.embeddings[region]
      let (right, wrong) = (
        cosine(image, texts.embeddings[row]), cosine(image, texts.embeddings[row + 1])
      )
      guard right.isFinite, wrong.isFinite else {
        throw CLIPScoreError.notFinite(
          id: item.id, what: "image or captions", model: embedder.provenance.name)
      }
      result.add(index, item.group, isRight: right > wrong)
    }
    guard result.groups.contains(where: { $0.compared > 0 }) else {
      throw EvaluationError.noCases(set: located.set.kind.rawValue)
    }
    return result
  }
}
