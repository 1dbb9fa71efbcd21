public import CaptionData
public import CLIP
public import JSON

/// Where scores come from: everything that another run must have in common to give the same numbers, put together from
/// what each stage of the work returns.
public struct Provenance: Sendable {
  /// The version of Plumb.
  public var version: String
  /// The metrics that were computed, by the names that the report gives them.
  public var metrics: [String] = []
  /// How many captions were scored: all metrics of a report are about the same ones.
  public var captionCount: Int?
  /// What was read.
  public var inputs = InputFiles()
  /// What the metrics' values depend on: the tokenizer of words, tables, definitions.
  public var sources: [MetricSource] = []
  /// The model, where one was used.
  public var model: ModelProvenance?
  /// The model that it is compared with, where there is one.
  public var before: ModelProvenance?
  /// How many texts were cut to the model's context.
  public var truncated = TruncatedTexts()
  /// What was skipped, and why.
  public var skipped: [SkippedItem] = []
  /// How many items were skipped in parts of the corpus that were scored elsewhere.
  package var skippedElsewhere = 0
  /// What a reader of the numbers should know.
  public var warnings: [String] = []

  /// Creates a description of a run of this version, to be filled in.
  public init(version: String) { self.version = version }

  /// The description as JSON; what is not known is not there.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("version", .string(version)), .init("signature", .string(signature)),
    ]
    members += inputs.json
    members += sources.map { .init($0.key, $0.value) }
    if let model { members.append(.init("model", model.json)) }
    if let before { members.append(.init("before", before.json)) }
    members += truncated.json
    members.append(.init("skipped", skipped.json))
    members.append(.init("warnings", .array(warnings.map(JSONValue.string))))
    return .object(members)
  }

  /// Adds what metrics depend on; what several depend on is told once.
  mutating func add(_ sources: [MetricSource]) {
    for source in sources where !self.sources.contains(where: { $0.key == source.key }) {
      self.sources.append(source)
    }
  }
}

/// The files and folders that were read, as the user named them.
public struct InputFiles: Sendable {
  /// The candidates' file.
  public var candidates: String?
  /// The references' file.
  public var references: String?
  /// The folder of images.
  public var images: String?
  /// What else was read, by the key that it has in JSON; inputs of one key are a list.
  public var others: [(key: String, name: String)]

  /// Names inputs.
  public init(
    candidates: String? = nil, references: String? = nil, images: String? = nil,
    others: [(key: String, name: String)] = []
  ) {
    self.candidates = candidates
    self.references = references
    self.images = images
    self.others = others
  }

  /// The members of the JSON document.
  var json: [JSONValue.Member] {
    let usual = [("candidates", candidates), ("references", references), ("images", images)]
    var members = usual.compactMap { key, name in name.map { JSONValue.Member(key, .string($0)) } }
    var keys: [String] = []
    for input in others where !keys.contains(input.key) { keys.append(input.key) }
    for key in keys {
      let names = others.filter { $0.key == key }.map { JSONValue.string($0.name) }
      members.append(.init(key, names.count == 1 ? names[0] : .array(names)))
    }
    return members
  }
}

/// How many texts were cut to a model's context; nil where none were embedded.
public struct TruncatedTexts: Sendable, Equatable {
  /// Of the candidates, or of all texts where there are no others.
  public var candidates: Int?
  /// Of the references.
  public var references: Int?

  /// Holds counts.
  public init(candidates: Int? = nil, references: Int? = nil) {
    self.candidates = candidates
    self.references = references
  }

  /// The members of the JSON document.
  var json: [JSONValue.Member] {
    [("truncated_candidates", candidates), ("truncated_references", references)].compactMap { key, count in
      count.map { JSONValue.Member(key, .integer($0)) }
    }
  }
}

extension [SkippedItem] {
  /// The items as JSON.
  package var json: JSONValue {
    .array(map { ["id": $0.id.map(JSONValue.string) ?? .null, "reason": .string($0.reason)] })
  }
}
