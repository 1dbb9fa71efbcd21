import Foundation
import Training
import TrainingSupport

/// One of several processes that train together, for the tests.
///
///     training-process steps MODEL OUTPUT     trains three steps
///     training-process leave                  process 0 waits for the others, which end without a word
///     training-process bandit FOLDER EPOCHS   alone; trains a BanditTask, or what is left of it
///     training-process many                   alone; fails when 10⁵ operators leave memory behind
@main
enum TrainingProcess {
  static func main() {
    do {
      let arguments = CommandLine.arguments
      if arguments[1] == "bandit" {
        return try BanditTask.run(
          in: URL(fileURLWithPath: arguments[2]), epochs: Int(arguments[3]) ?? 1)
      }
      let torch = try Torch(threads: 1)
      if arguments[1] == "many" { return try ManyOperators(torch).run() }
      guard let place = try ProcessGroup.Place() else {
        throw TrainingError.processes(reason: "no WORLD_SIZE")
      }
      let group = try ProcessGroup(place, torch: torch, timeout: arguments[1] == "leave" ? 5 : 60)
      guard arguments[1] == "steps" else {
        try group.barrier()
        if group.rank > 0 { _exit(0) }
        _ = try group.sum(1)
        return
      }
      let steps = try SharedSteps(StepGolden(arguments[2], torch: torch), group)
      try JSONEncoder().encode(steps.run(3)).write(to: URL(fileURLWithPath: "\(arguments[3]).\(group.rank)"))
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }
}
