import CaptionData
import Compute

/// Swaps a noun in one of the captions of an image for another of its kind.
struct NounSwap {
  private let image: CaptionedImages.Image
  private let kinds: WordKinds
  /// What the captions of the image speak of.
  private let groups: Set<WordKinds.Group>
  private let words: Set<String>

  init(_ image: CaptionedImages.Image, kinds: WordKinds) {
    self.image = image
    self.kinds = kinds
    words = Set(image.captions.flatMap { CaptionWords($0).words.map(\.key) })
    groups = words.reduce(into: []) { $0.formUnion(kinds.groups(of: $1)) }
  }

  /// A caption with a wrong noun, chosen at random; nil where no noun of the captions can be swapped.
  func item(_ random: inout SplitMix) -> LocalizationSet.Item? {
    for caption in shuffled(image.captions, &random) {
      let words = CaptionWords(caption)
      let nouns = words.words.indices.filter { words.words[$0].isContent }.flatMap { index in
        kinds.places(of: words.words[index].key).filter { kinds.kinds[$0.kind].part == .noun }
          .map { (index: index, place: $0) }
      }
      for (index, place) in shuffled(nouns, &random) {
        let kind = kinds.kinds[place.kind]
        let forms = kind.entries.compactMap { entry in
          let isTold = entry.groups.contains { groups.contains(.init(kind: place.kind, number: $0)) }
          let form = entry.forms[min(place.form, entry.forms.count - 1)]
          return isTold || self.words.contains(form) ? nil : form
        }
        guard !forms.isEmpty else { continue }
        let wrong = words.replacing(index, by: forms[random.next(below: forms.count)])
        return .init(
          item: .init(id: image.name, image: image.image, caption: wrong), wrong: [index],
          kind: kind.name, trueCaption: caption)
      }
    }
    return nil
  }

  private func shuffled<Element>(_ elements: [Element], _ random: inout SplitMix) -> [Element] {
    var elements = elements
    for index in elements.indices.dropLast() {
      elements.swapAt(index, index + random.next(below: elements.count - index))
    }
    return elements
  }
}
