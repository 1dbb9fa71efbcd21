import CLIP
import Foundation
import TestSupport
import Testing
import Training

@Suite struct ImageTests {
  /// Runs through batches of a set without shuffling.
  static func batches(
    _ set: TrainingSet, _ plan: ImagePlan, size: Int = 4, epochs: Int = 1, threads: Int = 2
  ) throws -> [Batch] {
    let order = try EpochOrder(
      itemCount: set.count, batchSize: size, seed: 1, shuffles: false, keepsLast: true)
    var options = BatchLoader.Options(seed: 9)
    options.images = plan
    options.threads = threads
    let loader = try BatchLoader(set, order: order, options: options, epochs: epochs)
    var batches: [Batch] = []
    while let batch = try loader.next() { batches.append(batch) }
    return batches
  }

  static func floats(_ batches: [Batch]) -> [[Float]] {
    batches.map { $0.images?.withUnsafeFloats { Array($0) } ?? [] }
  }

  @Test func withoutChangesTheNumbersAreThoseThatTheModelSees() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 6)
      let preprocessing = ImagePreprocessing.clip(imageSize: 16)
      let loader = ImageLoader(preprocessing: preprocessing)
      let batches = try Self.batches(set, ImagePlan(preprocessing: preprocessing))
      let expected = try (0..<6).flatMap { item -> [Float] in
        guard case .file(let url) = set.image(item) else { return [] }
        return try preprocessing.normalization.planes(of: loader.prepare(contentsOf: url))
      }
      #expect(Self.floats(batches).flatMap { $0 } == expected)
      #expect(batches.map(\.count) == [4, 2])
      let pixels = try Self.batches(set, ImagePlan(preprocessing: preprocessing, layout: .interleaved))
      let interleaved = Self.floats(pixels).flatMap { $0 }
      for image in 0..<6 {
        for channel in 0..<3 {
          let plane = expected[(image * 3 + channel) * 256..<(image * 3 + channel + 1) * 256]
          #expect((0..<256).map { interleaved[image * 768 + $0 * 3 + channel] } == Array(plane))
        }
      }
    }
  }

  @Test func coloursChangeAsTorchvisionChangesThem() throws {
    struct Golden: Decodable {
      struct Case: Decodable {
        var brightness: Double
        var contrast: Double
        var saturation: Double
        var pixels: [UInt8]
      }
      var peer: String
      var pixels: [UInt8]
      var cases: [Case]
    }
    let data = try Data(contentsOf: MadeUp.fixtures.appendingPathComponent("colours.json"))
    let golden = try JSONDecoder().decode(Golden.self, from: data)
    #expect(golden.cases.count == 9)
    for example in golden.cases {
      var pixels = golden.pixels
      ColorChange(
        brightness: example.brightness, contrast: example.contrast, saturation: example.saturation
      ).apply(to: &pixels)
      #expect(
        pixels == example.pixels,
        "\(golden.peer): \(example.brightness), \(example.contrast), \(example.saturation)")
    }
  }

  @Test func aFlipMirrorsAndAShiftMirrorsAtTheBorder() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 4)
      let preprocessing = ImagePreprocessing.clip(imageSize: 16)
      let plain = Self.floats(try Self.batches(set, ImagePlan(preprocessing: preprocessing)))[0]
      var augmentation = Augmentation()
      augmentation.flip = 1
      let flipped = Self.floats(
        try Self.batches(set, ImagePlan(preprocessing: preprocessing, augmentation: augmentation)))[0]
      for row in 0..<4 * 3 * 16 {
        #expect(Array(flipped[row * 16..<row * 16 + 16]) == plain[row * 16..<row * 16 + 16].reversed())
      }
      augmentation.flip = 0
      augmentation.translation = 3
      let moved = Self.floats(
        try Self.batches(set, ImagePlan(preprocessing: preprocessing, augmentation: augmentation)))[0]
      func mirrored(_ i: Int) -> Int { i < 0 ? -i : i > 15 ? 30 - i : i }
      for image in 0..<4 {
        let found = (-3...3).flatMap { dy in (-3...3).map { (dy, $0) } }.filter { dy, dx in
          (0..<3 * 256).allSatisfy { i in
            let (channel, y, x) = (i / 256, i / 16 % 16, i % 16)
            return moved[image * 768 + i]
              == plain[image * 768 + channel * 256 + mirrored(y - dy) * 16 + mirrored(x - dx)]
          }
        }
        #expect(found.count == 1)
      }
    }
  }

  @Test func aWholeCropIsTheImageResized() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 3)
      let exact = ImagePreprocessing(size: .exact(height: 20, width: 20), crop: nil)
      var augmentation = Augmentation()
      augmentation.cropScale = 1...1
      // Of a square image the whole is the only cut of its size and ratio that is tried in the end.
      augmentation.cropRatio = 1...1
      let cut = try Self.batches(set, ImagePlan(preprocessing: exact, augmentation: augmentation))
      let plain = try Self.batches(set, ImagePlan(preprocessing: exact))
      #expect(Self.floats(cut)[0][2 * 1200..<3600] == Self.floats(plain)[0][2 * 1200..<3600])
    }
  }

  @Test func cutsHaveTheSharesAndRatiosAskedFor() {
    var augmentation = Augmentation()
    augmentation.cropRatio = 0.8...1.25
    var random = DataRandom(seed: 3, purpose: .image)
    var shares: [Double] = []
    for _ in 0..<2000 {
      let box = augmentation.cropBox(height: 200, width: 300, scale: 0.3...0.9, random: &random)
      #expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 300 && box.y + box.height <= 200)
      let ratio = Double(box.width) / Double(box.height)
      #expect((0.78...1.28).contains(ratio))
      shares.append(Double(box.width * box.height) / 60_000)
    }
    #expect(shares.allSatisfy { (0.29...0.91).contains($0) })
    #expect((shares.max() ?? 0) - (shares.min() ?? 0) > 0.3)
    // No cut fits a very long image; the middle is taken.
    let middle = augmentation.cropBox(height: 10, width: 1000, scale: 0.9...1, random: &random)
    #expect(middle.height == 10 && middle.width == 12 && middle.x == 494)
  }

  @Test func erasingSetsARectangleToTheMean() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 8)
      var augmentation = Augmentation()
      augmentation.erasing = 1
      augmentation.erasingScale = 0.2...0.3
      for layout in PixelLayout.allCases {
        let plan = ImagePlan(
          preprocessing: .clip(imageSize: 16), augmentation: augmentation, layout: layout)
        let values = Self.floats(try Self.batches(set, plan)).flatMap { $0 }
        for image in 0..<8 {
          let zeros = values[image * 768..<(image + 1) * 768].count { $0 == 0 }
          #expect((0.15 * 768...0.36 * 768).contains(Double(zeros)))
          #expect(zeros % 3 == 0)
        }
      }
    }
  }

  @Test func changesDependOnTheSeedTheEpochAndTheItemAlone() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 8)
      var augmentation = Augmentation()
      augmentation.cropScale = 0.4...1
      augmentation.flip = 0.5
      augmentation.brightness = 0.3
      augmentation.contrast = 0.3
      augmentation.saturation = 0.3
      augmentation.translation = 2
      augmentation.erasing = 0.3
      let plan = ImagePlan(preprocessing: .clip(imageSize: 16), augmentation: augmentation)
      let one = Self.floats(try Self.batches(set, plan, epochs: 2, threads: 1))
      #expect(Self.floats(try Self.batches(set, plan, epochs: 2, threads: 5)) == one)
      // The same items in batches of another size get the same numbers.
      #expect(
        Self.floats(try Self.batches(set, plan, size: 2, epochs: 2)).flatMap { $0 } == one.flatMap { $0 })
      #expect(one[0] != one[2])
    }
  }

  @Test func settingsWithoutSenseAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let set = try MadeUp.set(in: folder, count: 4)
      let changes: [((inout Augmentation) -> Void, String)] = [
        ({ $0.flip = 1.5 }, "flip should be 0 to 1"), ({ $0.erasing = .nan }, "erasing"),
        ({ $0.brightness = .infinity }, "brightness"), ({ $0.cropScale = 0.5...2 }, "crop scale"),
        ({ $0.translation = -1 }, "translation"), ({ $0.cropRatio = 0...1 }, "crop ratio"),
      ]
      for (change, problem) in changes {
        var augmentation = Augmentation()
        change(&augmentation)
        let plan = ImagePlan(preprocessing: .clip(imageSize: 16), augmentation: augmentation)
        #expect(message { try Self.batches(set, plan) }.contains(problem))
      }
      let loose = ImagePreprocessing(size: .shortestEdge(16), crop: nil)
      #expect(
        message { try Self.batches(set, ImagePlan(preprocessing: loose)) }.contains("one size of 1 to 4096")
      )
    }
  }
}
