import Foundation
import TestSupport
import Testing

/// `plumb doctor`.
@Suite struct DoctorTests {
  /// The checks of a run by group and name.
  private func checks(_ output: String) throws -> [String: [String: String]] {
    let report = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    var found: [String: [String: String]] = [:]
    for group in report["groups"] as? [[String: Any]] ?? [] {
      for check in group["checks"] as? [[String: Any]] ?? [] {
        let name = "\(group["name"] as? String ?? "")/\(check["name"] as? String ?? "")"
        found[name] = check.compactMapValues { $0 as? String }
        if let bytes = check["bytes"] as? Int { found[name]?["bytes"] = "\(bytes)" }
      }
    }
    return found
  }

  @Test func everyGroupIsThereAsTextAndAsJSON() throws {
    let text = try CommandRun(["doctor"])
    #expect(text.status == 0 && text.errors.isEmpty, "\(text.errors)")
    for group in ["Machine", "Arithmetic", "Images", "Models", "METEOR", "Training", "Server", "Caches"] {
      #expect(text.output.contains("\(group)\n  "), "\(group)")
    }
    // No colour where there is no terminal.
    #expect(!text.output.contains("\u{1B}"))
    let json = try CommandRun(["doctor", "--json"])
    let found = try checks(json.output)
    #expect(json.status == 0 && found["Arithmetic/oneDNN"]?["value"]?.first?.isNumber == true)
    #expect(found["Models/mini"]?["status"] == "ok" && found["Images/JPEG"]?["status"] == "ok")
    let kernels = try checks(
      CommandRun(["doctor", "--json"], environment: ["PLUMB_KERNELS": "baseline"]).output)
    #expect(kernels["Arithmetic/kernels that run"]?["value"]?.contains("PLUMB_KERNELS=baseline") == true)
  }

  @Test func whatIsNotThereHasACommandAndIsNoFailure() throws {
    let nowhere = ["PLUMB_METEOR": "/nowhere/meteor.tables", "PLUMB_TORCH": "/nowhere/torch"]
    let run = try CommandRun(["doctor", "--json"], environment: nowhere)
    let found = try checks(run.output)
    #expect(run.status == 0)
    for (name, action) in [
      ("METEOR/tables", "plumb meteor install"), ("Training/libtorch", "plumb torch setup"),
      ("Server/index", "plumb index FOLDER"),
    ] {
      #expect(found[name]?["status"] == "optional" && found[name]?["action"] == action, "\(name)")
    }
  }

  @Test func filesThatAreDamagedAreTold() throws {
    try TestData.withTemporaryFolder { folder in
      let tables = folder.appendingPathComponent("meteor.tables")
      try Data("nonsense".utf8).write(to: tables)
      let bridge = folder.appendingPathComponent("torch/bridge/libplumb_torch.so")
      try FileManager.default.createDirectory(
        at: bridge.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("nonsense".utf8).write(to: bridge)
      let run = try CommandRun(
        ["doctor", "--json"],
        environment: [
          "PLUMB_METEOR": tables.path, "PLUMB_TORCH": folder.appendingPathComponent("torch").path,
        ])
      let found = try checks(run.output)
      #expect(run.status == 0)
      #expect(found["METEOR/tables"]?["value"]?.contains("meteor.tables") == true)
      #expect(found["METEOR/tables"]?["status"] == "optional")
      #expect(found["Training/libtorch"]?["status"] == "optional")
      #expect(found["Training/libtorch"]?["value"]?.contains("cannot be opened") == true)
    }
  }

  @Test func cachesHaveTheirSizesAndHowToFreeThem() throws {
    try TestData.withTemporaryFolder { folder in
      let hub = folder.appendingPathComponent("a hub")
      let blob = hub.appendingPathComponent("models--some--clip/blobs/0123")
      try FileManager.default.createDirectory(
        at: blob.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(count: 100_000).write(to: blob)
      // A model of an installation is no cache, a model that was fetched is.
      for (file, count) in [("mini/config.json", 50_000), ("some/clip/model.safetensors", 200_000)] {
        let file = folder.appendingPathComponent("plumb/models/\(file)")
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(count: count).write(to: file)
      }
      let run = try CommandRun(
        ["doctor", "--json"], environment: ["HF_HUB_CACHE": hub.path, "XDG_DATA_HOME": folder.path])
      let found = try checks(run.output)
      let cache = try #require(found["Caches/fetched models"])
      let pulled = try #require(found["Caches/models of Plumb"]?["bytes"].flatMap(Int.init))
      #expect((200_000..<240_000).contains(pulled))
      let bytes = try #require(cache["bytes"].flatMap(Int.init))
      #expect((100_000..<200_000).contains(bytes))
      #expect(cache["action"]?.contains("rm -r '\(hub.path)'/models--") == true)
    }
  }

  /// A copy of the program that has no models beside it.
  @Test func aProgramWithoutItsModelsFails() throws {
    try TestData.withTemporaryFolder { folder in
      let program = folder.appendingPathComponent("plumb")
      try FileManager.default.copyItem(at: CommandRun.executable, to: program)
      let process = Process()
      process.executableURL = program
      process.arguments = ["doctor"]
      process.environment = ProcessInfo.processInfo.environment.merging(["HOME": folder.path]) { $1 }
      let (output, errors) = (Pipe(), Pipe())
      (process.standardOutput, process.standardError) = (output, errors)
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 1 && text.contains("missing"))
      #expect(said.hasPrefix("plumb: Plumb is not complete: mini, captioner are missing"), "\(said)")
    }
  }
}
