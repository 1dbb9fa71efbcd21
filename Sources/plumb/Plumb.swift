import ArgumentParser
import CaptionMetrics
import Evaluation

@main
struct Plumb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumb",
    abstract: "Measure how well words line up with images.",
    discussion: """
      Score the captions of a file against references (BLEU, ROUGE-L, CIDEr) and against the images \
      themselves (CLIPScore, with any CLIP; with mini, which comes with Plumb, where none is named):

        plumb score captions.json --references references.json
        plumb score captions.json --images photographs
        plumb rank cats.jpg "two cats asleep" "a dog in the snow"

      Where a file of captions or texts is wanted, - is standard input.

      Exit status: 0 done, 1 the work failed, 2 some items failed and are listed, 64 wrong arguments, 130 stopped \
      with Control-C.
      """,
    version: plumbVersion,
    subcommands: [
      Score.self, Rank.self, EvaluateCommand.self, Judge.self, EmbedCommand.self, Tokenize.self,
      TokenizerCommand.self,
      CIDErDocumentFrequencyCommand.self,
      ModelCommand.self, Compress.self, DistillCommand.self, AblateCommand.self,
      ParaphraseCommand.self, FineTuneCommand.self, TorchCommand.self, RunsCommand.self, MeteorCommand.self,
      CheckArguments.self,
    ])

  static func main() {
    Output.reserveStandardStreams()
    Interruption.begin()
    do {
      var command = try parse(Array(CommandLine.arguments.dropFirst()))
      try command.run()
      try Output.flush()
    } catch {
      // ArgumentParser knows its own: help, a status. The rest is about the arguments or about the work.
      switch exitCode(for: error) {
      case .failure: Output.fail(error)
      case .validationFailure: Output.refuse(fullMessage(for: error))
      default: exit(withError: error)
      }
    }
  }

  /// The command that the arguments ask for.
  fileprivate static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    try CommandNames.check(arguments, of: Self.self)
    return try parseAsRoot(arguments)
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

/// The version of the command, written into every report.
let plumbVersion = "0.1.0"
