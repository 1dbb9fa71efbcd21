import CaptionData
import Foundation

/// FOIL (Shekhar et al. 2017): captions of COCO, and the same with one word made wrong.
enum FOILJudgements {
  private static let folders = ["foil", "coco", "annotations", "coco/annotations"]

  static func read(_ folder: JudgementFolder) throws -> JudgementSet {
    guard let foil = folder.find(["foilv1.0_test_2017.json"], under: folders),
      let coco = folder.find(["captions_val2014.json"], under: folders)
    else { throw folder.missing("foilv1.0_test_2017.json and COCO's captions_val2014.json") }
    let file = try TextFile(contentsOf: foil)
    let (annotations, names) = try FOILFile(file).read()
    let captions = try ImageCaptions(coco)

    var set = JudgementSet(
      name: folder.set.rawValue, items: [], judgements: .preferences([], tie: .second),
      rules: "share of pairs in which the true caption scores strictly higher; the true caption is not among "
        + "the references", files: [file.name, captions.file])
    var trueItems: [String: Int] = [:]
    for annotation in annotations where !annotation.isFoil && trueItems[annotation.id] == nil {
      guard let all = captions.references(of: annotation.image) else {
        throw JudgementError.unknown(
          file: file.name, line: annotation.line, what: "image", id: annotation.image,
          missingIn: captions.file)
      }
      let own = annotation.caption.singleSpaced
      trueItems[annotation.id] = set.items.count
      set.items.append(
        .init(
          id: "\(annotation.id):true", image: names[annotation.image] ?? FOILFile.imageName(annotation.image),
          candidate: own, references: all.map(\.singleSpaced).filter { $0 != own }))
    }
    var preferences: [JudgementSet.Preference] = []
    var counts: [String: Int] = [:]
    for annotation in annotations where annotation.isFoil {
      guard let pair = trueItems[annotation.id] else {
        throw JudgementError.malformed(
          file: file.name, line: annotation.line,
          problem: "the foil with id \"\(annotation.id)\" has no true caption with that id")
      }
      let number = counts[annotation.id, default: 0] + 1
      counts[annotation.id] = number
      preferences.append(.init(first: pair, second: set.items.count, prefersFirst: true))
      set.items.append(
        .init(
          id: "\(annotation.id):foil" + (number > 1 ? "\(number)" : ""), image: set.items[pair].image,
          candidate: annotation.caption.singleSpaced, references: set.items[pair].references))
    }
    guard !preferences.isEmpty else { throw JudgementError.nothingToJudge(file: file.name) }
    set.judgements = .preferences(preferences, tie: .second)
    return set
  }
}
