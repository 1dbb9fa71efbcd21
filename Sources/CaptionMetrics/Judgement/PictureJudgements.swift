/// Ratings, gathered by picture and caption.
struct PictureJudgements {
  private struct Picture {
    var name: String
    var references: [String]
    var captions: [(text: String, ratings: [Double])] = []
    var indices: [String: Int] = [:]
    /// The texts that were looked for among the references.
    var tookOut: Set<String> = []
  }

  private var pictures: [Picture] = []
  private var indices: [String: Int] = [:]

  /// Adds ratings of a caption; the references count that come with the picture's first.
  mutating func add(_ ratings: [Double], of caption: String, image: String, references: [String]) {
    let index = indices[image] ?? pictures.count
    if index == pictures.count {
      indices[image] = index
      pictures.append(Picture(name: image, references: references))
    }
    if let place = pictures[index].indices[caption] {
      pictures[index].captions[place].ratings += ratings
    } else {
      pictures[index].indices[caption] = pictures[index].captions.count
      pictures[index].captions.append((caption, ratings))
    }
  }

  /// Takes a text out of the references of a picture, once.
  mutating func takeOut(_ text: String, image: String) {
    guard let index = indices[image], let place = pictures[index].references.firstIndex(of: text) else {
      return
    }
    pictures[index].references.remove(at: place)
  }

  /// Takes out of the references of a picture those that are the same text but for case, spaces and punctuation.
  ///
  /// - Parameter orNearest: whether, where none is, the nearest goes that differs in no more than a fifth.
  mutating func takeOutSame(_ text: String, image: String, orNearest: Bool) {
    guard let index = indices[image] else { return }
    let plain = Self.plain(text)
    let before = pictures[index].references.count
    pictures[index].references.removeAll { Self.plain($0) == plain }
    guard orNearest, pictures[index].references.count == before,
      pictures[index].tookOut.insert(plain).inserted
    else {
      pictures[index].tookOut.insert(plain)
      return
    }
    let distances = pictures[index].references.map { EditDistance.between(Self.plain($0), plain) }
    guard let place = distances.indices.min(by: { distances[$0] < distances[$1] }),
      distances[place] * 5 <= plain.count
    else { return }
    pictures[index].references.remove(at: place)
  }

  private static func plain(_ text: String) -> String {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
  }

  /// Puts all into a set: captions are called by their picture and their place among its captions.
  func fill(_ set: inout JudgementSet, files: [String]) throws {
    var ratings: [JudgementSet.Rating] = []
    for picture in pictures {
      let references = picture.references.map(\.singleSpaced)
      for (place, caption) in picture.captions.enumerated() {
        ratings += caption.ratings.map { .init(item: set.items.count, value: $0) }
        set.items.append(
          .init(
            id: "\(picture.name):\(place)", image: picture.name, candidate: caption.text.singleSpaced,
            references: references))
      }
    }
    set.files += files
    guard ratings.count > 1 else { throw JudgementError.nothingToJudge(file: files.first ?? set.name) }
    guard case .ratings(let before, let coefficient) = set.judgements else { return }
    set.judgements = .ratings(before + ratings, coefficient: coefficient)
  }
}
