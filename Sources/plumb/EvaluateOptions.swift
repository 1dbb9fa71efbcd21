import ArgumentParser
import CLIP
import CaptionMetrics
import Evaluation
import Files
import Foundation

/// How the report of an evaluation is printed.
struct ReportOptions: ParsableArguments {
  @OptionGroup var form: ReportForm

  @Option(help: ArgumentHelp("Write the table as Markdown.", valueName: "file.md"))
  var markdown: String?

  /// Finds out before the work whether all outputs can be written to their places, and replaces nothing that is read.
  func check(reading inputs: (inout OutputCheck) -> Void) throws {
    var check = OutputCheck()
    inputs(&check)
    check.writes(markdown)
    try check.validateAndTryFiles()
  }

  /// Prints a report, and ends with status 2 if anything was skipped.
  func finish(_ report: EvaluationReport) throws {
    if let markdown { try AtomicFile.write(report.markdown(), to: outputFile(markdown)) }
    try form.finish(report)
  }
}

/// What evaluations with a model have in common.
struct EvaluateOptions: ParsableArguments {
  @Flag(help: "Skip items that cannot be read or embedded, list them, and exit with status 2.")
  var keepGoing = false

  @OptionGroup var report: ReportOptions

  /// Prints a report, and ends with status 2 if anything was skipped.
  func finish(_ report: EvaluationReport) throws { try self.report.finish(report) }
}

/// Two matrices of embeddings and what belongs together in them.
struct EmbeddingFiles: ParsableArguments {
  @Option(help: ArgumentHelp("Image embeddings, a NumPy file.", valueName: "npy"))
  var imageEmbeddings: String?

  @Option(help: ArgumentHelp("Text embeddings, a NumPy file.", valueName: "npy"))
  var textEmbeddings: String?

  @Option(
    help: ArgumentHelp(
      "CSV, TSV or JSON list with image_row (from 0) or image_id for each text embedding.", valueName: "file")
  )
  var pairs: String?

  /// Whether both files were named.
  var areGiven: Bool { imageEmbeddings != nil && textEmbeddings != nil }

  /// The three files, and their names for the report.
  func open() throws -> (
    images: Embeddings, texts: Embeddings, table: EmbeddingPairs?, inputs: [(String, String)]
  ) {
    let (images, texts) = (imageEmbeddings ?? "", textEmbeddings ?? "")
    var inputs = [("image_embeddings", images), ("text_embeddings", texts)]
    if let pairs { inputs.append(("pairs", pairs)) }
    return (
      try Embeddings(contentsOf: inputFile(images)),
      try Embeddings(contentsOf: inputFile(texts)),
      try pairs.map { try EmbeddingPairs(contentsOf: inputFile($0)) }, inputs
    )
  }
}
