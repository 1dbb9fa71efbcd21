import Foundation
import TestSupport
import Testing

/// `plumb embed --shards` and `plumb filter --shards` as processes that are killed.
@Suite struct ShardKillTests {
  /// A command over three shards, and what tells how far its output has come, from the paths of all that is in it.
  private struct Killed {
    let arguments: [String]
    /// Whether a shard is being done.
    let isAtWork: ([String]) -> Bool
    /// The files of shards that are finished.
    let finished: ([String]) -> [String]
  }

  @Test func anyNumberOfKillsLeavesEachShardOnce() throws {
    try ShardCommandTests.withShards(300) { folder in
      try check(
        Killed(
          arguments: ["embed", "--shards", "{00..02}.tar", "-m", ScoreTests.tinyModel, "--threads", "1"],
          isAtWork: { $0.contains { $0.hasSuffix(".partial") } },
          finished: { $0.filter { $0.contains("/") && !$0.hasPrefix(".") } }), in: folder)
    }
  }

  @Test func aFilterThatIsKilledWritesEachListAndArchiveOnce() throws {
    try ShardCommandTests.withShards(300) { folder in
      let scored = try CommandRun(
        ["score", "--shards", "{00..02}.tar", "-m", ScoreTests.tinyModel, "-o", "scores"], in: folder)
      #expect(scored.status == 0, "\(scored.errors)")
      try check(
        Killed(
          arguments: ["filter", "scores", "--top-fraction", "0.5", "--shards", "{00..02}.tar"],
          isAtWork: { $0.contains("run.json") },
          // The list is written last.
          finished: { names in
            names.filter { name in
              let stem = name.prefix { $0 != "." }
              return !stem.isEmpty && name != "run.json" && name != "report.json"
                && names.contains("\(stem).jsonl")
            }
          }), in: folder)
    }
  }

  /// Kills a command again and again. What is to be seen must be whole after each time, and what is finished must stay as
  /// it is.
  private func check(_ command: Killed, in folder: URL) throws {
    let undisturbed = try CommandRun(command.arguments + ["-o", "whole"], in: folder)
    #expect(undisturbed.status == 0, "\(undisturbed.errors)")
    let whole = try content(folder.appendingPathComponent("whole"))
    let all = command.finished(Array(whole.keys)).count
    #expect(all >= 6)
    let output = folder.appendingPathComponent("out")
    var stamps: [String: String] = [:]
    func checkWhatIsThere() throws {
      for (name, text) in try content(output) where !name.hasPrefix(".") {
        #expect(whole[name] == text, "\(name)")
      }
      for name in command.finished(names(output)) {
        let stamp = Self.stamp(output.appendingPathComponent(name))
        #expect(stamps[name] == nil || stamps[name] == stamp, "\(name) was written again")
        stamps[name] = stamp
      }
    }
    var halfway = 0
    for round in 0..<15 {
      let begins = round.isMultiple(of: 3)
      if begins {
        try? FileManager.default.removeItem(at: output)
        stamps = [:]
      }
      let process = Process()
      process.executableURL = CommandRun.executable
      process.arguments = command.arguments + ["-o", "out"]
      process.currentDirectoryURL = folder
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      if begins {
        _ = waits { !process.isRunning || command.isAtWork(names(output)) }
      } else {
        Thread.sleep(forTimeInterval: .random(in: 0...0.25))
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      try checkWhatIsThere()
      if begins, command.isAtWork(names(output)), stamps.count < all { halfway += 1 }
    }
    #expect(halfway > 0)
    for _ in 0..<2 {
      let run = try CommandRun(command.arguments + ["-o", "out"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      try checkWhatIsThere()
      #expect(stamps.count == all)
    }
    #expect(try content(output) == whole)
  }

  /// The paths of everything in a folder.
  private func names(_ folder: URL) -> [String] {
    FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
  }

  /// Every file of an output by its path, without what tells of time.
  private func content(_ folder: URL) throws -> [String: String] {
    var content: [String: String] = [:]
    for name in names(folder) {
      let file = folder.appendingPathComponent(name)
      guard let data = try? Data(contentsOf: file) else { continue }
      let lines = name.hasSuffix(".json") ? String(decoding: data, as: UTF8.self) : data.base64EncodedString()
      content[name] = lines.replacing(/"seconds": [^,]*,/, with: "")
    }
    return content
  }

  /// What changes when a file is written again.
  private static func stamp(_ file: URL) -> String {
    var status = stat()
    guard stat(file.path, &status) == 0 else { return "gone" }
    return "\(status.st_ino) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
  }
}
