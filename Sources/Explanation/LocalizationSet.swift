public import CaptionData
import Compute
import Evaluation
public import Foundation

/// Captions with a word that is known to be wrong.
public struct LocalizationSet: Sendable {
  /// A caption with a wrong word.
  struct Item: Sendable {
    var item: CaptionExplainer.Item
    /// Which of its words are wrong.
    var wrong: Set<Int>
    /// The kind of the wrong word, where it was chosen from one.
    var kind: String?
    /// The caption before a word of it was made wrong.
    var trueCaption: String?
  }

  var items: [Item]
  /// What was skipped, and why.
  public var skipped: [SkippedItem]
  /// Whether the words are FOIL's.
  public let isFOIL: Bool

  /// Reads the foils of FOIL, or swaps a noun in captions of any other layout.
  ///
  /// - Parameters:
  ///   - folder: the images.
  ///   - seed: of the swaps.
  /// - Throws: ``ExplanationError``, `DatasetError` and `JudgementError`.
  public init(
    contentsOf url: URL, images folder: URL, selection: CaptionSelection, kinds: WordKinds, seed: UInt64,
    keepGoing: Bool
  ) throws {
    let file = try TextFile(contentsOf: url)
    if Self.isFOIL(file) {
      try self.init(foils: file, images: folder, keepGoing: keepGoing)
    } else {
      try self.init(
        swapping: CaptionedImages(
          contentsOf: url, images: folder, selection: selection, keepGoing: keepGoing), kinds: kinds,
        seed: seed)
    }
  }

  /// Whether a file looks like FOIL's: its first annotations have a `foil_word`.
  private static func isFOIL(_ file: TextFile) -> Bool {
    file.name.lowercased().hasSuffix(".json")
      && String(decoding: file.bytes.prefix(1 << 20), as: UTF8.self).contains("\"foil_word\"")
      || String(decoding: file.bytes.suffix(4096), as: UTF8.self).contains("\"foil_word\"")
  }

  /// The foils of FOIL (Shekhar et al. 2017): captions of which one word was made wrong.
  init(foils file: TextFile, images folder: URL, keepGoing: Bool) throws {
    let (annotations, names) = try FOILFile(file).read()
    var folder = try ImageFolder(folder)
    isFOIL = true
    (items, skipped) = ([], [])
    for annotation in annotations where annotation.isFoil {
      let words = CaptionWords(annotation.caption).words.map(\.key)
      let wrong = Self.places(of: CaptionWords(annotation.foilWord ?? "").words.map(\.key), in: words)
      guard !wrong.isEmpty else { continue }
      do {
        let image = try folder.image(
          for: names[annotation.image] ?? FOILFile.imageName(annotation.image))
        items.append(
          Item(item: .init(id: annotation.id, image: image, caption: annotation.caption), wrong: wrong))
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        skipped.append(SkippedItem(id: annotation.id, reason: error.description))
      }
    }
    guard !items.isEmpty else { throw ExplanationError.noFoils(file: file.name) }
  }

  /// Where a word of one or several parts stands; singular and plural are the same.
  static func places(of parts: [String], in words: [String]) -> Set<Int> {
    guard !parts.isEmpty, parts.count <= words.count else { return [] }
    func isSame(_ a: String, _ b: String) -> Bool {
      a == b || a == WordForms.plural(b) || WordForms.plural(a) == b
    }
    for start in 0...(words.count - parts.count)
    where parts.indices.allSatisfy({ isSame(parts[$0], words[start + $0]) }) {
      return Set(start..<start + parts.count)
    }
    return []
  }

  /// A caption of each image with one noun swapped for another of its kind, of which no caption of the image speaks.
  init(swapping images: CaptionedImages, kinds: WordKinds, seed: UInt64) throws {
    isFOIL = false
    (items, skipped) = ([], images.skipped)
    for (number, image) in images.images.enumerated() {
      var random = SplitMix(seed: seed, part: number)
      if let item = NounSwap(image, kinds: kinds).item(&random) { items.append(item) }
    }
    guard !items.isEmpty else { throw ExplanationError.nothingToSwap(file: images.name) }
  }
}
