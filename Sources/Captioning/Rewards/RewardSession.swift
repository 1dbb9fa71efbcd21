package import CLIP
package import CaptionMetrics
import Foundation

/// Rewards of captions whose items are given from outside, for a captioner that another program trains.
///
/// Items are given once: their images are embedded and their references prepared then. Without document frequencies CIDEr counts the
/// references of all items.
package final class RewardSession {
  /// What is rewarded.
  package let expression: RewardExpression
  private let options: Options
  private let embedder: CLIPEmbedder?
  private let items = RewardItems()
  private var rewards: [any CaptionReward] = []
  /// Whether CIDEr's document frequencies are older than the items.
  private var isStale = false

  /// What rewards are computed with.
  package struct Options {
    /// In how many images n-grams are found; nil to count the references of the items.
    package var documentFrequency: DocumentFrequency?
    /// The head of the grammar reward.
    package var grammar: GrammarHead?
    /// Whether each part is standardised over the captions of an item.
    package var standardizes = false
    /// Whether the end of a caption counts as a word.
    package var hasEnds = true
    /// How many threads work.
    package var threads = 1

    /// The usual ones.
    package init() {}
  }

  /// Makes a reward without items.
  ///
  /// - Parameter embedder: for the parts that need a model.
  /// - Throws: ``CaptioningError``, what METEOR's tables throw.
  package init(_ expression: RewardExpression, embedder: CLIPEmbedder?, options: Options) throws {
    self.expression = expression
    self.options = options
    self.embedder = embedder
    rewards = try expression.terms.map { try reward($0.name, documentFrequency: options.documentFrequency) }
  }

  /// How many items there are.
  package var count: Int { items.numbers.count }

  /// Whether an item of this id was given.
  package func contains(_ id: String) -> Bool { items.numbers[id] != nil }

  /// Takes items; one of an id that was given before gives way.
  ///
  /// - Parameters:
  ///   - images: the unit embedding of each image; nil where no part looks at images.
  ///   - references: those of each item; nil where no part compares with references.
  /// - Throws: ``CaptioningError``, what embedding references throws.
  package func add(_ ids: [String], images: [[Float]]?, references: [[String]]?) throws {
    if expression.terms.contains(where: \.name.needsReferences) {
      let name = expression.terms.first { $0.name.needsReferences }?.name.rawValue ?? ""
      if let bare = ids.indices.first(where: { references?[$0].isEmpty != false }) {
        throw CaptioningError.noReferences(reward: name, item: ids[bare])
      }
    }
    var embedded: [[[Float]]]?
    if let references, let embedder, expression.terms.contains(where: { $0.name == .reflclip }) {
      let texts = try embedder.embedTexts(
        references.joined().map { CLIPScoreDefinition.hessel.prefix + $0 })
      var row = 0
      embedded = references.map { list in
        defer { row += list.count }
        return (row..<row + list.count).map { Array(texts[$0]) }
      }
    }
    var new: [Int: [String]] = [:]
    for (index, id) in ids.enumerated() {
      let number = items.number(of: id)
      items.images[number] = images?[index]
      items.references[number] = references?[index]
      items.embeddedReferences[number] = embedded?[index]
      new[number] = references?[index]
    }
    for case let (term, reward as any ReferenceReward) in zip(expression.terms, rewards)
    where term.name != .cider || options.documentFrequency != nil {
      try reward.prepare(new)
    }
    isStale = true
  }

  /// The rewards of captions, each of an item that was given.
  ///
  /// - Throws: ``CaptioningError``, `ItemFailure`.
  package func scores(_ captions: [(id: String, text: String, isFinished: Bool)]) throws -> RewardModel.Scores
  {
    if isStale { try countReferences() }
    let rewarded = try captions.map { caption in
      guard let number = items.numbers[caption.id] else { throw CaptioningError.unknownItem(caption.id) }
      return RewardedCaption(item: number, text: caption.text, isFinished: caption.isFinished)
    }
    return try RewardModel.scores(
      rewarded, expression, rewards, standardizes: options.standardizes, id: { self.items.ids[$0] })
  }

  /// Makes CIDEr anew for the references that there are now, where it was given no document frequencies.
  private func countReferences() throws {
    isStale = false
    guard options.documentFrequency == nil,
      let place = expression.terms.firstIndex(where: { $0.name == .cider })
    else { return }
    let texts = items.references.keys.sorted().compactMap { items.references[$0] }
    let counted = try DocumentFrequency(
      references: options.hasEnds ? texts.map { $0.map(EndWord.added) } : texts)
    let made = try reward(.cider, documentFrequency: counted)
    try (made as? any ReferenceReward)?.prepare(items.references)
    rewards[place] = made
  }

  private func reward(
    _ name: RewardExpression.Name, documentFrequency: DocumentFrequency?
  ) throws -> any CaptionReward {
    let comparing = try name.wordReward(
      documentFrequency: documentFrequency, hasEnds: options.hasEnds, threads: options.threads)
    if let comparing { return comparing }
    guard let embedder else { throw CaptioningError.noRewardModel(reward: name.rawValue) }
    if name == .grammar { return try GrammarReward(options.grammar, embedder: embedder) }
    let items = items
    let image = { items.images[$0].map { $0[...] } ?? [] }
    guard name == .reflclip else { return CLIPReward(embedder, image: image) }
    return CLIPReward(embedder, image: image) { items.embeddedReferences[$0]?.map { $0[...] } ?? [] }
  }
}

/// The items of a session, by numbers.
private final class RewardItems {
  var numbers: [String: Int] = [:]
  var ids: [String] = []
  var images: [Int: [Float]] = [:]
  var references: [Int: [String]] = [:]
  var embeddedReferences: [Int: [[Float]]] = [:]

  func number(of id: String) -> Int {
    if let number = numbers[id] { return number }
    numbers[id] = ids.count
    ids.append(id)
    return ids.count - 1
  }
}
