import ArgumentParser
import CLIP
import Evaluation
import Foundation

/// Embeddings of queries, paraphrases and images in NumPy files, of one model or of two.
struct ParaphrasedFiles: ParsableArguments {
  @Option(help: ArgumentHelp("Query embeddings, a NumPy file.", valueName: "npy"))
  var queryEmbeddings: String?

  @Option(help: ArgumentHelp("Paraphrase embeddings, in the order of the queries.", valueName: "npy"))
  var paraphraseEmbeddings: String?

  @Option(help: ArgumentHelp("Image embeddings.", valueName: "npy"))
  var imageEmbeddings: String?

  @Option(
    help: ArgumentHelp(
      "CSV, TSV or JSON list with image_row (from 0) or image_id for each query.", valueName: "file"))
  var pairs: String?

  @Option(help: ArgumentHelp("Query embeddings of the baseline model.", valueName: "npy"))
  var beforeQueryEmbeddings: String?

  @Option(help: ArgumentHelp("Paraphrase embeddings of the baseline model.", valueName: "npy"))
  var beforeParaphraseEmbeddings: String?

  @Option(
    help: ArgumentHelp(
      "Image embeddings of the baseline model (default: --image-embeddings).", valueName: "npy"))
  var beforeImageEmbeddings: String?

  /// Whether any was named.
  var areNamed: Bool {
    [
      queryEmbeddings, paraphraseEmbeddings, imageEmbeddings, pairs, beforeQueryEmbeddings,
      beforeParaphraseEmbeddings, beforeImageEmbeddings,
    ].contains { $0 != nil }
  }

  func validate() throws {
    guard areNamed else { return }
    guard queryEmbeddings != nil, paraphraseEmbeddings != nil, imageEmbeddings != nil else {
      throw ValidationError(
        "Give --query-embeddings, --paraphrase-embeddings and --image-embeddings together.")
    }
    guard (beforeQueryEmbeddings == nil) == (beforeParaphraseEmbeddings == nil),
      beforeImageEmbeddings == nil || beforeQueryEmbeddings != nil
    else {
      throw ValidationError("Give --before-query-embeddings and --before-paraphrase-embeddings together.")
    }
  }

  /// The files, as the report names them.
  var inputs: [(key: String, name: String)] {
    [
      ("query_embeddings", queryEmbeddings), ("paraphrase_embeddings", paraphraseEmbeddings),
      ("image_embeddings", imageEmbeddings), ("pairs", pairs),
      ("before_query_embeddings", beforeQueryEmbeddings),
      ("before_paraphrase_embeddings", beforeParaphraseEmbeddings),
      ("before_image_embeddings", beforeImageEmbeddings),
    ].compactMap { key, name in name.map { (key: key, name: $0) } }
  }

  /// The embeddings of the model and, where they are named, of the model before.
  func open() throws -> [ParaphrasedEmbeddings] {
    func matrix(_ path: String?) throws -> Embeddings {
      try Embeddings(contentsOf: inputFile(path ?? ""))
    }
    var models = [
      ParaphrasedEmbeddings(
        queries: try matrix(queryEmbeddings), paraphrases: try matrix(paraphraseEmbeddings),
        images: try matrix(imageEmbeddings))
    ]
    if beforeQueryEmbeddings != nil {
      models.append(
        ParaphrasedEmbeddings(
          queries: try matrix(beforeQueryEmbeddings), paraphrases: try matrix(beforeParaphraseEmbeddings),
          images: try matrix(beforeImageEmbeddings ?? imageEmbeddings)))
    }
    return models
  }

  /// Which image belongs to which query.
  func pairing(_ models: [ParaphrasedEmbeddings]) throws -> RetrievalPairs? {
    guard let first = models.first else { return nil }
    let (images, queries) = (first.images.count, first.queries.count)
    guard let pairs else { return try RetrievalPairs(imageCount: images, textCount: queries) }
    let table = try EmbeddingPairs(contentsOf: inputFile(pairs))
    return try RetrievalPairs(table, imageCount: images, textCount: queries)
  }
}
