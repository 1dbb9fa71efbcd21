public import ArgumentParser
import CLIP
import CaptionMetrics
import Evaluation
import Files
import Foundation
import JSON

/// `plumb evaluate sts`.
struct EvaluateTextSimilarity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sts",
    abstract: "Evaluate semantic textual similarity (STS, SICK): Spearman's correlation with human ratings.",
    discussion: """
        plumb evaluate sts STS12-en-test STS13-en-test stsbenchmark SICK
        plumb evaluate sts downstream/STS --model openai/clip-vit-base-patch32 --json
        plumb evaluate sts STS16-en-test --list-sentences sentences.json
        plumb evaluate sts STS16-en-test --text-embeddings sentences.npy

      Takes folders in the layouts of SentEval (STS.input.*.txt with STS.gs.*.txt, whose parts are pooled), of the STS \
      Benchmark (sts-test.csv) and of SICK (SICK_test_annotated.txt), folders of such folders, or the files. Pairs \
      without a gold rating are skipped. Embeddings of another model are given with --text-embeddings, in the order of \
      --list-sentences.
      """)

  @Argument(help: "Files of the benchmarks, or folders of them.")
  var sets: [String]

  @OptionGroup var model: NamedModel

  @Option(help: ArgumentHelp("Sentence embeddings, a NumPy file.", valueName: "npy"))
  var textEmbeddings: String?

  @Option(
    help: ArgumentHelp(
      "Write the sentences as a JSON list, in the order of their embeddings, and exit.", valueName: "file"))
  var listSentences: String?

  @Option(help: "Split of the STS Benchmark and of SICK.")
  var split = TextSimilaritySet.Split.test

  @OptionGroup var common: EvaluateOptions

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    guard [model.model, textEmbeddings, listSentences].compactMap(\.self).count <= 1 else {
      throw ValidationError("Give one of --model, --text-embeddings and --list-sentences.")
    }
  }

  func run() throws {
    try common.report.check { check in
      check.reads(sets + [textEmbeddings])
      if textEmbeddings == nil, listSentences == nil { check.readsModel(model.name, options.tokenizer) }
      check.writes(listSentences)
    }
    let read = try sets.flatMap { try TextSimilaritySet.read(inputFile($0), split: split) }
    let similarity = try TextSimilarity(sets: read)
    if let listSentences { return try list(similarity.sentences, to: listSentences) }
    var provenance = Provenance(version: plumbVersion)
    provenance.inputs.others = sets.map { (key: "sets", name: $0) }
    let result: TextSimilarityResult
    if let textEmbeddings {
      provenance.inputs.others.append((key: "text_embeddings", name: textEmbeddings))
      result = try similarity.result(
        embeddings: Embeddings(contentsOf: inputFile(textEmbeddings)))
    } else {
      let embedder = try options.open(model.name)
      provenance.model = embedder.provenance(named: model.name)
      provenance.warnings = model.warnings(of: embedder)
      let line = ProgressLine()
      defer { line.clear() }
      result = try similarity.result(embedder: embedder, keepGoing: common.keepGoing) {
        line.update("sentences", $0, of: $1)
      }
    }
    try common.finish(result.report(provenance: provenance))
  }

  private func list(_ sentences: [String], to path: String) throws {
    let file = try AtomicFile(outputFile(path))
    for (index, sentence) in sentences.enumerated() {
      try file.write((index == 0 ? "[" : ",\n ") + JSONValue.string(sentence).text())
    }
    try file.write("]\n")
    try file.commit()
    try Output.line("\(path): \(sentences.count) sentences")
  }
}

extension TextSimilaritySet.Split: ExpressibleByArgument {}
