import ArgumentParser
import CLIP
import CaptionData
import Files
import Foundation

/// `plumb tokenizer train`.
struct TokenizerTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a byte-pair tokenizer (BPE) like CLIP's.",
    discussion: """
        plumb tokenizer train captions.txt more.jsonl --vocab-size 12288 --output tokenizer
        plumb tokenizer train captions_train2014.json Train_GCC.tsv --column 1 --vocab-size 12288 --output tokenizer

      \(captionLayouts)

      Writes vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json, which Plumb and transformers' \
      CLIPTokenizer read. The same captions give the same vocabulary. To try it: plumb tokenize --with clip --model \
      tokenizer captions.txt
      """)

  @Argument(help: ArgumentHelp("Caption files. \(standardInputHelp)", valueName: "file"))
  var files: [String]

  @Option(
    name: .customLong("vocab-size"),
    help: ArgumentHelp("Vocabulary size: 514 byte and special tokens, and the merges.", valueName: "count"))
  var size: Int

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder to write; it must not contain a tokenizer.", valueName: "folder"))
  var output: String

  @OptionGroup(title: "Columns")
  var captions: CaptionOptions

  @Flag(help: "Skip captions that are missing or cannot be read, list them, and exit with status 2.")
  var keepGoing = false

  @Option(
    name: .customLong("min-frequency"),
    help: ArgumentHelp("Number of times that a pair must occur to be merged.", valueName: "count"))
  var minimumCount = 2

  @Option(
    name: .customLong("context-length"),
    help: ArgumentHelp("Context length, for tokenizer_config.json.", valueName: "tokens"))
  var context = 77

  func validate() throws {
    guard minimumCount >= 1 else { throw ValidationError("--min-frequency must be 1 or more.") }
    guard (2...1_000_000).contains(context) else {
      throw ValidationError("--context-length must be from 2 to 1000000.")
    }
    guard (514...4_194_304).contains(size) else {
      throw ValidationError("--vocab-size must be from 514 (the bytes, start and end) to 4194304.")
    }
  }

  func run() throws {
    let folder = URL(fileURLWithPath: output, isDirectory: true)
    var check = OutputCheck()
    check.reads(files)
    check.write(folder)
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
        "\(output): \(grouped(vocabulary.tokens.count)) tokens instead of \(grouped(size)): no other pair occurs "
          + "\(minimumCount == 1 ? "at all" : "\(minimumCount) times").")
    }
    try Output.line(
      "\(output): \(grouped(vocabulary.tokens.count)) tokens, \(grouped(vocabulary.merges.count)) merges, from "
        + "\(grouped(count)) texts of \(grouped(trainer.wordCount)) different words")
    try Output.end(skipped: skipped)
  }
}
