import Compute

/// Other people's captions of the same image as paraphrases: no model is asked.
public struct ReferenceParaphrases: Sendable {
  /// The lines, in the order of the captions.
  public let paraphrases: [ParaphrasedCaption]
  /// How many captions have no other beside them that is different.
  public let alone: Int

  /// Picks, for each caption, another of its image as x′ and a third as x″; of two the other is x″, and x′ absent.
  ///
  /// Which are taken follows from the seed, the image's id and the caption's place among its image's captions
  /// alone, whatever else is in the file.
  ///
  /// - Throws: ``ParaphraseError/noImages(file:)`` where no caption has another beside it.
  public init(_ source: SourceCaptions, seed: UInt64 = 0) throws {
    var groups: [String: [Int]] = [:]
    for (index, caption) in source.captions.enumerated() { groups[caption.id, default: []].append(index) }
    var paraphrases: [ParaphrasedCaption] = []
    var alone = 0
    var places: [String: Int] = [:]
    for caption in source.captions {
      let place = places[caption.id, default: 0]
      places[caption.id] = place + 1
      let own = Words(caption.text)
      var others: [String] = []
      var seen: [Words] = [own]
      for index in groups[caption.id] ?? [] {
        let words = Words(source.captions[index].text)
        if words.list.isEmpty || seen.contains(words) { continue }
        seen.append(words)
        others.append(source.captions[index].text)
      }
      var random = SplitMix(seed: seed ^ Self.hash(caption.id), part: place)
      guard !others.isEmpty else {
        alone += 1
        continue
      }
      let first = others.remove(at: random.next(below: others.count))
      let second = others.isEmpty ? nil : others[random.next(below: others.count)]
      paraphrases.append(
        ParaphrasedCaption(
          id: caption.id, caption: caption.text, plain: second == nil ? nil : first,
          paraphrase: second ?? first,
          model: "references", prompts: "1"))
    }
    guard !paraphrases.isEmpty else { throw ParaphraseError.noImages(file: source.name) }
    self.paraphrases = paraphrases
    self.alone = alone
  }

  /// FNV-1a over the bytes of a name.
  static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
