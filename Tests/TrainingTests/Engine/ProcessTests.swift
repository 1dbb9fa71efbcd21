import Foundation
import TrainingSupport
import TestSupport
import Testing
import Training

@Suite struct ProcessPlaceTests {
  private let whole = [
    "RANK": "1", "WORLD_SIZE": "4", "LOCAL_RANK": "0", "MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "1234",
  ]

  @Test func thePlaceIsWhatTheEnvironmentSays() throws {
    let place = try #require(try ProcessGroup.Place(environment: whole))
    #expect(place.rank == 1 && place.worldSize == 4 && place.localRank == 0)
    #expect(place.host == "10.0.0.1" && place.port == 1234)
    #expect(try ProcessGroup.Place(environment: ["RANK": "1"]) == nil)
  }

  @Test(arguments: [
    ("WORLD_SIZE", "0"), ("WORLD_SIZE", "many"), ("RANK", "4"), ("RANK", "-1"), ("RANK", ""),
    ("LOCAL_RANK", "x"),
    ("MASTER_PORT", "0"), ("MASTER_PORT", "70000"),
  ])
  func aVariableThatIsWrongIsNamed(_ name: String, _ value: String) {
    let error = #expect(throws: TrainingError.self) {
      try ProcessGroup.Place(environment: whole.merging([name: value]) { $1 })
    }
    #expect("\(error as Any)".contains("\(name) is \(value), and not a number from"), "\(error as Any)")
  }

  @Test func aVariableThatIsMissingIsNamed() {
    let error = #expect(throws: TrainingError.self) {
      try ProcessGroup.Place(environment: ["WORLD_SIZE": "2"])
    }
    #expect("\(error as Any)".contains("WORLD_SIZE is set and RANK is not"), "\(error as Any)")
  }
}

extension EngineTests {
  @Suite(.enabled(if: Self.hasGloo, "the bridge is built without gloo")) struct ProcessTests {
    /// Runs two processes to their ends; gives their statuses and what they said.
    private func pair(_ arguments: [String]) throws -> [HelperRun] {
      let port = try FreePort.find()
      let running = try (0..<2).map { rank in
        try HelperRun.Started(
          arguments,
          environment: [
            "RANK": "\(rank)", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
          ])
      }
      return running.map { $0.end() }
    }

    @Test(arguments: ["lclip", "huggingface"])
    func twoProcessesWithHalvesTrainAsOneWithTheWhole(_ model: String) throws {
      let torch = try EngineTests.torch()
      let whole = try SharedSteps(StepGolden(model, torch: torch), ProcessGroup(alone: torch)).run(3)
      #expect(whole.losses.last.map { $0 < whole.losses[0] } == true)
      try TestData.withTemporaryFolder { folder in
        let out = folder.appendingPathComponent("result").path
        for run in try pair(["steps", model, out]) { #expect(run.status == 0, "\(run.errors)") }
        let parts = try (0..<2).map {
          try JSONDecoder().decode(
            SharedSteps.Result.self, from: Data(contentsOf: URL(fileURLWithPath: "\(out).\($0)")))
        }
        #expect(parts[0].parameters == parts[1].parameters)
        for part in parts {
          for (a, b) in zip(part.losses, whole.losses) { #expect(abs(a / b - 1) < 1e-5) }
          let longest = whole.gradients.values.joined().map(abs).max() ?? 0
          for (name, gradient) in whole.gradients {
            let found = try #require(part.gradients[name])
            let off = zip(found, gradient).map { abs($0 - $1) }.max() ?? .infinity
            #expect(off < 1e-5 * longest, "\(name): \(off) of \(longest)")
          }
          for (name, numbers) in whole.parameters {
            let found = try #require(part.parameters[name])
            #expect(EngineTests.difference(found, numbers.map(Double.init)) < 1e-3, "\(name)")
          }
        }
      }
    }

    @Test(.timeLimit(.minutes(1))) func aProcessThatDiesEndsTheOtherWithAnError() throws {
      let runs = try pair(["leave"])
      #expect(runs[1].status == 0)
      #expect(runs[0].status == 1 && runs[0].errors.contains("sum_over_processes"), "\(runs[0].errors)")
    }

    @Test func oneProcessAloneNeedsNoOthers() throws {
      let torch = try EngineTests.torch()
      let place = try #require(try ProcessGroup.Place(environment: ["WORLD_SIZE": "1", "RANK": "0"]))
      let group = try ProcessGroup(place, torch: torch)
      let x = try torch.full(2, [3])
      #expect(try group.gathered(x) === x && group.sharedByAll(x) === x)
      #expect(try group.sum([1, 2]) == [1, 2])
      try group.share([x])
      try group.barrier()
      try group.sumGradients(of: [x])
    }
  }
}
