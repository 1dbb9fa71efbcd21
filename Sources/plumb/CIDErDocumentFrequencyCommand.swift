import ArgumentParser
import CaptionData
import CaptionMetrics
import Files
import Foundation

/// `plumb cider-df`.
struct CIDErDocumentFrequencyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cider-df",
    abstract: "Compute CIDEr's document frequencies from a set of references.",
    discussion: """
      CIDEr weights n-grams by how rare they are among the references, which a small set cannot tell. Compute document \
      frequencies once over a large set, and score small sets with them:

        plumb cider-df captions_val2014.json --output coco.df
        plumb score captions.json --references references.json --cider-df coco.df
        plumb cider-df dataset_coco.json --split train,restval --output karpathy.df

      References of all splits are counted unless --split names some.
      """)

  @Argument(help: "Reference captions, in any format that plumb score takes. \(standardInputHelp)")
  var references: String

  @Option(name: .shortAndLong, help: ArgumentHelp("File to write.", valueName: "file"))
  var output: String

  @OptionGroup var captions: CaptionOptions

  @Option(help: ArgumentHelp("Number of CPU threads (default: all cores).", valueName: "count"))
  var threads: Int?

  @Flag(help: "Skip captions that cannot be read, list them, and exit with status 2.")
  var keepGoing = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
  }

  func run() throws {
    var check = OutputCheck()
    check.reads(references)
    check.write(URL(fileURLWithPath: output))
    try check.validateAndTryFiles()
    let set = try ReferenceSet(
      contentsOf: inputFile(references), selection: captions.selection, keepGoing: keepGoing)
    Output.note(set.warnings)
    let frequency = try DocumentFrequency(references: set.references, threads: threads)
    try frequency.save(to: URL(fileURLWithPath: output))
    try Output.line("\(output): \(frequency.imageCount) images, \(frequency.nGramCount) n-grams")
    try Output.end(skipped: set.skipped)
  }
}
