import CLIP
public import Foundation

/// How often an embedder puts a true caption above a false one made of nearly the same words.
///
/// A caption is right where its cosine with the picture is strictly higher than the false caption's, in double
/// precision: an embedder that cannot tell them apart is never right.
public struct Composition: Sendable {
  /// Whether cases whose picture is missing or cannot be read are left out and listed.
  public var keepGoing = false

  /// Creates an evaluation.
  public init(keepGoing: Bool = false) { self.keepGoing = keepGoing }

  /// Finds the pictures of a set, embeds them and the captions, exactly as they are, and compares.
  ///
  /// - Throws: ``DatasetError``, ``EvaluationError``, and what the embedder throws.
  public func result(
    _ set: CompositionSet, images folder: URL, embedder: some ImageRegionEmbedder,
    progress: CLIPScorer.Progress? = nil
  ) throws -> CompositionResult {
    var result = CompositionResult(set)
    var folder = try ImageFolder(folder)
    var regions: [ImageRegion] = []
    var places: [ImageRegion: Int] = [:]
    var found: [(item: CompositionSet.Case, region: Int)] = []
    for item in set.cases {
      do {
        guard let url = try folder.find(item.image) else {
          throw EvaluationError.noPicture(id: item.id, image: item.image, folder: folder.url.relativePath)
        }
        let region = ImageRegion(url, box: item.box)
        let place = places[region] ?? regions.count
        if place == regions.count {
          places[region] = place
          regions.append(region)
        }
        found.append((item, place))
      } catch let error as EvaluationError {
        guard keepGoing else { throw error }
        result.leftOut.append(LeftOut(id: item.id, reason: error.description))
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        result.leftOut.append(LeftOut(id: item.id, reason: "\(item.id): \(error.description)"))
      }
    }
    guard !found.isEmpty else { throw EvaluationError.noCases(set: set.kind.rawValue) }
    let captions = found.flatMap { [$0.item.caption, $0.item.negative] }
    let texts = try embedder.embedTexts(captions, keepGoing: keepGoing) { progress?(.texts, $0, $1) }
    let pictures = try embedder.embedRegions(regions, keepGoing: keepGoing) { progress?(.images, $0, $1) }
    result.truncated = texts.truncated.count
    for (index, (item, region)) in found.enumerated() {
      let row = 2 * index
      if let failure = pictures.failures[region] ?? texts.failures[row] ?? texts.failures[row + 1] {
        result.leftOut.append(LeftOut(id: item.id, reason: "\(item.id): \(sentence(for: failure))"))
        continue
      }
      let picture = pictures.embeddings[region]
      let (right, wrong) = (
        cosine(picture, texts.embeddings[row]), cosine(picture, texts.embeddings[row + 1])
      )
      guard right.isFinite, wrong.isFinite else {
        throw CLIPScoreError.notFinite(
          id: item.id, what: "picture or captions", model: embedder.provenance.name)
      }
      result.add(item.group, isRight: right > wrong)
    }
    guard result.groups.contains(where: { $0.compared > 0 }) else {
      throw EvaluationError.noCases(set: set.kind.rawValue)
    }
    return result
  }
}
