import ArgumentParser

@main
struct Plumb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumb",
    abstract: "Measure how well words line up with pictures.",
    discussion: """
      Score the captions of a file against references (BLEU, ROUGE-L, CIDEr) and against the pictures \
      themselves (CLIPScore, with any CLIP):

        plumb score captions.json --references references.json
        plumb score captions.json --images photographs --model clip-vit-base-patch32

      Exit status: 0 done, 1 the work failed, 2 some items failed and are listed, 64 wrong arguments.
      """,
    version: plumbVersion,
    subcommands: [
      Score.self, Rank.self, EvaluateCommand.self, Judge.self, EmbedCommand.self, Tokenize.self,
      TokenizerCommand.self,
      CountDocuments.self,
      ModelCommand.self, Compress.self, DistillCommand.self, AblateCommand.self,
      ParaphraseCommand.self, FineTuneCommand.self, TrainCommand.self, MeteorCommand.self,
    ])

  static func main() {
    Output.reserveStandardStreams()
    do {
      var command = try parseAsRoot()
      try command.run()
      try Output.flush()
    } catch {
      // ArgumentParser knows its own: help, wrong arguments, a status. The rest is about the work.
      if exitCode(for: error) == .failure { Output.fail(error) }
      exit(withError: error)
    }
  }
}

/// The version of the command, written into every report.
let plumbVersion = "0.1.0"
