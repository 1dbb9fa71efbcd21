import ArgumentParser
import CLIP
import CaptionMetrics
import Foundation

/// `plumb embed texts`.
struct EmbedTexts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "texts",
    abstract: "Embed texts, as they are and without a prefix.",
    discussion: """
        plumb embed texts captions.txt --output captions.npy
        plumb embed texts captions.txt --model openai/clip-vit-base-patch32 --output captions.npy
        echo "two cats asleep" | plumb embed texts - --output captions.npy
      """)

  @Argument(
    help: ArgumentHelp(
      "Texts: .txt with one a line, .json with a list of strings, or .jsonl. \(standardInputHelp)",
      valueName: "file"))
  var file: String

  @OptionGroup var embedding: EmbedOptions

  func run() throws {
    try embedding.checkOutput { $0.reads(file) }
    let texts = try TextList(contentsOf: inputFile(file)).texts
    let isNormalized = !embedding.isRaw
    let names = texts.indices.map { "\(file), text \($0 + 1)" }
    try embedding.run(names, of: "texts") { clip, progress in
      let (rows, truncated) = try clip.embedTexts(
        texts, normalized: isNormalized, keepGoing: embedding.keepGoing, progress: progress)
      return (rows, truncated.count)
    }
  }
}
