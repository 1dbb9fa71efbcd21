import ArgumentParser
import Files
import Foundation
import JSON
import Paraphrase

/// `plumb paraphrase`.
struct ParaphraseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paraphrase",
    abstract: "Paraphrase captions in two steps: to plain language, and from there to other words.",
    discussion: """
        plumb paraphrase captions.txt --endpoint http://localhost:8000/v1 --llm-model qwen2.5-7b --output P.jsonl
        plumb paraphrase annotations.csv --column caption --id-column file --endpoint https://api.openai.com/v1 \
      --llm-model gpt-4o-mini --budget 2000000 --dry-run
        plumb paraphrase captions.txt --endpoint http://localhost:8080/v1 --api completions --llm-model base --output P.jsonl
        plumb paraphrase Flickr8k.token.txt --source references --output P.jsonl
        plumb paraphrase captions.txt --source rules --output P.jsonl

      \(captionLayouts)

      Each line of the output has a caption, its plain paraphrase x′, and x″, a paraphrase of x′ in other words; where \
      captions have no ids, the id is the line number:

        {"id": "1.jpg", "caption": "…", "plain": "…", "paraphrase": "…", "model": "…", "prompts": "1", "tokens": 57}

      --source llm, the default, uses a language model behind an OpenAI-compatible interface (vLLM, llama.cpp, Ollama, \
      hosted services); with --api completions a base model, which continues examples instead of following instructions. \
      The API key is read from PLUMB_LLM_KEY or OPENAI_API_KEY. Responses are cached in a file beside \
      the output: the same command resumes where an earlier one was stopped, no request is repeated, and several \
      processes may share a cache. Paraphrases are checked (empty, refusals, the caption itself, lost numbers or \
      negations, too long, x″ with too many of the words of x′), requested again if they fail, and skipped after --attempts.

      --source references takes two other captions of the same image (with only two captions an image, there is no x′). \
      --source rules replaces words by synonyms and moves phrases; it knows about a hundred words, and skips captions \
      that its rules do not cover. Both work offline, and the same --seed gives the same paraphrases.

      The published setting uses captions of 2 to 15 words: --words 2...15

      The exit status is 2 if captions were skipped or the budget was exhausted.
      """)

  /// Where paraphrases come from.
  enum Source: String, ExpressibleByArgument, CaseIterable {
    case llm, references, rules
  }

  @Argument(help: "Caption file. \(standardInputHelp)")
  var captions: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("JSON Lines file (.jsonl) to write.", valueName: "file"))
  var output: String?

  @Option(help: "Source of paraphrases: a language model, or offline from other captions or by rules.")
  var source = Source.llm

  @OptionGroup(title: "Columns")
  var columns: CaptionOptions

  @Option(
    help: ArgumentHelp(
      "Range of caption lengths in words, such as 2...15; others are ignored.", valueName: "range"))
  var words: WordRange?

  @Option(help: ArgumentHelp("Random seed of the offline sources.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp("Write the built-in prompts to a folder, to be edited, and exit.", valueName: "folder")
  )
  var writePrompts: String?

  @Flag(help: "Skip captions that cannot be read, list them, and exit with status 2.")
  var keepGoing = false

  @Flag(help: "Print the report as JSON.")
  var json = false

  @OptionGroup(title: "The language model")
  var model: ParaphraseModelOptions

  func validate() throws {
    if writePrompts != nil {
      guard captions == nil, output == nil else { throw ValidationError("Give --write-prompts alone.") }
      return
    }
    guard captions != nil else { throw ValidationError("Give a file of captions.") }
    if output == "-", source == .llm, model.cache == nil, !model.dryRun {
      throw ValidationError("--output - needs --cache, a file for the responses.")
    }
    guard output != nil || model.dryRun else {
      throw ValidationError("Give the file to write with --output.")
    }
    guard source == .llm else {
      if model.endpoint != nil || model.dryRun {
        throw ValidationError(
          "--source \(source.rawValue) uses no language model; remove --endpoint and --dry-run.")
      }
      return
    }
    guard model.llmModel != nil, model.endpoint != nil || model.dryRun else {
      throw ValidationError(
        "Give --endpoint and --llm-model, or an offline source with --source references or --source rules.")
    }
  }

  func run() throws {
    if let writePrompts {
      var check = OutputCheck()
      check.write(URL(fileURLWithPath: writePrompts))
      try check.validate()
      try PromptSet.writeBuiltIn(
        to: URL(fileURLWithPath: writePrompts, isDirectory: true), for: model.api)
      return try Output.line(writePrompts)
    }
    try checkOutputs()
    if source == .llm { Interruption.message = "stopped; the same command resumes from here" }
    var set = try SourceCaptions(
      contentsOf: inputFile(captions ?? ""), selection: columns.selection,
      keepGoing: keepGoing)
    if let words { try set.keep(words: words.range) }
    if model.dryRun { return try estimate(set) }
    let output = output ?? ""
    // Begun before the work: what is wrong with the place is known at once.
    let file = try ParaphraseFile(outputFile(output))
    let report: ParaphraseReport
    switch source {
    case .llm: report = try ask(set, file: file, output: output)
    case .references, .rules:
      let paraphrases =
        source == .rules
        ? try OfflineParaphrases.rules(set, seed: seed) : try .references(set, seed: seed)
      try file.finish(paraphrases.lines)
      report = ParaphraseReport(
        output: output, source: source.rawValue, model: source.rawValue,
        prompts: paraphrases.lines.first?.prompts ?? "1", captions: set, lines: paraphrases.lines,
        skipped: paraphrases.skipped)
    }
    if json {
      try Output.line(report.json.text(isIndented: true))
    } else {
      for line in report.lines { try Output.line(line) }
    }
    if let cost = report.cost, cost.unreached > 0 {
      Output.note(
        "the budget of \(model.budget ?? 0) tokens is exhausted, \(cost.cacheTokens) are spent; \(cost.unreached) captions "
          + "were not reached. The same command continues with a larger --budget.")
    }
    try Output.end(skipped: report.examples + set.skipped)
    if let cost = report.cost, cost.unreached > 0 {
      try Output.flush()
      throw ExitCode(2)
    }
  }

  private func checkOutputs() throws {
    var check = OutputCheck()
    check.reads(captions, model.prompts)
    if !model.dryRun {
      check.writes(output)
      if source == .llm { check.writes(model.cache ?? output.map { $0 + ".cache" }) }
    }
    try check.validate()
  }

  private func estimate(_ set: SourceCaptions) throws {
    let name = model.llmModel ?? ""
    let estimate = try ParaphraseEstimate(
      set.captions, plan: model.plan(), model: name, cache: model.existingCache(output: output))
    if json {
      try Output.line(estimate.json.text(isIndented: true))
    } else {
      for line in estimate.lines { try Output.line(line) }
    }
    try Output.end(skipped: set.skipped)
  }

  private func ask(_ set: SourceCaptions, file: ParaphraseFile, output: String) throws -> ParaphraseReport {
    let endpoint = try model.connection()
    if let warning = endpoint.warning { Output.note(warning) }
    let plan = try model.plan()
    let cache = try model.openCache(output: output)
    let line = ProgressLine()
    defer { line.clear() }
    let result = try ParaphraseRun(plan: plan, endpoint: endpoint, cache: cache).run(set.captions) {
      line.update("captions", $0, of: $1)
    }
    line.clear()
    try file.finish(result.lines)
    var report = ParaphraseReport(
      output: output, source: "llm", model: endpoint.model, prompts: plan.prompts.version, captions: set,
      lines: result.lines, skipped: result.skipped.map { ($0.key, $0.value) })
    report.cost = result.cost
    report.examples = result.examples
    return report
  }
}

/// A range of numbers of words: `2...15`, `2...`, `...15`.
struct WordRange: ExpressibleByArgument {
  let range: ClosedRange<Int>

  init?(argument: String) {
    let parts = argument.components(separatedBy: "...")
    guard parts.count == 2, !(parts[0].isEmpty && parts[1].isEmpty) else { return nil }
    guard let low = parts[0].isEmpty ? 1 : Int(parts[0]), let high = parts[1].isEmpty ? .max : Int(parts[1]),
      low >= 1, low <= high
    else { return nil }
    range = low...high
  }
}
