import ArgumentParser
import CLIP
import CaptionMetrics
import Compute
import Foundation

/// `plumb tokenizer train`.
struct TokenizerTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learn a byte-pair vocabulary of CLIP's kind from texts.",
    discussion: """
        plumb tokenizer train captions.txt more.jsonl --size 12288 --output tokenizer
        plumb tokenizer train captions_train2014.json Train_GCC.tsv --column 1 --size 12288 --output tokenizer

      Texts: .txt with one a line, .json with a list of strings, .jsonl, or captions in any layout that plumb score \
      takes; of a .tsv one column, which --column numbers from 1. The folder gets vocab.json, merges.txt, \
      tokenizer_config.json and special_tokens_map.json, which Plumb and transformers' CLIPTokenizer read.

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

  @Option(
    help: ArgumentHelp("The column of a .tsv that holds the texts; the last by default.", valueName: "number")
  )
  var column: Int?

  @Option(help: ArgumentHelp("How often a pair must occur to become a token.", valueName: "count"))
  var minimumCount = 2

  @Option(
    help: ArgumentHelp("The most tokens of a text, written beside the vocabulary.", valueName: "tokens"))
  var context = 77

  func validate() throws {
    if let column, column < 1 { throw ValidationError("--column counts from 1.") }
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
    for file in files {
      for text in try texts(of: inputFile(file)) {
        trainer.add(text)
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
  }

  private func texts(of file: URL) throws -> [String] {
    switch file.pathExtension.lowercased() {
    case "txt", "jsonl": return try TextList(contentsOf: file).texts
    case "tsv": return try TextColumn(contentsOf: file, column: column).texts
    default:
      // A list of strings is no layout of captions by pictures, and a list of objects is no list of texts.
      do { return try TextList(contentsOf: file).texts } catch let error as DatasetError {
        guard let set = try? ReferenceSet(contentsOf: file) else { throw error }
        return set.references.flatMap(\.self)
      }
    }
  }
}
