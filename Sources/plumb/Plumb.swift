import ArgumentParser
import CaptionMetrics
import Evaluation
import Files

@main
struct Plumb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumb",
    abstract: "Evaluate, train and search with image–text models.",
    discussion: """
      Score captions against references (BLEU, METEOR, ROUGE-L, CIDEr) and against images (CLIPScore), with any CLIP model, \
      or with mini, which comes with Plumb:

        plumb score captions.json --references references.json
        plumb score captions.json --images photos
        plumb rank cats.jpg "two cats asleep" "a dog in the snow"

      A file that is called - is standard input, or standard output. -V is --version. Colours are for terminals, and \
      NO_COLOR switches them off.

      Exit status: 0 success, 1 failure, 2 some items were skipped and are listed, 64 wrong arguments, 130 interrupted.
      """,
    version: plumbVersion,
    subcommands: [
      Score.self, Rank.self, ExplainCommand.self, EvaluateCommand.self, Judge.self, EmbedCommand.self,
      FeaturesCommand.self, Classify.self, Dedup.self, IndexCommand.self, SearchCommand.self,
      ServeCommand.self, FilterCommand.self, WorkerCommand.self,
      Tokenize.self,
      TokenizerCommand.self,
      CIDErDocumentFrequencyCommand.self,
      ModelCommand.self, Compress.self, DistillCommand.self, AblateCommand.self,
      ParaphraseCommand.self, FineTuneCommand.self, CaptionCommand.self, TorchCommand.self, RunsCommand.self,
      MeteorCommand.self, DoctorCommand.self,
      CheckArguments.self,
    ])

  static func main() {
    Output.reserveStandardStreams()
    Interruption.begin()
    var command: (any ParsableCommand)?
    do {
      var parsed = try parse(Array(CommandLine.arguments.dropFirst()))
      command = parsed
      if parsed is any TrainingCommand { SpinLimit.apply() }
      try parsed.run()
      try Output.flush()
    } catch let error as UnknownOption {
      Output.refuse("\(error.message)\n\(usage(of: error.command))")
    } catch {
      // ArgumentParser knows its own: help, a status. The rest is about the arguments or about the work.
      switch exitCode(for: error) {
      case .failure: Output.fail(error)
      case .validationFailure:
        if let command, let error = error as? ValidationError {
          // Thrown by the work: ArgumentParser does not know by which command.
          Output.refuse("\(error.message)\n\(usage(of: type(of: command)))")
        }
        Output.refuse(fullMessage(for: error))
      default: exit(withError: error)
      }
    }
  }

  /// How a command is called, as ArgumentParser says it behind what is wrong with arguments.
  private static func usage(of command: any ParsableCommand.Type) -> String {
    let usage = usageString(for: command)
    let names = usage.split(separator: " ").prefix {
      !$0.hasPrefix("<") && !$0.hasPrefix("[") && !$0.hasPrefix("-")
    }
    return "Usage: \(usage)\n  See '\(names.joined(separator: " ")) --help' for more information."
  }

  /// The command that the arguments ask for.
  fileprivate static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    // ArgumentParser knows the long form only; behind a command, too.
    let isVersion = arguments.last == "-V" && !arguments.dropLast().contains { $0.hasPrefix("-") }
    let arguments = isVersion ? arguments.dropLast() + ["--version"] : arguments
    let command = try CommandNames.check(arguments, of: Self.self)
    try EmptyArguments.check(arguments)
    do { return try parseAsRoot(arguments) } catch {
      guard exitCode(for: error) == .validationFailure,
        let unknown = UnknownOption(in: arguments, of: command)
      else { throw error }
      throw unknown
    }
  }
}

/// `plumb check-arguments`: whether a command line is right, without doing what it says. The documentation is tested with it.
struct CheckArguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-arguments", abstract: "Check a command line and do nothing.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough, help: "The arguments of plumb.")
  var arguments: [String] = []

  func run() throws { _ = try Plumb.parse(arguments) }
}
