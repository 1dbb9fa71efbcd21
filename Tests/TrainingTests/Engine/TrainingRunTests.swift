import Compute
import Foundation
import Synchronization
import TestSupport
import Testing
import Training
import TrainingSupport

extension EngineTests {
  /// The loop with a task that has nothing of CLIP: see `BanditTask`.
  @Suite struct TrainingRunTests {
    private static let epochs = 40

    /// The log without what depends on the clock.
    private func log(_ folder: URL) throws -> [String] {
      try String(contentsOf: folder.appendingPathComponent("log.jsonl"), encoding: .utf8)
        .split(separator: "\n").map { String($0).replacing(/, "seconds": [^,}]*/, with: "") }
    }

    private func rewards(_ lines: [String]) -> [Double] {
      lines.compactMap { $0.firstMatch(of: /"validation_reward": ([0-9.]+)/).flatMap { Double($0.1) } }
    }

    @Test func aSampledRewardWeightedTaskThatIsKilledGoesOnBitForBit() throws {
      try TestData.withTemporaryFolder { folder in
        let (whole, killed) = (
          folder.appendingPathComponent("whole"), folder.appendingPathComponent("killed")
        )
        let run = try HelperRun(["bandit", whole.path, "\(Self.epochs)"])
        #expect(run.status == 0, "\(run.errors)")
        let expected = try log(whole)
        // Three steps an epoch and a validation after each.
        #expect(expected.count == 4 * Self.epochs)
        let (kills, status) = try KilledRuns.run(
          HelperRun.executable, ["bandit", killed.path, "\(Self.epochs)"], in: folder,
          log: killed.appendingPathComponent("log.jsonl"), killingAt: { 1 + 30 * ($0 - 1) })
        #expect(status == 0 && kills > 0)
        #expect(try log(killed) == expected)
        for file in ["model/model.json", "best/model.json"] {
          let both = try [whole, killed].map { try Data(contentsOf: $0.appendingPathComponent(file)) }
          #expect(both[0] == both[1], "\(file)")
        }
        let rewards = rewards(expected)
        #expect(rewards.count == Self.epochs && rewards[0] < 0.4 && (rewards.max() ?? 0) > 0.6, "\(rewards)")
      }
    }

    /// libtorch would multiply them all the same, in a loop of its own that is many times as slow.
    @Test func productsAreInFloat32WhereTheProcessorHasNoOthersAndItIsSaid() throws {
      try TestData.withTemporaryFolder { folder in
        let notes = Mutex<[String]>([])
        var reports = RunReports()
        reports.note = { note in notes.withLock { $0.append(note) } }
        let run = try TrainingRun(RunHeader(output: folder, threads: 1, isMixed: true), reports: reports)
        #expect(run.isMixed == Hardware.multipliesBFloat16)
        let said = notes.withLock(\.self)
        #expect(said.filter { $0.hasPrefix("mixed_precision: ") }.count == (run.isMixed ? 0 : 1), "\(said)")
        let other = folder.appendingPathComponent("other")
        #expect(try !TrainingRun(RunHeader(output: other, threads: 1)).isMixed)
      }
    }

    @Test func aRunThatIsDoneIsNotTrainedAgainAndAnotherOneIsRefused() throws {
      try TestData.withTemporaryFolder { folder in
        try BanditTask.run(in: folder, epochs: 2)
        let lines = try log(folder)
        try BanditTask.run(in: folder, epochs: 2)
        #expect(try log(folder) == lines)
        let error = #expect(throws: TrainingError.self) { try BanditTask.run(in: folder, epochs: 3) }
        #expect(
          "\(error as Any)".contains("is the state of another run: epochs was 2 and is 3 now"),
          "\(error as Any)")
        let state = folder.appendingPathComponent("state.safetensors")
        let half = try Data(contentsOf: state).prefix(100)
        try half.write(to: state)
        let damaged = #expect(throws: TrainingError.self) { try BanditTask.run(in: folder, epochs: 2) }
        #expect(
          "\(damaged as Any)".contains("state.safetensors, from which the run would go on, is damaged"),
          "\(damaged as Any)")
      }
    }

    @Test func theFolderOfARunThatAnotherProcessTrainsIsLeftAlone() throws {
      try TestData.withTemporaryFolder { folder in
        func train() throws -> HelperRun { try HelperRun(["bandit", folder.path, "2"]) }
        let run = try TrainingRun(RunHeader(output: folder, seed: 7, threads: 1))
        let other = try withExtendedLifetime(run, train)
        #expect(other.status != 0 && other.errors.contains("another process trains in"), "\(other.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      }
    }

    @Test func theFolderOfARunThatIsOverIsFree() throws {
      try TestData.withTemporaryFolder { folder in
        _ = try TrainingRun(RunHeader(output: folder, seed: 7, threads: 1))
        let run = try HelperRun(["bandit", folder.path, "2"])
        #expect(run.status == 0, "\(run.errors)")
      }
    }

    @Test func theStateOfAnotherLayoutIsRefused() throws {
      try TestData.withTemporaryFolder { folder in
        try BanditTask.run(in: folder, epochs: 2)
        let url = folder.appendingPathComponent("state.safetensors")
        var data = try Data(contentsOf: url)
        let place = try #require(data.range(of: Data("plumb.run.2".utf8)))
        data.replaceSubrange(place, with: Data("plumb.run.1".utf8))
        try data.write(to: url)
        let error = #expect(throws: TrainingError.self) { try BanditTask.run(in: folder, epochs: 2) }
        #expect("\(error as Any)".contains("another version of plumb"), "\(error as Any)")
      }
    }
  }
}
