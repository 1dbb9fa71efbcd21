public import CLIP
public import CaptionData
public import JSON

/// Where scores come from: everything that another run must have in common to give the same numbers.
public struct Provenance: Sendable {
  /// The version of Plumb.
  public var version: String
  /// The metrics that were computed, by the names that the report gives them.
  public var metrics: [String] = []
  /// The candidates' file, as the user named it.
  public var candidates: String?
  /// The references' file, as the user named it.
  public var references: String?
  /// The folder of images, as the user named it.
  public var images: String?
  /// What else was read, as the user named it, by the key that it has in JSON; inputs of one key are a list.
  public var inputs: [(key: String, name: String)] = []
  /// How texts become words for BLEU, ROUGE and CIDEr.
  public var wordTokenizer: String?
  /// The SHA-256 of METEOR's tables, where it was computed.
  public var meteorTables: String?
  /// Where CIDEr's document frequencies come from.
  public var documentFrequencies: DocumentFrequencySource?
  /// Which CLIPScore, where one was computed.
  public var definition: CLIPScoreDefinition?
  /// The range of the model's cosines, where its configuration gives one.
  public var calibration: ScoreCalibration?
  /// The model, where one was used.
  public var model: ModelProvenance?
  /// The model that it is compared with, where there is one.
  public var before: ModelProvenance?
  /// How many candidates were cut to the model's context, where a model was used.
  public var truncatedCandidates: Int?
  /// How many references were cut to the model's context, where they were embedded.
  public var truncatedReferences: Int?
  /// How many captions were scored: all metrics of a report are about the same ones.
  public var captionCount: Int?
  /// What was skipped, and why.
  public var skipped: [SkippedItem] = []
  /// What a reader of the numbers should know.
  public var warnings: [String] = []

  /// Creates a description of a run of this version, to be filled in.
  public init(version: String) { self.version = version }

  /// The description as JSON; what is not known is not there.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [.init("version", .string(version))]
    func add(_ key: String, _ value: JSONValue?) {
      if let value { members.append(.init(key, value)) }
    }
    add("signature", .string(signature))
    add("candidates", candidates.map(JSONValue.string))
    add("references", references.map(JSONValue.string))
    add("images", images.map(JSONValue.string))
    var keys: [String] = []
    for input in inputs where !keys.contains(input.key) { keys.append(input.key) }
    for key in keys {
      let names = inputs.filter { $0.key == key }.map { JSONValue.string($0.name) }
      add(key, names.count == 1 ? names.first : .array(names))
    }
    add("word_tokenizer", wordTokenizer.map(JSONValue.string))
    add("meteor_tables", meteorTables.map(JSONValue.string))
    add("document_frequencies", documentFrequencies.map { .string($0.description) })
    add("clipscore", formula?.json)
    add("model", model?.json)
    add("before", before?.json)
    add("truncated_candidates", truncatedCandidates.map(JSONValue.integer))
    add("truncated_references", truncatedReferences.map(JSONValue.integer))
    add(
      "skipped",
      .array(
        skipped.map { ["id": $0.id.map(JSONValue.string) ?? .null, "reason": .string($0.reason)] }))
    add("warnings", .array(warnings.map(JSONValue.string)))
    return .object(members)
  }
}

extension Provenance {
  /// How a cosine became a score, where one was computed.
  var formula: CLIPScoreFormula? { definition.map { CLIPScoreFormula($0, calibration: calibration) } }
}

extension ModelProvenance {
  /// The description as JSON; what is not known is not there.
  public var json: JSONValue {
    let texts = [
      ("name", name), ("fingerprint", fingerprint), ("layout", layout), ("precision", precision),
      ("preprocessing", preprocessing), ("tokenizer", tokenizer), ("instruction_set", instructionSet),
    ]
    var members = texts.compactMap { key, text in text.map { JSONValue.Member(key, .string($0)) } }
    if let contextLength { members.append(.init("context_length", .integer(contextLength))) }
    return .object(members)
  }
}
