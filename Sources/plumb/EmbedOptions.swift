public import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
public import Files
import Foundation
import JSON

/// What `plumb embed images` and `plumb embed texts` have in common.
struct EmbedOptions: ParsableArguments {
  @OptionGroup var model: NamedModel

  @Option(name: .shortAndLong, help: ArgumentHelp("NumPy file (.npy) to write.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Element type of the file: float32, float16, or int8, which keeps the direction of an embedding and not its length.",
      valueName: "type"))
  var dtype = NumPyType.float32

  @Flag(name: .customLong("no-normalize"), help: "Do not normalize embeddings to unit length.")
  var isRaw = false

  @Flag(help: "Skip items that cannot be embedded, list them, and exit with status 2.")
  var keepGoing = false

  @Flag(help: "Print a JSON description of the output.")
  var json = false

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    guard !isRaw || dtype != .int8 else {
      throw ValidationError("--dtype int8 keeps no lengths; leave out --no-normalize, or take float16.")
    }
  }

  /// Refuses an output that is one of `inputs`, or a file of the model, before any work.
  func checkOutput(reading inputs: (inout OutputCheck) -> Void) throws {
    var check = OutputCheck()
    inputs(&check)
    check.readsModel(model.name, options.tokenizer)
    check.write(URL(fileURLWithPath: output))
    try check.validate()
  }

  /// Embeds and writes; `embed` gets the model, and a place to report progress to.
  ///
  /// - Parameters:
  ///   - names: what the rows are called in messages and in the JSON.
  ///   - ids: the ids of the rows, where their file gives them.
  ///   - skipped: what was skipped while reading.
  func run(
    _ names: [String], of kind: String, ids: [String]? = nil, skipped: [SkippedItem] = [],
    embed: (CLIPEmbedder, @escaping EmbeddingProgress) throws -> EmbeddedItems
  ) throws {
    let embedder = try options.open(model.name)
    Output.note(model.warnings(of: embedder))
    // Made before the work: what is wrong with the place is known at once.
    let writer = try NumPyWriter(URL(fileURLWithPath: output), dimension: embedder.dimension, type: dtype)
    let line = ProgressLine()
    let items = try embed(embedder) { line.update(kind, $0, of: $1) }
    line.clear()
    var skipped = skipped
    var written: [JSONValue] = []
    var writtenIDs: [JSONValue] = []
    for (index, name) in names.enumerated() {
      if let failure = items.failures[index] {
        skipped.append(SkippedItem(id: name, reason: sentence(for: failure)))
      } else {
        try writer.append(items[index])
        written.append(.string(name))
        if let ids { writtenIDs.append(.string(ids[index])) }
      }
    }
    guard !written.isEmpty else { throw NothingEmbedded(kind: kind, reason: skipped.first?.reason) }
    try writer.finish()
    let truncated = items.truncated.count
    if truncated > 0 {
      Output.note("\(truncated) of \(names.count) texts were truncated to \(embedder.contextLength) tokens.")
    }
    if json {
      var members: [JSONValue.Member] = [
        .init("output", .string(output)), .init("rows", .array(written)),
        .init("dimension", .integer(embedder.dimension)), .init("dtype", .string(dtype.rawValue)),
        .init("normalized", .bool(!isRaw)),
        .init("truncated", .integer(truncated)),
        .init("model", embedder.provenance(named: model.name).json),
        .init(
          "skipped",
          .array(skipped.map { ["id": .string($0.id ?? ""), "reason": .string($0.reason)] })),
      ]
      if ids != nil { members.insert(.init("ids", .array(writtenIDs)), at: 2) }
      try Output.line(JSONValue.object(members).text(isIndented: true))
    } else {
      try Output.line("\(output): \(written.count) \(kind), dimension \(embedder.dimension)")
    }
    try Output.end(skipped: skipped)
  }
}

/// There was nothing to embed, or nothing could be.
struct NothingEmbedded: LocalizedError {
  let kind: String
  let reason: String?

  var errorDescription: String? {
    reason.map { "none of the \(kind) could be embedded; the first: \($0)" }
      ?? "there are no \(kind) to embed."
  }
}

extension NumPyType: ExpressibleByArgument {}
