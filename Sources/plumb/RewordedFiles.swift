import ArgumentParser
import CaptionMetrics
import Foundation

/// Embeddings of queries, rewordings and pictures in NumPy files, of one model or of two.
struct RewordedFiles: ParsableArguments {
  @Option(help: ArgumentHelp("The queries' embeddings.", valueName: "npy"))
  var queryEmbeddings: String?

  @Option(help: ArgumentHelp("The rewordings', in the order of the queries.", valueName: "npy"))
  var rewordingEmbeddings: String?

  @Option(help: ArgumentHelp("The pictures'.", valueName: "npy"))
  var imageEmbeddings: String?

  @Option(
    help: ArgumentHelp(
      "A CSV, TSV or JSON list with image_row (from 0) or image_id for each query.", valueName: "file"))
  var pairs: String?

  @Option(help: ArgumentHelp("The queries' embeddings by the model before.", valueName: "npy"))
  var beforeQueryEmbeddings: String?

  @Option(help: ArgumentHelp("The rewordings'.", valueName: "npy"))
  var beforeRewordingEmbeddings: String?

  @Option(help: ArgumentHelp("The pictures', where they are others.", valueName: "npy"))
  var beforeImageEmbeddings: String?

  /// Whether any was named.
  var areNamed: Bool {
    [
      queryEmbeddings, rewordingEmbeddings, imageEmbeddings, pairs, beforeQueryEmbeddings,
      beforeRewordingEmbeddings, beforeImageEmbeddings,
    ].contains { $0 != nil }
  }

  func validate() throws {
    guard areNamed else { return }
    guard queryEmbeddings != nil, rewordingEmbeddings != nil, imageEmbeddings != nil else {
      throw ValidationError(
        "Give --query-embeddings, --rewording-embeddings and --image-embeddings together.")
    }
    guard (beforeQueryEmbeddings == nil) == (beforeRewordingEmbeddings == nil),
      beforeImageEmbeddings == nil || beforeQueryEmbeddings != nil
    else {
      throw ValidationError("Give --before-query-embeddings and --before-rewording-embeddings together.")
    }
  }

  /// The files, as the report names them.
  var inputs: [(key: String, name: String)] {
    [
      ("query_embeddings", queryEmbeddings), ("rewording_embeddings", rewordingEmbeddings),
      ("image_embeddings", imageEmbeddings), ("pairs", pairs),
      ("before_query_embeddings", beforeQueryEmbeddings),
      ("before_rewording_embeddings", beforeRewordingEmbeddings),
      ("before_image_embeddings", beforeImageEmbeddings),
    ].compactMap { key, name in name.map { (key: key, name: $0) } }
  }

  /// The embeddings of the model and, where they are named, of the model before.
  func open() throws -> [RewordedEmbeddings] {
    func matrix(_ path: String?) throws -> NumPyMatrix {
      try NumPyMatrix(contentsOf: URL(fileURLWithPath: path ?? ""))
    }
    var models = [
      RewordedEmbeddings(
        queries: try matrix(queryEmbeddings), rewordings: try matrix(rewordingEmbeddings),
        images: try matrix(imageEmbeddings))
    ]
    if beforeQueryEmbeddings != nil {
      models.append(
        RewordedEmbeddings(
          queries: try matrix(beforeQueryEmbeddings), rewordings: try matrix(beforeRewordingEmbeddings),
          images: try matrix(beforeImageEmbeddings ?? imageEmbeddings)))
    }
    return models
  }

  /// Which picture belongs to which query.
  func pairing(_ models: [RewordedEmbeddings]) throws -> RetrievalPairs? {
    guard let first = models.first else { return nil }
    let (images, queries) = (first.images.count, first.queries.count)
    guard let pairs else { return try RetrievalPairs(imageCount: images, textCount: queries) }
    let table = try EmbeddingTable(contentsOf: URL(fileURLWithPath: pairs))
    return try RetrievalPairs(table, imageCount: images, textCount: queries)
  }
}
