import CLIP
import CaptionMetrics
import Captioning
import Foundation
import TestSupport
import Testing
import Training

/// Rewards against values that were computed by hand.
struct RewardValueTests {
  private func session(
    _ reward: String, _ references: [String: [String]], standardizes: Bool = false
  ) throws -> RewardSession {
    var options = RewardSession.Options()
    options.standardizes = standardizes
    let session = try RewardSession(RewardExpression(reward), embedder: nil, options: options)
    let ids = references.keys.sorted()
    try session.add(ids, images: nil, references: ids.map { references[$0] ?? [] })
    return session
  }

  /// Two images, "a cat" and "a dog": with the end counted, "a" and the end are in both and weigh ln(2/2) = 0; all other n-grams are
  /// in one and weigh ln 2.
  @Test func theEndIsAWordOfCIDEr() throws {
    let session = try session("cider", ["x": ["a cat"], "y": ["a dog"]])
    let found = try session.scores([
      (id: "x", text: "a cat", isFinished: true), (id: "x", text: "a cat", isFinished: false),
      (id: "x", text: "a", isFinished: true), (id: "x", text: "", isFinished: true),
      (id: "x", text: "", isFinished: false),
    ]).total
    // Equal in words, pairs and the triple; there is no n-gram of 4.
    #expect(abs(found[0] - 10.0 * 3 / 4) < 1e-9)
    // One of two pairs, no triple, and a pair fewer: e^(−1/72).
    #expect(abs(found[1] - 10 * (1 + 1 / 2.0.squareRoot()) / 4 * exp(-1.0 / 72)) < 1e-9)
    // "a" and the end weigh nothing, and no image has them beside each other: such a pair has a weight, and nothing in common.
    #expect(found[2...].allSatisfy { $0 == 0 })
  }

  /// Were the end missing in the references, a caption that breaks off would be equal to them.
  @Test func longReferencesHaveAnEndToo() throws {
    let long = (0..<25).map { "q\(UnicodeScalar(UInt8(97 + $0)))" }.joined(separator: " ")
    let session = try session("cider", ["x": [long], "y": ["a dog"], "z": ["a cat"]])
    let found = try session.scores([
      (id: "x", text: long, isFinished: true), (id: "x", text: long, isFinished: false),
    ]).total
    #expect(abs(found[0] - 10) < 1e-9)
    // All words, which weigh ln 3 but for the end's ln(3/3) = 0; 24 of 25 pairs, 23 of 24 triples, 22 of 23 n-grams of 4.
    let shares: [Double] = [1, 24.0 / 25, 23.0 / 24, 22.0 / 23]
    let cosines = shares.map { $0.squareRoot() }
    let mean = cosines.reduce(0, +) / 4
    #expect(abs(found[1] - 10 * mean * exp(-1.0 / 72)) < 1e-9)
  }

  /// In training the references of the training images are counted with their ends, those with a full stop and those that are longer than any
  /// caption of the captioner too.
  @Test func theEndIsCountedInTheReferencesOfTraining() throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["a", "b", "c"] { try Data().write(to: folder.appendingPathComponent("\(name).jpg")) }
      let long = (0..<25).map { "q\(UnicodeScalar(UInt8(97 + $0)))" }.joined(separator: " ")
      let captions = "a.jpg#0\tA cat.\na.jpg#1\ta small cat\nb.jpg#0\t\(long) .\nc.jpg#0\ta dog .\n"
      let file = folder.appendingPathComponent("captions.txt")
      try Data(captions.utf8).write(to: file)
      let set = try TrainingSet.captions(file, images: folder)
      let items = (0..<set.count).filter { set.id($0).hasPrefix("c") == false }
      let frequency = try RewardModel.documentFrequency(of: set, items: items)
      #expect(frequency.imageCount == 2)
      for (words, count) in [
        ("endofcaption", 2), ("cat endofcaption", 1), ("a small cat endofcaption", 1), ("qy endofcaption", 1),
        ("qx qy endofcaption", 1), ("dog endofcaption", 0), ("a", 1),
      ] {
        #expect(frequency.frequency(of: words) == count, "\(words)")
      }
    }
  }

  /// ROUGE-L and BLEU see the end as well.
  @Test(arguments: ["rouge", "bleu1", "bleu2"]) func theEndIsAWordOfOtherMetrics(_ reward: String) throws {
    let session = try session(reward, ["x": ["a cat"]])
    let found = try session.scores([
      (id: "x", text: "a cat", isFinished: true), (id: "x", text: "a cat", isFinished: false),
    ]).total
    #expect(abs(found[0] - 1) < 1e-6)
    #expect(found[1] < 0.9)
  }

  @Test func aStandardisedPartHasTheMean0AndTheDeviation1OfEachImage() throws {
    let references = ["x": ["a cat"], "y": ["two dogs run"]]
    let captions = [
      (id: "x", text: "a cat", isFinished: true), (id: "x", text: "a dog", isFinished: true),
      (id: "x", text: "some dogs", isFinished: false), (id: "y", text: "dogs", isFinished: true),
      (id: "y", text: "dogs", isFinished: true),
    ]
    let raw = try session("rouge", references).scores(captions).total
    let mean = raw[..<3].reduce(0, +) / 3
    let deviation = (raw[..<3].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3).squareRoot()
    #expect(deviation > 0.1)
    let scores = try session("2*rouge", references, standardizes: true).scores(captions)
    for index in 0..<3 { #expect(abs(scores.total[index] - 2 * (raw[index] - mean) / deviation) < 1e-9) }
    // Where all samples are alike there is nothing to tell them apart by.
    #expect(scores.total[3...].allSatisfy { $0 == 0 })
    #expect(scores.parts.first?.values == raw)
    // They need not stand together.
    let order = [3, 0, 4, 1, 2]
    let mixed = try session("2*rouge", references, standardizes: true).scores(order.map { captions[$0] })
    #expect(mixed.total == order.map { scores.total[$0] })
  }

  @Test func aRewardThatComparesNeedsReferences() throws {
    let session = try RewardSession(RewardExpression("rouge"), embedder: nil, options: .init())
    #expect(throws: CaptioningError.noReferences(reward: "rouge", item: "y")) {
      try session.add(["x", "y"], images: nil, references: [["a cat"], []])
    }
    #expect(throws: CaptioningError.noReferences(reward: "rouge", item: "x")) {
      try session.add(["x"], images: nil, references: nil)
    }
  }

  @Test(arguments: [Double.nan, .infinity]) func aRewardThatIsNoFiniteNumberIsAnError(_ value: Double) throws
  {
    struct Broken: CaptionReward {
      let value: Double
      func scores(_ captions: [RewardedCaption]) -> [Double] { captions.map { $0.item == 1 ? value : 0 } }
    }
    let captions = [
      RewardedCaption(item: 0, text: "a cat", isFinished: true),
      RewardedCaption(item: 1, text: "a dog", isFinished: true),
    ]
    let expression = try RewardExpression("0*rouge")
    let expected = CaptioningError.rewardNotFinite(reward: "rouge", item: "image 1", caption: "a dog")
    #expect(throws: expected) {
      try RewardModel.scores(
        captions, expression, [Broken(value: value)], standardizes: false, id: { "image \($0)" })
    }
  }

  /// An empty sample is worth nothing, and no error.
  @Test(arguments: [true, false]) func anEmptyCaptionIsRewardedWithNothing(_ isFinished: Bool) throws {
    let model = TestData.fixtures(#filePath.replacing("/CaptioningTests/", with: "/PlumbTests/"))
      .appendingPathComponent("tiny-clip")
    let embedder = try CLIPEmbedder(opening: model, options: CLIPEmbedder.Options(threads: 1))
    let session = try RewardSession(
      RewardExpression("clip + reflclip + cider + bleu4 + rouge"), embedder: embedder, options: .init())
    let image = [Float](
      repeating: Float(1 / Double(embedder.dimension).squareRoot()), count: embedder.dimension)
    try session.add(["x", "y"], images: [image, image], references: [["a cat"], ["a dog"]])
    let found = try session.scores([
      (id: "x", text: "", isFinished: isFinished), (id: "x", text: "a cat", isFinished: true),
    ])
    for part in found.parts where !["rouge", "bleu4"].contains(part.name) {
      #expect(part.values[0] == 0, "\(part.name)")
    }
    // The end alone may be in common.
    for part in found.parts { #expect(part.values[0].isFinite && part.values[0] < 0.7, "\(part.name)") }
    #expect(found.total[1] > found.total[0])
  }
}
