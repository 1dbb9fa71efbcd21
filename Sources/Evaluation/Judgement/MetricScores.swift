import CaptionData
import CaptionMetrics
import CLIP
import Foundation

/// What metrics say of every caption of a set.
struct MetricScores {
  /// One metric's scores: a list for each draw of references, one where nothing is drawn; nil for a caption that was
  /// skipped.
  struct Scores {
    var name: String
    var draws: [[Double?]]
  }

  /// The scores of all metrics.
  private(set) var all: [Scores] = []
  /// What the first draw gave, and says of where the scores come from.
  private var first: ScoredDataset?
  /// Images that are not there.
  private var lost: [SkippedItem] = []

  /// Scores the captions of a set, which are compared with their images where a metric looks at them.
  init(
    evaluation: JudgementEvaluation, set: JudgementSet, images: [URL], embedder: (any ImageTextEmbedder)?,
    progress: CLIPScorer.Progress?
  ) throws {
    guard !evaluation.metrics.isEmpty else { return }
    let withReferences = evaluation.metrics.filter { $0.needs.contains(.references) }
    if !withReferences.isEmpty { try Self.requireReferences(set) }
    var urls: [String: URL] = [:]
    if evaluation.metrics.contains(where: { $0.needs.contains(.images) }), !images.isEmpty {
      (urls, lost) = try Self.find(set, in: images, keepGoing: evaluation.keepGoing)
    }
    // What is drawn again is embedded once.
    let embedder = embedder.map { set.draws == nil ? $0 : CachingEmbedder($0) }
    // What one draw skips is in no other: all metrics are about the same captions.
    var open = set.items.indices.filter { urls.isEmpty || urls[set.items[$0].image] != nil }
    for draw in 0..<(set.draws?.count ?? 1) {
      let items = set.drawing(draw, seed: evaluation.bootstrap.seed)
      // What looks at no reference is the same in every draw.
      let metrics = draw == 0 ? evaluation.metrics : withReferences
      guard !metrics.isEmpty else { break }
      let kept = open
      let dataset = CaptionDataset(
        name: set.name,
        items: kept.map { index in
          let item = items[index]
          return .init(
            id: item.id, candidate: item.candidate, references: item.references, imageName: item.image,
            image: urls[item.image])
        })
      var inner = CaptionEvaluation(metrics: metrics)
      inner.keepGoing = evaluation.keepGoing
      inner.threads = evaluation.threads
      inner.hiddenValues = evaluation.hiddenValues
      let scored = try inner.score(dataset, embedder: embedder, progress: progress)
      open = scored.kept.map { kept[$0] }
      if draw == 0 { first = scored }
      for result in scored.results {
        var values = [Double?](repeating: nil, count: items.count)
        for (place, index) in open.enumerated() { values[index] = result.perItem[place] }
        if let known = all.firstIndex(where: { $0.name == result.name }) {
          all[known].draws.append(values)
        } else {
          all.append(Scores(name: result.name, draws: [values]))
        }
      }
    }
  }

  /// Tells a report where the scores come from.
  func describe(to provenance: inout Provenance) {
    provenance.skipped += lost
    first?.describe(to: &provenance)
    provenance.metrics += first?.results.map(\.name) ?? []
  }

  /// Takes away from all metrics the captions that one of them skipped, so that they are compared on the same ones.
  ///
  /// - Returns: How many captions are left.
  static func align(_ scores: inout [Scores], count: Int) -> Int {
    var isSkipped = [Bool](repeating: false, count: count)
    for score in scores {
      for draw in score.draws {
        for (index, value) in draw.enumerated() where value == nil { isSkipped[index] = true }
      }
    }
    guard isSkipped.contains(true) else { return count }
    for metric in scores.indices {
      for draw in scores[metric].draws.indices {
        for index in isSkipped.indices where isSkipped[index] { scores[metric].draws[draw][index] = nil }
      }
    }
    return isSkipped.count { !$0 }
  }

  private static func requireReferences(_ set: JudgementSet) throws {
    let bare = set.items.filter(\.references.isEmpty)
    guard let first = bare.first else { return }
    throw JudgementError.noReferences(set: set.name, id: first.id, count: bare.count)
  }

  /// The file of every image.
  private static func find(
    _ set: JudgementSet, in images: [URL], keepGoing: Bool
  ) throws -> (urls: [String: URL], lost: [SkippedItem]) {
    var folders = try images.map { try ImageFolder($0) }
    var urls: [String: URL] = [:]
    var lost: Set<String> = []
    var skipped: [SkippedItem] = []
    for item in set.items where urls[item.image] == nil && !lost.contains(item.image) {
      do {
        urls[item.image] = try Self.image(item.image, in: &folders)
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        lost.insert(item.image)
        skipped.append(SkippedItem(id: item.image, reason: error.description))
      }
    }
    guard !urls.isEmpty else { throw DatasetError.noCandidates(file: set.name) }
    return (urls, skipped)
  }

  /// The file of an image, in the first folder that has it.
  private static func image(_ name: String, in folders: inout [ImageFolder]) throws -> URL? {
    for index in folders.indices.dropLast() {
      if let url = try folders[index].find(name) { return url }
    }
    return try folders.indices.last.map { try folders[$0].image(for: name) }
  }
}
