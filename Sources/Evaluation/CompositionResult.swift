import CLIP
public import CaptionData
public import CaptionMetrics
import Files
import Foundation
import JSON

/// What an embedder reaches on a set of true and false captions.
public struct CompositionResult: Sendable {
  /// The cases of one kind.
  public struct Group: Sendable, Equatable {
    /// SugarCrepe's file, ARO's relation or pair of attributes.
    public var name: String
    /// The cases of the set.
    public var cases: Int
    /// The cases that were compared; fewer where images are missing.
    public var compared = 0
    /// The cases in which the true caption was above the false one.
    public var right = 0
    /// Whether the group counts in the mean.
    public var counts: Bool

    /// The share that was right; nil where nothing was compared.
    public var accuracy: Double? { compared == 0 ? nil : Double(right) / Double(compared) }
  }

  /// The set.
  public let kind: CompositionSet.Kind
  /// The groups: in SugarCrepe's order, or by name.
  public private(set) var groups: [Group]
  /// How many captions were cut to the model's context.
  public var truncated = 0
  /// What was skipped, and why.
  public var skipped: [SkippedItem]
  /// Whether each case of the set was right; nil where it was skipped.
  private(set) var outcomes: [Bool?]
  /// The embeddings of what was looked at.
  var images: EmbeddedItems?
  private var places: [String: Int] = [:]

  init(_ set: CompositionSet) {
    kind = set.kind
    skipped = set.skipped
    outcomes = Array(repeating: nil, count: set.cases.count)
    var counts: [String: Int] = [:]
    for item in set.cases { counts[item.group, default: 0] += 1 }
    groups = counts.sorted { $0.key < $1.key }.map {
      Group(name: $0.key, cases: $0.value, counts: set.counts($0.key, cases: $0.value))
    }
    for (index, group) in groups.enumerated() { places[group.name] = index }
  }

  mutating func add(_ index: Int, _ group: String, isRight: Bool) {
    outcomes[index] = isRight
    guard let place = places[group] else { return }
    groups[place].compared += 1
    groups[place].right += isRight ? 1 : 0
  }

  /// The mean of the accuracies of the groups that count, each of the same weight; nil where there is none.
  public var mean: Double? {
    let values = groups.filter(\.counts).compactMap(\.accuracy)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The share of all compared cases that was right, whatever their group.
  public var accuracy: Double {
    let compared = groups.reduce(0) { $0 + $1.compared }
    return compared == 0 ? 0 : Double(groups.reduce(0) { $0 + $1.right }) / Double(compared)
  }

  var json: JSONValue {
    let groups: [JSONValue] = groups.map {
      [
        "name": .string($0.name), "accuracy": $0.accuracy.map(JSONValue.number) ?? .null,
        "right": .integer($0.right), "compared": .integer($0.compared), "cases": .integer($0.cases),
        "in_mean": .bool($0.counts),
      ]
    }
    return [
      "name": .string(kind.rawValue), "mean": mean.map(JSONValue.number) ?? .null,
      "accuracy": .number(accuracy), "groups": .array(groups),
    ]
  }
}

extension EvaluationReport {
  /// The accuracies on sets of true and false captions.
  public init(_ results: [CompositionResult], provenance: Provenance) {
    func line(_ label: String, _ value: Double?, _ compared: Int, _ cases: Int) -> Line {
      Line(label, [value.map { String(format: "%.2f", $0 * 100) } ?? "–", "\(compared)", "\(cases)"])
    }
    var lines: [Line] = []
    for result in results {
      let counted = result.groups.filter(\.counts)
      if result.kind == .sugarCrepe {
        lines += counted.map { line($0.name, $0.accuracy, $0.compared, $0.cases) }
      }
      lines.append(
        line(
          "\(result.kind.rawValue), mean of \(counted.count { $0.compared > 0 })", result.mean,
          counted.reduce(0) { $0 + $1.compared }, counted.reduce(0) { $0 + $1.cases }))
    }
    var provenance = provenance
    provenance.skipped += results.flatMap(\.skipped)
    provenance.metrics = results.map(\.kind.rawValue)
    provenance.truncated.candidates = results.reduce(0) { $0 + $1.truncated }
    self.init(
      title: "True captions against false ones", columns: ["right %", "compared", "cases"], lines: lines,
      legend:
        "a tie is wrong; the mean is over groups, without symmetric relations and pairs of attributes with fewer "
        + "than 25 cases",
      results: [.init("sets", .array(results.map(\.json)))], provenance: provenance)
  }
}
