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
      let environment = ["PLUMB_MODELS": "/nowhere:\(folder.path)"]
      #expect(try ModelLocator.resolve("no-such-model-here", environment: environment).path == mini.path)
      let error = #expect(throws: CheckpointError.self) {
        try ModelLocator.resolve("no-other-model-here", environment: environment)
      }
      let text = "\(error as Any)"
      #expect(text.contains("/nowhere") && text.contains(folder.path) && text.contains("plumb model list"))
      #expect(text.contains("Models beside") && text.contains("share/plumb/models"))
    }
  }

  @Test func modelsThatComeWithTheProgramAreBesideItOrAboveIt() throws {
    try TestData.withTemporaryFolder { folder in
      let program = try make(folder.appendingPathComponent(".build/x86_64/release")).appendingPathComponent(
        "plumb")
      let models = BuiltInModels(environment: [:], program: program)
      #expect(models.folder(of: "tiny") == nil)
      let above = try make(folder.appendingPathComponent("Models/tiny"))
      #expect(models.folder(of: "tiny")?.path == above.path)
      // The folders above an installed program are the user's own, and hide nothing.
      let shared = try make(folder.appendingPathComponent(".build/x86_64/share/plumb/models/tiny"))
      #expect(models.folder(of: "tiny")?.path == shared.path)
      #expect(models.folder(of: "..") == nil && models.folder(of: "a/b") == nil)
    }
  }

  @Test func theModelsThatAreHereAreListed() throws {
    try TestData.withTemporaryFolder { folder in
      let own = folder.appendingPathComponent("own")
      try TinyModel.write(to: make(own.appendingPathComponent("tiny")))
      _ = try make(own.appendingPathComponent("without-weights"))
      let cached = try make(folder.appendingPathComponent("hub/models--some--clip/snapshots/0123abc"))
      _ = try make(folder.appendingPathComponent("hub/models--some--clip/refs"))
      try Data("0123abc".utf8).write(to: folder.appendingPathComponent("hub/models--some--clip/refs/main"))
      try TinyModel.write(to: cached)
      _ = try make(folder.appendingPathComponent("hub/models--some--dataset/snapshots/0123abc"))
      let pulled = try make(folder.appendingPathComponent("plumb/models/an/other"))
      try TinyModel.write(to: pulled)
      let found = ModelLocator.available(
        environment: [
          "PLUMB_MODELS": own.path, "HF_HUB_CACHE": folder.appendingPathComponent("hub").path,
          "XDG_DATA_HOME": folder.path,
        ])
      // The program that runs the tests may lie beside models of its own.
      #expect(
        found.filter { $0.folder.path.hasPrefix(folder.path) }.map(\.name) == [
          "tiny", "an/other", "some/clip",
        ])
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
