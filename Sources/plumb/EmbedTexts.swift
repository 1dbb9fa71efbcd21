import ArgumentParser
import CLIP
import CaptionData

/// `plumb embed texts`.
struct EmbedTexts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "texts",
    abstract: "Embed texts, without a prompt or prefix.",
    discussion: """
        plumb embed texts captions.txt --output captions.npy
        plumb embed texts captions.csv --column caption --output captions.npy
        plumb embed texts captions.txt --model openai/clip-vit-base-patch32 --output captions.npy
        echo "two cats asleep" | plumb embed texts - --output captions.npy

      One embedding for each caption, in the order of the file; --json prints their ids.

      \(captionLayouts)
      """)

  @Argument(help: ArgumentHelp("Caption file. \(standardInputHelp)", valueName: "file"))
  var file: String

  @OptionGroup(title: "Columns")
  var captions: CaptionOptions

  @OptionGroup var embedding: EmbedOptions

  func run() throws {
    try embedding.checkOutput { $0.reads(file) }
    let list = try CaptionList(
      contentsOf: inputFile(file), selection: captions.selection, keepGoing: embedding.keepGoing)
    let texts = list.texts
    let isNormalized = !embedding.isRaw
    let names = texts.indices.map { "\(file), text \($0 + 1)" }
    try embedding.run(
      names, of: "texts", ids: list.hasIDs ? list.captions.map(\.id) : nil, skipped: list.skipped
    ) { clip, progress in
      try clip.embedTexts(
        texts, normalized: isNormalized, keepGoing: embedding.keepGoing, progress: progress)
    }
  }
}
