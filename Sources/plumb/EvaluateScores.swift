import ArgumentParser
import CLIP
import CaptionMetrics
import Evaluation
import Files
import Foundation

/// `plumb evaluate scores`.
struct EvaluateScores: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scores",
    abstract: "Compute CLIPScore and RefCLIPScore from precomputed embeddings, without a model.",
    discussion: """
        plumb evaluate scores --image-embeddings images.npy --text-embeddings texts.npy --pairs rows.csv

      rows.csv has a line for each caption: image_row (or image_id), and caption_row where captions are not in the order \
      of the text embeddings; reference_rows are row numbers of text embeddings, separated by spaces. Without that \
      column, the other captions of the same image are the references. Texts must have been embedded with the prefix of \
      the definition.
      """)

  @OptionGroup(title: "Precomputed embeddings")
  var embeddings: EmbeddingFiles

  @Option(help: "CLIPScore definition.")
  var definition = CLIPScoreDefinition.hessel

  @Option(help: ArgumentHelp("Write each caption's scores as JSON lines.", valueName: "file"))
  var perCaption: String?

  @OptionGroup var printing: ReportOptions

  func validate() throws {
    guard embeddings.areGiven else {
      throw ValidationError("Give --image-embeddings and --text-embeddings.")
    }
  }

  func run() throws {
    try printing.check { check in
      check.reads(embeddings.imageEmbeddings, embeddings.textEmbeddings, embeddings.pairs)
      check.writes(perCaption)
    }
    let (images, texts, table, inputs) = try embeddings.open()
    let items: [EmbeddingScores.Item]
    if let table {
      items = try EmbeddingScores.items(table, imageCount: images.count, textCount: texts.count)
    } else {
      let pairs = try RetrievalPairs(imageCount: images.count, textCount: texts.count)
      items = EmbeddingScores.items(pairs)
    }
    let result = try EmbeddingScores(definition: definition).score(items, images: images, texts: texts)
    var provenance = Provenance(version: plumbVersion)
    provenance.inputs.others = inputs.map { (key: $0.0, name: $0.1) }
    provenance.sources = [CLIPScoreFormula(definition).source]
    if let perCaption { try result.writeLines(for: items, to: outputFile(perCaption)) }
    let report = result.report(title: "Scores of \(texts.name) with \(images.name)", provenance: provenance)
    try printing.finish(report)
  }
}
