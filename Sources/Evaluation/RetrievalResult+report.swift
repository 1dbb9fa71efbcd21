public import CaptionMetrics
import Files
import Foundation
public import JSON

extension RetrievalResult {
  /// The recalls and the median ranks of both directions.
  public func report(provenance: Provenance) -> EvaluationReport {
    var provenance = provenance
    provenance.metrics = ["R@1", "R@5", "R@10", "median_rank"]
    let (toImage, toText) = (textToImageSummary, imageToTextSummary)
    return EvaluationReport(
      title:
        "Retrieval among \(counted(imageToText.count, "image")) and \(counted(textToImage.count, "text"))",
      columns: ["R@1", "R@5", "R@10", "median rank", "mean rank"],
      lines: [.init("text to image", toImage.cells), .init("image to text", toText.cells)],
      legend:
        "the share found among the first 1, 5 and 10; a tie counts against the embedder, and of an image's "
        + "texts the best counts",
      results: [
        .init("text_to_image", toImage.json), .init("image_to_text", toText.json),
        .init("images", .integer(imageToText.count)), .init("texts", .integer(textToImage.count)),
        .init("ties", "pessimistic"),
      ],
      provenance: provenance)
  }
}

extension RankSummary {
  var cells: [String] {
    [recallAt1, recallAt5, recallAt10].map { String(format: "%.4f", $0) }
      + [medianRank, meanRank].map { String(format: "%.1f", $0) }
  }

  /// The summary, with the keys that papers use.
  public var json: JSONValue {
    [
      "R@1": .number(recallAt1), "R@5": .number(recallAt5), "R@10": .number(recallAt10),
      "median_rank": .number(medianRank), "mean_rank": .number(meanRank), "queries": .integer(count),
    ]
  }
}
