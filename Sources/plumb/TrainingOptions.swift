import ArgumentParser
import Foundation
import Training

/// What every command that trains takes.
struct TrainingOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Override a value of the file; may be repeated.", valueName: "path=value"))
  var settings: [String] = []

  @Flag(help: "Check the file and everything that it names, print the plan, and exit.")
  var dryRun = false

  /// Trains, with progress on standard error, until the user asks to stop: the state is then saved, and the status is 130.
  ///
  /// - Parameter train: trains; nil when it was stopped, or where another process has the result.
  func run<Result>(_ train: (StopRequest, TrainingReports) throws -> Result?) throws -> Result? {
    let line = ProgressLine(isLogged: true)
    defer { line.clear() }
    Interruption.release()
    let stop = StopRequest()
    let result = try train(stop, TrainingReports(line: line))
    line.clear()
    if result == nil, stop.isMade {
      Output.note("stopped; the same command resumes from here")
      throw ExitCode(130)
    }
    return result
  }
}

/// Shows what runs tell on a progress line, their sentences above it.
struct TrainingReports {
  let line: ProgressLine

  /// The reports of a run.
  ///
  /// - Parameter prefix: which of several runs it is, in front of what is told.
  func callAsFunction(_ prefix: String = "") -> RunReports {
    var reports = RunReports()
    reports.preparing = { [line] in line.update(prefix + $0, $1, of: $2) }
    reports.note = { [line] in
      line.clear()
      Output.note(prefix + $0)
    }
    reports.training = { [line] progress in
      line.update(
        prefix + progress.stage, progress.step, of: progress.steps,
        detail: "epoch \(progress.epoch), loss \(fixed(progress.loss)), step")
    }
    return reports
  }
}
