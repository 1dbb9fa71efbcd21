import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Evaluation
import Files
import Foundation

/// `plumb evaluate retrieval`.
struct EvaluateRetrieval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retrieval",
    abstract: "Evaluate text-to-image and image-to-text retrieval: R@1, R@5, R@10, median rank.",
    discussion: """
        plumb evaluate retrieval captions_val2014.json --images val2014
        plumb evaluate retrieval Flickr8k.token.txt --images Flicker8k_Dataset --keep-going --model openai/clip-vit-base-patch32
        plumb evaluate retrieval --image-embeddings images.npy --text-embeddings texts.npy --pairs rows.csv

      Images may have any number of captions, in any format that plumb score takes; of Karpathy's dataset_*.json the \
      test split is used unless --split names others. Without --pairs, text embedding i belongs to image embedding i, or, \
      with k times as many texts, every k texts belong to one image. Of several images with one image_id the first is \
      used. Ranks are exact, and a tie counts against the model.
      """)

  @Argument(help: "Caption file, with any number of captions for each image. \(standardInputHelp)")
  var captions: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Folder of the images.", valueName: "folder"))
  var images: String?

  @OptionGroup var model: NamedModel

  @OptionGroup(title: "Columns")
  var columns: CaptionOptions

  @OptionGroup(title: "Precomputed embeddings")
  var embeddings: EmbeddingFiles

  @OptionGroup var common: EvaluateOptions

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    let hasImages = captions != nil && images != nil
    guard hasImages != embeddings.areGiven else {
      throw ValidationError(
        "Give either CAPTIONS with --images, or --image-embeddings with --text-embeddings.")
    }
    guard !hasImages || (embeddings.pairs ?? embeddings.imageEmbeddings ?? embeddings.textEmbeddings) == nil
    else { throw ValidationError("--pairs and precomputed embeddings cannot be combined with CAPTIONS.") }
    guard hasImages || (captions ?? images ?? model.model) == nil else {
      throw ValidationError("CAPTIONS, --images and --model cannot be combined with precomputed embeddings.")
    }
  }

  func run() throws {
    try common.report.check { check in
      check.reads(captions, embeddings.imageEmbeddings, embeddings.textEmbeddings, embeddings.pairs)
      check.readsImages([images])
      if captions != nil { check.readsModel(model.name, options.tokenizer) }
    }
    var provenance = Provenance(version: plumbVersion)
    let line = ProgressLine()
    defer { line.clear() }
    let retrieval = RetrievalEvaluation(threads: options.threads)
    let result: RetrievalResult
    if embeddings.areGiven {
      let (images, texts, table, inputs) = try embeddings.open()
      provenance.inputs.others = inputs.map { (key: $0.0, name: $0.1) }
      let pairs =
        try table.map { try RetrievalPairs($0, imageCount: images.count, textCount: texts.count) }
        ?? RetrievalPairs(imageCount: images.count, textCount: texts.count)
      result = try retrieval.ranks(images: images, texts: texts, pairs: pairs) {
        line.update("texts compared", $0, of: $1)
      }
    } else {
      let (items, skipped) = try embedded(&provenance, line)
      provenance.skipped = skipped
      result = try retrieval.ranks(images: items.images, texts: items.texts, pairs: items.pairs) {
        line.update("texts compared", $0, of: $1)
      }
    }
    line.clear()
    try common.finish(result.report(provenance: provenance))
  }

  private func embedded(
    _ provenance: inout Provenance, _ line: ProgressLine
  ) throws -> (CaptionedImages.Embedded, [SkippedItem]) {
    guard let captions, let images else { throw CleanExit.helpRequest(self) }
    let set = try CaptionedImages(
      contentsOf: inputFile(captions), images: URL(fileURLWithPath: images),
      selection: columns.selection, defaultSplit: "test", keepGoing: common.keepGoing)
    let embedder = try options.open(model.name)
    provenance.inputs.others =
      [(key: "captions", name: captions)] + (set.splits ?? []).map { (key: "split", name: $0) }
    provenance.inputs.images = images
    provenance.model = embedder.provenance(named: model.name)
    provenance.warnings = set.warnings + model.warnings(of: embedder)
    let items = try set.embedded(by: embedder, keepGoing: common.keepGoing) {
      line.update($0.rawValue, $1, of: $2)
    }
    provenance.truncated.candidates = items.truncated
    return (items, set.skipped + items.skipped)
  }
}
