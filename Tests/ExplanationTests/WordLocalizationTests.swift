import CLIP
import CaptionData
import Explanation
import Foundation
import TestSupport
import Testing

/// What the documentation promises of swapped nouns, with the model that comes with Plumb.
@Suite struct WordLocalizationTests {
  private static let package = TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private func mini() throws -> CLIPEmbedder {
    try CLIPEmbedder(opening: Self.package.appendingPathComponent("Models/mini"))
  }

  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)")) func swappedNounsOfFlickr8kAreFound()
    throws
  {
    let flickr = try #require(TestData.shared).appendingPathComponent("flickr8k")
    let names = try String(
      contentsOf: flickr.appendingPathComponent("Flickr_8k.testImages.txt"), encoding: .utf8
    ).split(whereSeparator: \.isNewline).prefix(200).map(String.init)
    let wanted = Set(names)
    let lines = try String(
      contentsOf: flickr.appendingPathComponent("Flickr8k.token.txt"), encoding: .utf8
    ).split(whereSeparator: \.isNewline).filter { line in
      wanted.contains(line.split(separator: "#").first.map(String.init) ?? "")
    }
    #expect(lines.count == 1000)
    try TestData.withTemporaryFolder { folder in
      let captions = folder.appendingPathComponent("captions.token.txt")
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: captions)
      var set = try LocalizationSet(
        contentsOf: captions, images: flickr.appendingPathComponent("images"),
        selection: CaptionSelection(), kinds: .builtIn, seed: 0, keepGoing: false)
      let result = try CaptionExplainer(embedder: mini()).localization(of: &set)
      let summary = result.summary
      print("swapped nouns: \(summary), falsely flagged \(result.falselyFlagged ?? 0)")
      #expect(summary.firstOverChance >= 2.5)
      #expect(summary.auc >= 0.75)
      // The threshold that the documentation gives.
      let flagged = try #require(result.falselyFlagged)
      #expect((0.02...0.09).contains(flagged))
    }
  }

  @Test func foilsAreReadAndLocalized() throws {
    try TestData.withTemporaryFolder { folder in
      let images = Self.package.appendingPathComponent("Examples/cats-and-dogs/images")
      let file = folder.appendingPathComponent("foil.json")
      let text = #"""
        {"images": [{"id": 1, "file_name": "image1.jpg"}, {"id": 2, "file_name": "image2.jpg"}],
         "annotations": [
          {"id": 7, "image_id": 1, "caption": "two cats lie on a bed", "foil": false, "foil_word": "ORIG", "target_word": "ORIG"},
          {"id": 7, "image_id": 1, "caption": "two airplanes lie on a bed", "foil": true, "foil_word": "airplane", "target_word": "cat"},
          {"id": 8, "image_id": 2, "caption": "a pizza looks at the camera", "foil": true, "foil_word": "pizza", "target_word": "dog"},
          {"id": 9, "image_id": 2, "caption": "a dog looks at the camera", "foil": true, "foil_word": "zebra", "target_word": "dog"}]}
        """#
      try Data(text.utf8).write(to: file)
      var set = try LocalizationSet(
        contentsOf: file, images: images, selection: CaptionSelection(), kinds: .builtIn, seed: 0,
        keepGoing: false)
      #expect(set.isFOIL)
      let result = try CaptionExplainer(embedder: mini()).localization(of: &set)
      // The third foil's word is not in its caption.
      let summary = result.summary
      #expect(summary.firstOverChance > 1 && result.suggestedThreshold == nil)
      try Data(#"{"annotations": [], "x": "foil_word"}"#.utf8).write(to: file)
      #expect(throws: ExplanationError.self) {
        try LocalizationSet(
          contentsOf: file, images: images, selection: CaptionSelection(), kinds: .builtIn, seed: 0,
          keepGoing: false)
      }
    }
  }
}
