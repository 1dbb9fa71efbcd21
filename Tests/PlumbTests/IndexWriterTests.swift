import Foundation
import JSON
import TestSupport
import Testing

/// Writers of an index that are killed, or that meet each other.
@Suite struct IndexWriterTests {
  /// Starts `plumb index photos --index NAME`.
  private func start(
    _ name: String, type: String = "float16", in folder: URL, errors: FileHandle = .nullDevice
  ) throws -> Process {
    let process = Process()
    process.executableURL = CommandRun.executable
    process.arguments = [
      "index", "photos", "--index", name, "--model", ScoreTests.tinyModel, "--dtype", type,
    ]
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    return process
  }

  /// The bytes of a file; -1 where there is none.
  private func size(_ file: URL) -> Int {
    var status = stat()
    return stat(file.path, &status) == 0 ? Int(status.st_size) : -1
  }

  @Test(arguments: ["float16", "int8"])
  func anIndexThatWasKilledIsTheOneThatWasNot(type: String) throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
      // The last hundred are copies of the first.
      for number in 0..<600 {
        var image = StripedImage.bitmap(number % 500)
        // Stripes come again after 256 numbers.
        image[image.startIndex + 1000] ^= UInt8(number % 500 / 256 * 128)
        try image.write(to: photos.appendingPathComponent("image\(number).bmp"))
      }
      let whole = try start("whole", type: type, in: folder)
      whole.waitUntilExit()
      #expect(whole.terminationStatus == 0)

      // Killed as soon as a file grows: as the index is made, between rows, remainders and the database that counts them, and later. From
      // the start again where the program was too fast.
      let own = folder.appendingPathComponent("own")
      let rows = type == "int8" ? ["vectors", "remainders"] : ["vectors"]
      var kills = 0
      for _ in 0..<5 where kills < 4 {
        kills = 0
        try? FileManager.default.removeItem(at: own)
        for name in ["index.sqlite", "index.sqlite-wal"] + rows + rows + ["index.sqlite-wal"] + rows {
          let file = own.appendingPathComponent(name)
          let before = size(file)
          let process = try start("own", type: type, in: folder)
          _ = waits { size(file) > before || !process.isRunning }
          if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            kills += 1
          }
          process.waitUntilExit()
        }
      }
      #expect(kills >= 4)
      let last = try start("own", type: type, in: folder)
      last.waitUntilExit()
      #expect(last.terminationStatus == 0)

      for name in rows {
        let (killed, unkilled) = (
          try Data(contentsOf: own.appendingPathComponent(name)),
          try Data(contentsOf: folder.appendingPathComponent("whole/\(name)"))
        )
        #expect(killed == unkilled && !killed.isEmpty, "\(name): \(killed.count) and \(unkilled.count) bytes")
      }
      for query in ["a dog", "photos/image17.bmp"] {
        let hits = try ["own", "whole"].map { index in
          let run = try CommandRun(
            ["search", query, "--json", "--top", "1000", "--index", index], in: folder)
          return try #require(JSONValue(parsing: run.output.utf8).object?["hits"]?.array, "\(run.errors)")
        }
        #expect(hits[0] == hits[1])
        let files = hits[0].map { 1 + ($0.object?["copies"]?.array?.count ?? 0) }
        #expect(hits[0].count == 500 && files.reduce(0, +) == 600)
      }
    }
  }

  @Test func aSecondWriterSaysThatItWaitsAndWaits() throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
      try StripedImage.bitmap(1).write(to: photos.appendingPathComponent("one.bmp"))
      let first = try start("own.index", in: folder)
      first.waitUntilExit()
      #expect(first.terminationStatus == 0)
      try StripedImage.bitmap(2).write(to: photos.appendingPathComponent("two.bmp"))

      // As another `plumb index` holds it.
      let lock = open(
        folder.appendingPathComponent("own.index/lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      try #require(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
      let said = folder.appendingPathComponent("said")
      try Data().write(to: said)
      let second = try start("own.index", in: folder, errors: FileHandle(forWritingTo: said))
      func text() -> String { (try? String(contentsOf: said, encoding: .utf8)) ?? "" }
      let isTold = waits { text().contains("another process is writing to own.index") || !second.isRunning }
      #expect(isTold && second.isRunning, "\(text())")
      func images() throws -> Int? {
        let run = try CommandRun(["search", "a dog", "--json", "--index", "own.index"], in: folder)
        return try JSONValue(parsing: run.output.utf8).object?["images"]?.integer
      }
      // Whoever searches need not wait, and finds what is committed.
      #expect(try images() == 1)
      #expect(second.isRunning)
      close(lock)
      second.waitUntilExit()
      #expect(second.terminationStatus == 0, "\(text())")
      #expect(try images() == 2)
    }
  }
}
