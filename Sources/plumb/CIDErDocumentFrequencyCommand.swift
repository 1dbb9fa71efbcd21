import ArgumentParser
import CaptionData
import CaptionMetrics
import Files
import Foundation

/// `plumb cider-df`.
struct CIDErDocumentFrequencyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cider-df",
    abstract: "Count in how many images' references words occur, for CIDEr.",
    discussion: """
      CIDEr weighs words by how rare they are among the references; a few images do not tell. Count once over a \
      large set, and score small ones with it:

        plumb cider-df captions_val2014.json --output coco.df
        plumb score captions.json --references references.json --df coco.df
        plumb cider-df dataset_coco.json --split train,restval --output karpathy.df

      Of references with splits all images count, unless --split names some.
      """)

  @Argument(help: "References, in any layout that plumb score takes. \(standardInputHelp)")
  var references: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @OptionGroup var captions: CaptionOptions

  @Option(help: ArgumentHelp("How many threads work; all processors by default.", valueName: "count"))
  var threads: Int?

  @Flag(help: "Skip what cannot be read, list it, and end with status 2.")
  var keepGoing = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
  }

  func run() throws {
    var check = OutputCheck()
    check.reads(references)
    check.writes(output)
    try check.validate()
    let set = try ReferenceSet(
      contentsOf: inputFile(references), selection: captions.selection, keepGoing: keepGoing)
    Output.note(set.warnings)
    let frequency = try DocumentFrequency(references: set.references, threads: threads)
    try frequency.save(to: URL(fileURLWithPath: output))
    try Output.line("\(output): \(frequency.imageCount) images, \(frequency.nGramCount) n-grams")
    try Output.end(skipped: set.skipped)
  }
}
