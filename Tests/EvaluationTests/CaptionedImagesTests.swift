import CaptionData
import Evaluation
import MetricsSupport
import Foundation
import TestSupport
import Testing

@Suite struct CaptionedImagesTests {
  /// Calls `body` with a folder of three images that nobody opens, and a file of captions.
  private func with<R>(_ captions: String, _ body: (URL, URL) throws -> R) throws -> R {
    try TestData.withTemporaryFolder { folder in
      let images = folder.appendingPathComponent("images", isDirectory: true)
      try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
      for name in ["a.jpg", "b.jpg", "COCO_val2014_000000000007.jpg"] {
        try Data().write(to: images.appendingPathComponent(name))
      }
      let file = folder.appendingPathComponent("captions")
      try Data(captions.utf8).write(to: file)
      return try body(file, images)
    }
  }

  @Test(arguments: [
    "a.jpg#0\tone\na.jpg#1\ttwo # three\r\nb.jpg#0\tfour\n", #"{"a": ["one", "two # three"], "b": "four"}"#,
    "image,caption\na.jpg,one\na.jpg,two # three\nb.jpg,four\n",
  ])
  func everyLayoutGroupsCaptionsByImage(_ text: String) throws {
    try with(text) { file, images in
      let set = try CaptionedImages(contentsOf: file, images: images)
      #expect(set.images.map(\.image.lastPathComponent) == ["a.jpg", "b.jpg"])
      #expect(set.images.map(\.captions) == [["one", "two # three"], ["four"]])
    }
  }

  @Test func annotationsOfCOCOFindTheirImages() throws {
    let text = """
      {"images": [{"id": 7, "file_name": "COCO_val2014_000000000007.jpg"}],
       "annotations": [{"id": 1, "image_id": 7, "caption": "x"}, {"id": 2, "image_id": 7, "caption": "y"}]}
      """
    try with(text) { file, images in
      let set = try CaptionedImages(contentsOf: file, images: images)
      #expect(set.images.map(\.captions) == [["x", "y"]])
    }
  }

  @Test func whatIsMissingIsListed() throws {
    try with(#"{"a": ["one"], "z": ["two"]}"#) { file, images in
      #expect(throws: DatasetError.self) { try CaptionedImages(contentsOf: file, images: images) }
      let set = try CaptionedImages(contentsOf: file, images: images, keepGoing: true)
      #expect(set.images.map(\.name) == ["a"])
      #expect(set.skipped.map(\.id) == ["z"])
    }
  }

  @Test func whatCannotBeEmbeddedTakesItsCaptionsAlong() throws {
    try with(#"{"a": ["one", "two"], "b": ["three"], "7": ["four", "five"]}"#) { file, images in
      let set = try CaptionedImages(contentsOf: file, images: images)
      let stub = StubEmbedder(
        images: ["a.jpg": [1, 0], "COCO_val2014_000000000007.jpg": [0, 1]],
        texts: ["one": [0.9, 0.1], "three": [1, 1], "four": [0.2, 0.9], "five": [0.8, 0.2]])
      #expect(throws: StubEmbedder.Unknown.self) { try set.embedded(by: stub) }
      let embedded = try set.embedded(by: stub, keepGoing: true)
      #expect(embedded.skipped.map(\.id) == ["a", "b"])
      #expect(embedded.pairs == RetrievalPairs(imageRowOfText: [0, 1, 1], imageCount: 2))
      let result = try RetrievalEvaluation().ranks(
        images: embedded.images, texts: embedded.texts, pairs: embedded.pairs)
      #expect(result == RetrievalResult(textToImage: [1, 1, 2], imageToText: [1, 1]))
    }
  }
}
