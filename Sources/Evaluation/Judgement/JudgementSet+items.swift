import Compute
import Files
public import Foundation
import JSON

extension JudgementSet {
  /// Writes the captions, to be scored elsewhere: a line `{"id", "image", "candidate", "references"}` each.
  ///
  /// - Throws: `FileWriteError`.
  public func writeItems(to url: URL) throws {
    let file = try AtomicFile(url)
    for item in items {
      let line: JSONValue = [
        "id": .string(item.id), "image": .string(item.image), "candidate": .string(item.candidate),
        "references": .array(item.references.map(JSONValue.string)),
      ]
      try file.write(line.text() + "\n")
    }
    try file.commit()
  }
}

extension JudgementSet {
  /// The captions with the references of one draw; both captions of a pair get the same.
  func drawing(_ draw: Int, seed: UInt64) -> [Item] {
    guard let draws, case .preferences(let preferences, _) = judgements else { return items }
    var drawn = items
    for (index, preference) in preferences.enumerated() {
      var generator = SplitMix(seed: seed, part: draw &* preferences.count &+ index)
      let pool = items[preference.first].references
      let references = generator.sample(draws.size, below: pool.count).map { pool[$0] }
      drawn[preference.first].references = references
      drawn[preference.second].references = references
    }
    return drawn
  }
}
