import Foundation
import TestSupport
import Testing

@Suite struct CompressTests {
  private let teacher = ScoreTests.tinyModel

  @Test func aStudentIsWrittenWholeAndDescribed() throws {
    try TestData.withTemporaryFolder { folder in
      let out = folder.appendingPathComponent("student").path
      let run = try CommandRun([
        "compress", teacher, out, "--weight-sharing", "2", "--embedding-rank", "8", "--dtype", "bf16",
      ])
      #expect(run.status == 0, "\(run.errors)")
      for part in ["each used 2 times", "rank 8 of", "% of the variance", "→", "in bf16"] {
        #expect(run.output.contains(part), "\(run.output)")
      }
      let show = try CommandRun(["model", "show", out])
      #expect(show.output.contains("token embedding of rank 8"), "\(show.output)")
      #expect(show.output.contains("heads (talking heads)"))
      let rank = try CommandRun(["rank", "images/image1.jpg", "a cat", "a dog", "--model", out])
      #expect(rank.status == 0, "\(rank.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["student"])
      let again = try CommandRun(["compress", teacher, out])
      #expect(again.isOneSentence(about: "name a folder that is new or empty"))
    }
  }

  @Test func aStudentFromScratchFollowsItsSeed() throws {
    try TestData.withTemporaryFolder { folder in
      let files = try ["1", "1", "2"].enumerated().map { index, seed in
        let out = folder.appendingPathComponent("\(index)")
        let run = try CommandRun(["compress", teacher, out.path, "--from-scratch", "--seed", seed])
        #expect(run.status == 0, "\(run.errors)")
        return try Data(contentsOf: out.appendingPathComponent("model.safetensors"))
      }
      #expect(files[0] == files[1] && files[0] != files[2])
    }
  }

  @Test(arguments: [
    (["--embedding-rank", "100000"], "choose a rank of at most"),
    (["--vision-layers", "99"], "ask for at most"),
    (["--weight-sharing", "3"], "choose a --weight-sharing that divides"),
    (["--text-heads", "1"], "use --from-scratch"),
  ])
  func whatDoesNotFitIsOneSentenceAndLeavesNothing(_ options: [String], _ part: String) throws {
    try TestData.withTemporaryFolder { folder in
      let out = folder.appendingPathComponent("student").path
      let run = try CommandRun(["compress", teacher, out] + options)
      #expect(run.isOneSentence(about: part), "\(run.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }
}
