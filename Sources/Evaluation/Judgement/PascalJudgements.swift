import CaptionData
import Foundation
import JSON

/// Pascal-50S (Vedantam, Zitnick, Parikh 2015): 4,000 pairs of captions, each held by 48 people against a caption
/// that someone wrote of the same image.
enum PascalJudgements {
  private static let folders = [
    "pyCIDErConsensus", "pyCIDErConsens", "Pascal-50s/pyCIDErConsensus", "pascal/pyCIDErConsensus", "pascal",
  ]
  private static let votes = 48
  private static let rules =
    "share of pairs, mean over HC, HI, HM, MM; the caption with more of 48 votes is the better one; "
    + "a tie, of people or of a metric, counts for the second"

  static func read(_ folder: JudgementFolder) throws -> JudgementSet {
    if let pairs = folder.find(["pair_pascal.mat"], under: folders),
      let consensus = folder.find(["consensus_pascal.mat"], under: folders)
    {
      return try read(pairs: MATFile(pairs), consensus: MATFile(consensus), name: folder.set.rawValue)
    }
    if let file = folder.find(["pascal_50s.json"], under: folders) {
      return try read(JudgementDocument(file), name: folder.set.rawValue)
    }
    throw folder.missing("pair_pascal.mat and consensus_pascal.mat, or pascal_50s.json,")
  }

  /// `new_input`: image, first and second caption of each pair; `category`: 1 to 4; and, 48 for each pair in the same
  /// order, `triplets`: what someone wrote, two captions, and 1 where the first of these is closer to it.
  private static func read(pairs: MATFile, consensus: MATFile, name: String) throws -> JudgementSet {
    var set = JudgementSet(
      name: name, items: [], judgements: .preferences([], tie: .second), rules: rules,
      files: [pairs.name, consensus.name], draws: .init(count: 5, size: 5))
    let input = try pairs.array("new_input").records()
    let categories = try pairs.array("category").numbers()
    let triplets = try consensus.array("triplets").records()
    guard categories.count == input.count else {
      throw MATFile.malformed(
        pairs.name, "it has \(input.count) pairs in \"new_input\" and \(categories.count) in \"category\"")
    }
    guard triplets.count == input.count * votes else {
      throw MATFile.malformed(
        consensus.name,
        "it has \(triplets.count) triplets where \(votes) for each of \(input.count) pairs are expected")
    }
    var preferences: [JudgementSet.Preference] = []
    for (index, record) in input.enumerated() {
      guard record.count >= 3 else {
        throw MATFile.malformed(pairs.name, "pair \(index + 1) has not an image and two captions")
      }
      let texts = try record.prefix(3).map { try $0.text().trimmed() }
      guard let category = Category(number: categories[index]) else {
        throw MATFile.malformed(
          pairs.name, "pair \(index + 1) has the category \(categories[index]), not 1 to 4")
      }
      let consensus = try Consensus(
        triplets[index * votes..<(index + 1) * votes], file: consensus.name, pair: index + 1)
      let (first, second) = (consensus.votes[texts[1]] ?? 0, consensus.votes[texts[2]] ?? 0)
      guard first + second > 0 else {
        throw MATFile.malformed(
          consensus.references.isEmpty ? pairs.name : "\(pairs.name) and the triplets",
          "pair \(index + 1) has other captions in the two files")
      }
      preferences.append(
        .init(
          first: set.items.count, second: set.items.count + 1, prefersFirst: first > second,
          category: category.rawValue))
      for (place, text) in texts.dropFirst().enumerated() {
        set.items.append(
          .init(
            id: "\(index + 1):\(place + 1)", image: texts[0], candidate: text.singleSpaced,
            references: consensus.references))
      }
    }
    set.judgements = .preferences(preferences, tie: .second)
    guard !preferences.isEmpty else { throw JudgementError.nothingToJudge(file: pairs.name) }
    return set
  }

  /// What 48 people wrote, and for which caption each of these speaks.
  private struct Consensus {
    var references: [String] = []
    var votes: [String: Int] = [:]

    init(_ triplets: ArraySlice<[MATArray]>, file: String, pair: Int) throws {
      for triplet in triplets {
        guard triplet.count >= 4, let winner = try triplet[3].numbers().first else {
          throw MATFile.malformed(file, "a triplet of pair \(pair) has not three texts and a number")
        }
        references.append(try triplet[0].text().trimmed().singleSpaced)
        votes[try triplet[winner == 1 ? 1 : 2].text().trimmed(), default: 0] += 1
      }
    }
  }

  /// Human correct, human against another image's, human against machine, machine against machine.
  private enum Category: String, CaseIterable {
    case humanCorrect = "HC"
    case humanIncorrect = "HI"
    case humanMachine = "HM"
    case machineMachine = "MM"

    init?(number: Double) {
      guard let index = Int(exactly: number), Self.allCases.indices.contains(index - 1) else { return nil }
      self = Self.allCases[index - 1]
    }
  }

  /// `{"HC": [{"image", "captions": [first, second], "label": 0 or 1, "references"}], …}`, as some projects keep it;
  /// label 0 is the first caption.
  private static func read(_ document: JudgementDocument, name: String) throws -> JudgementSet {
    var items: [JudgementSet.Item] = []
    var preferences: [JudgementSet.Preference] = []
    for (category, list) in try document.members(of: document.root, "the file") {
      guard case .array(let pairs) = list else { continue }
      for (index, pair) in pairs.enumerated() {
        let entry = "\(category) \(index)"
        let texts = try document.texts("captions", of: pair, entry)
        guard texts.count == 2, let label = try document.number("label", of: pair, entry),
          label == 0 || label == 1
        else {
          throw JudgementError.malformed(
            file: document.file, line: nil,
            problem: "\"\(entry)\" must have two captions, and a label of 0 for the first or 1 for the second"
          )
        }
        let references =
          document.member("references", of: pair) == nil
          ? [] : try document.texts("references", of: pair, entry).map(\.singleSpaced)
        let image = try document.text("image", of: pair, entry)
        preferences.append(
          .init(first: items.count, second: items.count + 1, prefersFirst: label == 0, category: category))
        for (place, text) in texts.enumerated() {
          items.append(
            .init(
              id: "\(category):\(index):\(place + 1)",
              image: image.split(separator: "/").last.map(String.init) ?? image, candidate: text.singleSpaced,
              references: references))
        }
      }
    }
    guard !preferences.isEmpty else { throw JudgementError.nothingToJudge(file: document.file) }
    return JudgementSet(
      name: name, items: items, judgements: .preferences(preferences, tie: .second), rules: rules,
      files: [document.file],
      draws: items.contains { $0.references.count > 5 } ? .init(count: 5, size: 5) : nil)
  }
}
