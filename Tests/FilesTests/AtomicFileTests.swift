import Files
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
  }

  @Test func nothingIsSeenBeforeTheFileIsWhole() throws {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("x.txt")
      try "old".write(to: url, atomically: true, encoding: .utf8)
      let file = try AtomicFile(url)
      try file.write(String(repeating: "new ", count: 100_000))
      #expect(try String(contentsOf: url, encoding: .utf8) == "old")
      try file.rewriteStart(Array("NEW".utf8))
      try file.write("end")
      try file.commit()
      let text = try String(contentsOf: url, encoding: .utf8)
      #expect(text.utf8.count == 400_003 && text.hasPrefix("NEW new") && text.hasSuffix("new end"))
      #expect(try names(folder) == ["x.txt"])
      #expect(throws: FileWriteError.self) { try file.write("late") }
      #expect(throws: FileWriteError.self) { try file.commit() }
    }
  }

  @Test func whatIsGivenUpLeavesNothing() throws {
    try TestData.withTemporaryFolder { folder in
      do {
        let file = try AtomicFile(folder.appendingPathComponent("x.txt"))
        try file.write(String(repeating: "x", count: 200_000))
      }
      #expect(try names(folder).isEmpty)
      let file = try AtomicFile(folder.appendingPathComponent("y.txt"))
      file.discard()
      #expect(try names(folder).isEmpty)
    }
  }

  @Test func filesThatBelongTogetherAreAllThereOrNone() throws {
    try TestData.withTemporaryFolder { folder in
      let (one, two) = (folder.appendingPathComponent("one"), folder.appendingPathComponent("two"))
      let lost = folder.appendingPathComponent("nowhere/three")
      #expect(throws: FileWriteError.self) {
        try AtomicFile.write(new: [(one, "1"), (two, "2"), (lost, "3")])
      }
      #expect(try names(folder).isEmpty)
      try AtomicFile.write(new: [(one, "1"), (two, "2")])
      #expect(try names(folder).sorted() == ["one", "two"])
    }
  }

  @Test func permissionsAndLinksStay() throws {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("real.txt")
      let link = folder.appendingPathComponent("link.txt")
      try AtomicFile.write("one", to: url)
      let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
      #expect((mode ?? 0) & 0o600 == 0o600)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: url.path)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: url)
      try AtomicFile.write("two", to: link)
      #expect(try String(contentsOf: url, encoding: .utf8) == "two")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == url.path)
      let kept = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
      #expect(kept == 0o640)
    }
  }

  @Test func devicesAreWrittenToAsTheyAre() throws {
    try AtomicFile.write("gone", to: URL(fileURLWithPath: "/dev/null"))
    #expect(FileManager.default.fileExists(atPath: "/dev/null"))
  }

  @Test func aFullDiskIsSaidAndLeavesNothing() throws {
    let file = try AtomicFile(URL(fileURLWithPath: "/dev/full"))
    try file.write("x")
    let error = #expect(throws: FileWriteError.self) { try file.commit() }
    #expect(error == .diskFull(file: "/dev/full"))
    #expect(error?.description.contains("the disk is full") == true)
  }

  @Test func missingFoldersAndFoldersAreNamed() throws {
    try TestData.withTemporaryFolder { folder in
      let missing = folder.appendingPathComponent("no/x.txt")
      let error = #expect(throws: FileWriteError.self) { try AtomicFile(missing) }
      #expect(error?.description.contains("/no\" is not there; create it") == true)
      let isFolder = #expect(throws: FileWriteError.self) { try AtomicFile(folder) }
      #expect(isFolder?.description.contains("this is a folder") == true)
      try AtomicFile.write("x", to: folder.appendingPathComponent("f"))
      #expect(throws: FileWriteError.self) { try AtomicFile(folder.appendingPathComponent("f/x.txt")) }
    }
  }

  @Test func everyErrorSaysWhatToDo() {
    let errors: [FileWriteError] = [
      .noFolder(file: "o/x", folder: "o"), .isFolder(file: "o"), .notPermitted(file: "o/x", folder: "o"),
      .diskFull(file: "o/x"), .notSeekable(file: "o/x"), .failed(file: "o/x", reason: "Input/output error"),
    ]
    for error in errors {
      #expect(error.description.hasPrefix("o") && error.description.hasSuffix("."))
      #expect(error.description.contains(";"))
      #expect(error.errorDescription == error.description)
    }
  }
}
