import ArgumentParser
import CLIP
import Evaluation
import Foundation

/// Embeddings of queries, paraphrases and images in NumPy files, of one model or of two.
struct ParaphrasedFiles: ParsableArguments {
  @Option(help: ArgumentHelp("The queries' embeddings.", valueName: "npy"))
  var queryEmbeddings: String?

  @Option(help: ArgumentHelp("The paraphrases', in the order of the queries.", valueName: "npy"))
  var paraphraseEmbeddings: String?

  @Option(help: ArgumentHelp("The images'.", valueName: "npy"))
  var imageEmbeddings: String?

  @Option(
    help: ArgumentHelp(
      "A CSV, TSV or JSON list with image_row (from 0) or image_id for each query.", valueName: "file"))
  var pairs: String?

  @Option(help: ArgumentHelp("The queries' embeddings by the model before.", valueName: "npy"))
  var beforeQueryEmbeddings: String?

  @Option(help: ArgumentHelp("The paraphrases'.", valueName: "npy"))
  var beforeParaphraseEmbeddings: String?

  @Option(help: ArgumentHelp("The images', where they are others.", valueName: "npy"))
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
    func matrix(_ path: String?) throws -> NumPyMatrix {
      try NumPyMatrix(contentsOf: URL(fileURLWithPath: path ?? ""))
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
    let table = try EmbeddingTable(contentsOf: URL(fileURLWithPath: pairs))
    return try RetrievalPairs(table, imageCount: images, textCount: queries)
  }
}
