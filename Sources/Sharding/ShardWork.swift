import CLIP
import CaptionMetrics
import Files
import Foundation
import JSON

/// Reads a shard, embeds its pairs block by block, and writes its output.
///
/// Memory does not grow with the shard: while a block is embedded, its images are hashed and the captions of the next one
/// are read, and images are decoded by the threads that embed them.
struct ShardWork {
  let task: ShardTask
  let embedder: CLIPEmbedder
  let settings: RunSettings

  /// Pairs a block: enough that the threads seldom wait for one another at its end.
  private var blockSize: Int { max(1024, 64 * embedder.threads) }

  /// Writes the output of a shard into the draft of a folder, with everything but the last step: to put it into its place.
  func make(_ shard: Shard, in folder: ShardFolder, progress: (Int) -> Void) throws -> ShardSummary {
    let began = ContinuousClock.now
    let reader = try ShardReader(shard)
    var writer = try PairWriter(folder, task: task, embedder: embedder, summary: ShardSummary(shard))
    var block = PairBlock(pairs: try reader.next(blockSize))
    while !block.pairs.isEmpty {
      let current = block
      let (embedded, (hashes, next)) = try together(
        { try current.embed(with: embedder, for: task) },
        { (task.needsImages ? try current.hashes(in: shard) : nil, try reader.next(blockSize)) })
      for index in current.pairs.indices {
        try writer.write(current.pairs[index], at: index, of: embedded, hash: hashes?[index])
      }
      block = PairBlock(pairs: next)
      progress(writer.summary.pairs)
    }
    writer.summary.seconds = (ContinuousClock.now - began) / .seconds(1)
    try writer.finish(settings, model: embedder.provenance)
    return writer.summary
  }
}

/// Writes the files of a shard's output.
private struct PairWriter {
  var summary: ShardSummary
  private let folder: ShardFolder
  private let task: ShardTask
  private let formula: CLIPScoreFormula?
  private let modelName: String
  private let rows: AtomicFile
  private var images: NumPyWriter?
  private var texts: NumPyWriter?
  private var cosines = 0.0
  private var scores = 0.0

  init(_ folder: ShardFolder, task: ShardTask, embedder: CLIPEmbedder, summary: ShardSummary) throws {
    self.folder = folder
    self.task = task
    self.summary = summary
    modelName = embedder.checkpoint.name
    rows = try AtomicFile(folder.file(ShardFolder.File.rows))
    switch task.product {
    case .scores(let definition):
      formula = CLIPScoreFormula(definition, calibration: embedder.scoreCalibration)
    case .embeddings(let type, _, _):
      formula = nil
      func matrix(_ name: String) throws -> NumPyWriter {
        try NumPyWriter(folder.file(name), dimension: embedder.dimension, type: type)
      }
      if task.needsImages { images = try matrix(ShardFolder.File.images) }
      if task.needsTexts { texts = try matrix(ShardFolder.File.texts) }
    }
  }

  /// Writes the row of a pair, and its embeddings where they are kept.
  mutating func write(
    _ pair: ShardPair, at index: Int, of block: PairBlock.Embedded, hash: String?
  ) throws {
    var members: [JSONValue.Member] = [.init("key", .string(pair.key))]
    let image = block.imageRows[index].flatMap { block.images?[$0] }
    let text = block.textRows[index].flatMap { block.texts?[$0] }
    let reason = pair.problem(for: task) ?? failure(of: index, in: block, image, text)
    members.append(.init("row", reason == nil ? .integer(summary.embedded) : .null))
    if let caption = pair.caption { members.append(.init("caption", .string(caption))) }
    if reason == nil {
      if let image { try images?.append(image) }
      if let text { try texts?.append(text) }
      if let formula, let image, let text {
        let cosine = cosine(image, text)
        members += [
          .init("cosine", .number(cosine)), .init("score", .number(formula.score(cosine: cosine))),
        ]
        cosines += cosine
        scores += formula.score(cosine: cosine)
      }
      summary.embedded += 1
      if let row = block.textRows[index], block.texts?.truncated.contains(row) == true {
        members.append(.init("truncated", .bool(true)))
        summary.truncated += 1
      }
    }
    if let hash { members.append(.init("sha256", .string(hash))) }
    members += pair.source
    if let reason { members.append(.init("reason", .string(reason))) }
    try rows.write(JSONValue.object(members).text() + "\n")
    summary.pairs += 1
  }

  /// Why a pair that was read has no embeddings, or none that could be used.
  private func failure(
    of index: Int, in block: PairBlock.Embedded, _ image: ArraySlice<Float>?, _ text: ArraySlice<Float>?
  ) -> String? {
    if let row = block.imageRows[index], let failure = block.images?.failures[row] {
      return sentence(for: failure)
    }
    if let row = block.textRows[index], let failure = block.texts?.failures[row] {
      return sentence(for: failure)
    }
    for (what, values) in [("image", image), ("caption", text)] {
      if let values, !values.allSatisfy(\.isFinite) {
        return "the embedding of the \(what) by \(modelName) is non-finite"
      }
    }
    return nil
  }

  /// Puts the files into the draft, the summary last.
  mutating func finish(_ settings: RunSettings, model: ModelProvenance) throws {
    try images?.finish()
    try texts?.finish()
    try rows.commit()
    if formula != nil, summary.embedded > 0 {
      summary.meanCosine = cosines / Double(summary.embedded)
      summary.meanScore = scores / Double(summary.embedded)
    }
    try AtomicFile.write(
      summary.json(settings, model: model).text(isIndented: true) + "\n",
      to: folder.file(ShardFolder.File.summary))
  }
}
