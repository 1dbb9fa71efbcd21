package import Foundation
package import Training

/// Tells from validations whether a captioner collapses: a judge that falls, and the signs that its captions show.
///
/// Everything is compared with what was measured before training.
package struct CollapseGuard: Sendable {
  /// A metric that is no part of the reward.
  package struct Judge: Sendable {
    /// What it is called.
    package var name: String
    /// The share of its value before training that it may lose, 0…1.
    package var maxDrop: Double

    /// Takes a judge.
    package init(name: String, maxDrop: Double) {
      self.name = name
      self.maxDrop = maxDrop
    }
  }

  /// What was measured before training.
  private struct Start: Codable {
    /// The judge's value.
    var judged: Double?
    /// Everything else; nil in states that were saved before it was kept.
    var measures: ValidationResult?
  }

  private let judge: Judge?
  private var start = Start()

  /// - Parameter judge: nil where the signs alone are looked at.
  package init(judge: Judge?) { self.judge = judge }

  /// Looks at a validation; the first one is what the others are compared with.
  ///
  /// - Parameter judged: the judge's value; nil where there is no judge.
  /// - Returns: why training must stop, or what is to be warned of, as sentences for people.
  package mutating func findings(
    in result: ValidationResult, judged: Double?
  ) -> (stop: String?, warning: String?) {
    let signs = signs(in: result)
    if start.measures == nil { start.measures = result }
    if let judge, let judged {
      let before = start.judged ?? judged
      start.judged = before
      if judged < before - judge.maxDrop * abs(before) {
        let stop =
          "the judge \(judge.name) fell from \(Self.text(before)) to \(Self.text(judged)): training stops, and the best captioner "
          + "before that is kept" + (signs.isEmpty ? "." : "; seen: \(signs.joined(separator: ", ")).")
        return (stop, nil)
      }
    }
    // A judge that is near to the reward may not see it.
    return (nil, signs.isEmpty ? nil : "signs of a collapse: \(signs.joined(separator: ", "))")
  }

  /// The signs of a collapse that were not there before training.
  private func signs(in result: ValidationResult) -> [String] {
    let signs: [(measure: String, rise: Double, what: String)] = [
      ("rep-2", 0.02, "repeated word pairs"),
      ("bad_ending", 0.02, "captions that end with an article or a preposition"),
      ("no_end", 0.02, "captions without an end"), ("identical", 0.1, "identical captions"),
      ("mean_length", 0.2 * (start.measures?["mean_length"] ?? 0), "longer captions"),
    ]
    return signs.compactMap { sign -> String? in
      guard let now = result[sign.measure], let old = start.measures?[sign.measure], now > old + sign.rise
      else { return nil }
      return "\(sign.what) (\(sign.measure) \(Self.text(old)) → \(Self.text(now)))"
    }
  }

  private static func text(_ value: Double) -> String { String(format: "%.3f", value) }

  /// What resumed runs go on with. Throws `EncodingError` for a measure that is no finite number.
  package func state() throws -> Data { try JSONEncoder().encode(start) }

  /// Puts ``state()`` back; that of earlier versions too, which is the judge's value alone.
  ///
  /// - Throws: `DecodingError`.
  package mutating func restore(_ state: Data) throws {
    let decoder = JSONDecoder()
    do {
      start = try decoder.decode(Start.self, from: state)
    } catch {
      start = Start(judged: try decoder.decode(Double?.self, from: state))
    }
  }
}
