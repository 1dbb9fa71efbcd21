import TextProcessing

/// Ratings, gathered by image and caption.
struct ImageJudgements {
  private struct Image {
    var name: String
    var references: [String]
    var captions: [(text: String, ratings: [Double])] = []
    var indices: [String: Int] = [:]
    /// The texts that were looked for among the references.
    var tookOut: Set<String> = []
  }

  private var images: [Image] = []
  private var indices: [String: Int] = [:]

  /// Adds ratings of a caption; the references count that come with the image's first.
  mutating func add(_ ratings: [Double], of caption: String, image: String, references: [String]) {
    let index = indices[image] ?? images.count
    if index == images.count {
      indices[image] = index
      images.append(Image(name: image, references: references))
    }
    if let place = images[index].indices[caption] {
      images[index].captions[place].ratings += ratings
    } else {
      images[index].indices[caption] = images[index].captions.count
      images[index].captions.append((caption, ratings))
    }
  }

  /// Takes a text out of the references of an image, once.
  mutating func takeOut(_ text: String, image: String) {
    guard let index = indices[image], let place = images[index].references.firstIndex(of: text) else {
      return
    }
    images[index].references.remove(at: place)
  }

  /// Takes out of the references of an image those that are the same text but for case, spaces and punctuation.
  ///
  /// - Parameter orNearest: whether, where none is, the nearest goes that differs in no more than a fifth.
  mutating func takeOutSame(_ text: String, image: String, orNearest: Bool) {
    guard let index = indices[image] else { return }
    let plain = Self.plain(text)
    let before = images[index].references.count
    images[index].references.removeAll { Self.plain($0) == plain }
    guard orNearest, images[index].references.count == before,
      images[index].tookOut.insert(plain).inserted
    else {
      images[index].tookOut.insert(plain)
      return
    }
    let distances = images[index].references.map { EditDistance.between(Self.plain($0), plain) }
    guard let place = distances.indices.min(by: { distances[$0] < distances[$1] }),
      distances[place] * 5 <= plain.count
    else { return }
    images[index].references.remove(at: place)
  }

  private static func plain(_ text: String) -> String {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
  }

  /// Puts all into a set: captions are called by their image and their place among its captions.
  func fill(_ set: inout JudgementSet, files: [String]) throws {
    var ratings: [JudgementSet.Rating] = []
    for image in images {
      let references = image.references.map(\.singleSpaced)
      for (place, caption) in image.captions.enumerated() {
        ratings += caption.ratings.map { .init(item: set.items.count, value: $0) }
        set.items.append(
          .init(
            id: "\(image.name):\(place)", image: image.name, candidate: caption.text.singleSpaced,
            references: references))
      }
    }
    set.files += files
    guard ratings.count > 1 else { throw JudgementError.nothingToJudge(file: files.first ?? set.name) }
    guard case .ratings(let before, let coefficient) = set.judgements else { return }
    set.judgements = .ratings(before + ratings, coefficient: coefficient)
  }
}
