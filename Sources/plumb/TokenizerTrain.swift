import ArgumentParser
import CLIP
import CaptionData
import Files
import Foundation

/// `plumb tokenizer train`.
struct TokenizerTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learn a byte-pair vocabulary of CLIP's kind from texts.",
    discussion: """
        plumb tokenizer train captions.txt more.jsonl --size 12288 --output tokenizer
        plumb tokenizer train captions_train2014.json Train_GCC.tsv --column 1 --size 12288 --output tokenizer

      \(captionLayouts)

      The folder gets vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json, which Plumb and \
      transformers' CLIPTokenizer read.

      The same texts give the same vocabulary. Show it at work: plumb tokenize --with clip --model tokenizer texts.txt
      """)

  @Argument(help: ArgumentHelp("Texts. \(standardInputHelp)", valueName: "file"))
  var files: [String]

  @Option(help: ArgumentHelp("The tokens: 514 for bytes, start and end, and the merges.", valueName: "count"))
  var size: Int

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write; one without a tokenizer.", valueName: "folder"))
  var output: String

  @OptionGroup(title: "Columns")
  var captions: CaptionOptions

  @Flag(help: "Skip captions that are missing or cannot be read, list them, and end with status 2.")
  var keepGoing = false

  @Option(help: ArgumentHelp("How often a pair must occur to become a token.", valueName: "count"))
  var minimumCount = 2

  @Option(
    help: ArgumentHelp("The most tokens of a text, written beside the vocabulary.", valueName: "tokens"))
  var context = 77

  func validate() throws {
    guard minimumCount >= 1 else { throw ValidationError("--minimum-count must be 1 or more.") }
    guard (2...1_000_000).contains(context) else {
      throw ValidationError("--context must be from 2 to 1000000.")
    }
    guard (514...4_194_304).contains(size) else {
      throw ValidationError("--size must be from 514, which are the bytes, start and end, to 4194304.")
    }
  }

  func run() throws {
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    var check = OutputCheck()
    check.reads(files)
    for name in BytePairVocabulary.fileNames { check.write(folder.appendingPathComponent(name)) }
    try check.validate()
    var trainer = BytePairTrainer()
    var count = 0
    var skipped: [SkippedItem] = []
    for file in files {
      let list = try CaptionList(
        contentsOf: inputFile(file), selection: captions.selection, keepGoing: keepGoing)
      skipped += list.skipped
      for caption in list.captions {
        trainer.add(caption.text)
        count += 1
      }
    }
    let vocabulary = try trainer.train(size: size, minimumCount: minimumCount)
    try vocabulary.write(to: folder, contextLength: context)
    if vocabulary.tokens.count < size {
      Output.note(
        "\(output): \(grouped(vocabulary.tokens.count)) tokens and not \(grouped(size)): no other pair occurs "
          + "\(minimumCount == 1 ? "at all" : "\(minimumCount) times").")
    }
    try Output.line(
      "\(output): \(grouped(vocabulary.tokens.count)) tokens, \(grouped(vocabulary.merges.count)) merges, from "
        + "\(grouped(count)) texts of \(grouped(trainer.wordCount)) different words")
    try Output.end(skipped: skipped)
  }
}
