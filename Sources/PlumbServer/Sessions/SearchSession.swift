import Foundation
import JSON
import Retrieval

/// A search that is refined in rounds: its terms, and what was marked in each round.
///
/// The hits of a round are those of the terms and of the marks of the round before it; the marks of a round are changed while its hits
/// are looked at.
struct SearchSession: Sendable, Equatable {
  /// A round.
  struct Round: Sendable, Equatable {
    /// How its hits are found.
    var method: FeedbackMethod
    /// The images that are marked, by number, in the order in which they were marked.
    var good: [Int] = []
    var bad: [Int] = []
  }

  let id: String
  /// What a saved search is called; nil for one that nobody saved.
  var name: String?
  var created: Date
  var changed: Date
  /// As the client sent them.
  var terms: [TermRequest]
  var filter: FilterRequest
  /// The round that is looked at.
  var current: Int
  var rounds: [Round]

  /// Sets what some images are marked as in the current round. Throws ``APIError``.
  mutating func mark(good: [Int], bad: [Int], none: [Int]) throws(APIError) {
    let touched = Set(good + bad + none)
    var round = rounds[current]
    round.good.removeAll { touched.contains($0) }
    round.bad.removeAll { touched.contains($0) }
    for image in good where !round.good.contains(image) { round.good.append(image) }
    for image in bad where !round.bad.contains(image) && !round.good.contains(image) {
      round.bad.append(image)
    }
    guard round.good.count + round.bad.count <= Self.mostMarks else {
      throw .conflict("at most \(Self.mostMarks) images are marked in a search.")
    }
    rounds[current] = round
  }

  /// Goes to the round before or after the current one. Throws ``APIError`` where there is none.
  mutating func move(by step: Int) throws(APIError) {
    guard rounds.indices.contains(current + step) else {
      throw .conflict(step < 0 ? "this is the first round." : "this is the last round.")
    }
    current += step
  }

  /// Adds a round whose hits come from the marks of the current one; those after it are dropped. Throws ``APIError``.
  mutating func refine(by method: FeedbackMethod) throws(APIError) {
    var round = rounds[current]
    guard !round.good.isEmpty || !round.bad.isEmpty else {
      throw .conflict("nothing is marked; mark good or bad images first.")
    }
    guard current < Self.mostRounds else {
      throw .conflict("a search has at most \(Self.mostRounds) rounds.")
    }
    round.method = method
    rounds.removeSubrange((current + 1)...)
    rounds.append(round)
    current += 1
  }

  private static let mostRounds = 200
  private static let mostMarks = 2000

  /// What finds the hits of a round. Throws ``APIError``.
  func task(
    ofRound number: Int, most: Int, uploads: (String) throws -> [Float]
  ) throws -> SearchTask {
    guard rounds.indices.contains(number) else {
      throw APIError.notFound("round \(number) is not there; the search has \(rounds.count).")
    }
    var task = SearchTask(
      terms: try terms.map { (try $0.content.resolved(uploads), $0.weight) }, filter: filter.filter,
      most: most)
    if number > 0 {
      task.method = rounds[number].method
      task.good = rounds[number - 1].good
      task.bad = rounds[number - 1].bad
    }
    return task
  }

  /// As clients see it.
  var json: JSONValue {
    [
      "id": .string(id), "name": name.map { .string($0) } ?? .null,
      "created": .string(created.ISO8601Format()), "changed": .string(changed.ISO8601Format()),
      "terms": .array(terms.map(\.json)), "filter": filter.json, "current": .integer(current),
      "rounds": .array(
        rounds.enumerated().map { number, round in
          [
            "number": .integer(number), "method": .string(round.method.rawValue),
            "good": .array(round.good.map { .string(ImageID.text($0)) }),
            "bad": .array(round.bad.map { .string(ImageID.text($0)) }),
          ]
        }),
    ]
  }
}
