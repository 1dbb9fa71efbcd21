/// Ratings, gathered by picture and caption.
struct PictureJudgements {
  private struct Picture {
    var name: String
    var references: [String]
    var captions: [(text: String, ratings: [Double])] = []
    var indices: [String: Int] = [:]
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
