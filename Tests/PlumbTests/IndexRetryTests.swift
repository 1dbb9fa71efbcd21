import CLIP
import Foundation
import JSON
import Retrieval
import Synchronization
import TestSupport
import Testing

/// Images that an update of an index looks at again though their files have not changed.
@Suite struct IndexRetryTests {
  private func index(_ arguments: String..., in folder: URL) throws -> CommandRun {
    try CommandRun(
      ["index", "photos", "--index", "own.index", "--model", ScoreTests.tinyModel] + arguments, in: folder)
  }

  private func withPhotos(_ count: Int, _ body: (_ folder: URL, _ photos: URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
      for number in 0..<count {
        try StripedImage.bitmap(number).write(to: photos.appendingPathComponent("image\(number).bmp"))
      }
      try body(folder, photos)
    }
  }

  @Test func anImageThatWasTooLargeIsTakenWithAnotherLimit() throws {
    try withPhotos(2) { folder, photos in
      try Data("no image".utf8).write(to: photos.appendingPathComponent("bad.jpg"))
      let small = try index("--max-pixels", "100", in: folder)
      #expect(small.status == 2 && small.errors.contains("more than the limit of 100"), "\(small.errors)")
      let large = try index(in: folder)
      #expect(large.output.contains("2 new, 0 known by their content, 1 unchanged"), "\(large.output)")
      #expect(!large.errors.contains("limit"), "\(large.errors)")
    }
  }

  @Test func anImageThatMayBeReadByNowIsTaken() throws {
    // Nothing is closed to the superuser.
    guard getuid() != 0 else { return }
    try withPhotos(2) { folder, photos in
      let closed = photos.appendingPathComponent("image1.bmp").path
      try #require(chmod(closed, 0) == 0)
      let first = try index(in: folder)
      #expect(first.status == 2 && first.errors.contains("Permission denied"), "\(first.errors)")
      try #require(chmod(closed, 0o600) == 0)
      let second = try index(in: folder)
      #expect(second.status == 0 && second.output.contains(": 2 images by "), "\(second.errors)")
    }
  }

  /// Its embedding may be of the one content and its mark of the other.
  @Test func anImageThatChangesWhileItIsReadIsNoneThatACopyIsKnownBy() throws {
    try withPhotos(230) { folder, photos in
      let (changing, copy) = (photos.appendingPathComponent("y.bmp"), photos.appendingPathComponent("z.bmp"))
      for file in [changing, copy] { try StripedImage.bitmap(240).write(to: file) }
      // The first 64 are read together; of the others one thread reads the last after the first ones are done.
      let clip = try CLIPEmbedder(
        opening: URL(fileURLWithPath: ScoreTests.tinyModel), options: CLIPEmbedder.Options(threads: 1))
      let own = try ImageIndex(
        at: folder.appendingPathComponent("own.index"), for: clip, named: ScoreTests.tinyModel)
      let isChanged = Atomic(false)
      let first = try own.update(
        adding: [photos], with: clip,
        progress: { done, _ in
          guard done > 64, !isChanged.exchange(true, ordering: .relaxed) else { return }
          try? StripedImage.bitmap(250, side: 28).write(to: changing)
        })
      #expect(first.embedded == 231 && first.skipped.map(\.path) == [copy.resolvingSymlinksInPath().path])
      let second = try own.update(adding: [], with: clip)
      #expect(second.embedded == 2 && second.skipped.isEmpty && second.files == 232)
      let search = try ImageSearch(own, with: clip)
      for file in [changing, copy] {
        let hit = try search.hits(for: SearchQuery([.init(.image(file))]), most: 1).first
        #expect(hit?.paths.map { ($0 as NSString).lastPathComponent } == [file.lastPathComponent])
        #expect((hit?.score ?? 0) > 0.999)
      }
    }
  }
}
