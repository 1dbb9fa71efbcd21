import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct CheckpointLocatorTests {
  private func make(_ folder: URL) throws -> URL {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test func aPathComesFirst() throws {
    try TestData.withTemporaryFolder { folder in
      let found = try ModelLocator.resolve(folder.path, environment: [:])
      #expect(found.path == folder.path)
    }
  }

  @Test func aBuiltInNameIsAnotherPlaceToLook() throws {
    try TestData.withTemporaryFolder { folder in
      let mini = try make(folder.appendingPathComponent("no-such-model-here"))
      #expect(try ModelLocator.resolve("no-such-model-here", builtInFolder: folder).path == mini.path)
    }
  }

  @Test func theCacheOfHuggingFaceIsFollowedThroughItsReferences() throws {
    try TestData.withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("models--some--clip")
      let commit = try make(model.appendingPathComponent("snapshots/0123abc"))
      _ = try make(model.appendingPathComponent("refs"))
      try Data("0123abc\n".utf8).write(to: model.appendingPathComponent("refs/main"))
      let environment = ["HF_HUB_CACHE": folder.path]
      #expect(try ModelLocator.resolve("some/clip", environment: environment).path == commit.path)
      #expect(try ModelLocator.resolve("some/clip@0123abc", environment: environment).path == commit.path)
      try TinyModel.write(to: commit)
      #expect(try Checkpoint.open(at: commit).name == "some/clip")
      #expect(throws: CheckpointError.self) {
        try ModelLocator.resolve("some/clip@other", environment: environment)
      }
    }
  }

  @Test func aReferenceThatPointsOutsideIsNotFollowed() throws {
    try TestData.withTemporaryFolder { folder in
      let model = folder.appendingPathComponent("models--some--clip")
      _ = try make(model.appendingPathComponent("refs"))
      _ = try make(model.appendingPathComponent("snapshots"))
      try Data("../../..".utf8).write(to: model.appendingPathComponent("refs/main"))
      #expect(throws: CheckpointError.self) {
        try ModelLocator.resolve(
          "some/clip", environment: ["HF_HUB_CACHE": folder.path, "XDG_DATA_HOME": folder.path])
      }
    }
  }

  @Test func plumbsOwnFolderIsLookedAtToo() throws {
    try TestData.withTemporaryFolder { folder in
      let environment = ["HF_HOME": folder.path, "XDG_DATA_HOME": folder.path]
      let own = try make(ModelLocator.pullFolder(owner: "some", name: "clip", environment: environment))
      #expect(try ModelLocator.resolve("some/clip", environment: environment).path == own.path)
    }
  }

  @Test func whatIsNowhereIsAnErrorWithThePlacesAndTheRemedy() {
    let error = #expect(throws: CheckpointError.self) {
      try ModelLocator.resolve(
        "some/clip", environment: ["HF_HOME": "/nowhere", "XDG_DATA_HOME": "/elsewhere"])
    }
    let text = "\(error as Any)"
    #expect(
      text.contains("/nowhere/hub/models--some--clip") && text.contains("/elsewhere/plumb/models/some/clip"))
    #expect(text.contains("plumb model pull some/clip"))
  }
}
