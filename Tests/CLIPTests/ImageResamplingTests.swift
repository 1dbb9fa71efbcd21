import CLIP
import TestSupport
import Testing

@Suite struct ImageResamplingTests {
  private static let filters: [String: Resampling] = [
    "nearest": .nearest, "lanczos": .lanczos, "bilinear": .bilinear, "bicubic": .bicubic, "box": .box,
    "hamming": .hamming,
  ]

  private static func noise(height: Int, width: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<(height * width * 3)).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 56) }
  }

  @Test func everyPathGivesPillowsBytesForEveryFilterAndShape() throws {
    for expected in try ImageGolden.load().resized {
      let filter = try #require(Self.filters[expected.filter])
      let pixels = Self.noise(height: expected.height, width: expected.width, seed: expected.seed)
      let size = (height: expected.newHeight, width: expected.newWidth)
      let label = "\(expected.filter) \(expected.height)×\(expected.width) to \(size)"
      let fast = try #require(
        Resampler(filter: filter).resize(pixels, height: expected.height, width: expected.width, to: size))
      #expect(Array(fast.prefix(6)) == expected.first, "\(label)")
      #expect(crc32(fast) == expected.crc, "\(label)")
      let portable = Resampler(filter: filter, isPortable: true)
        .resize(pixels, height: expected.height, width: expected.width, to: size)
      #expect(portable == fast, "\(label)")
      if filter == .nearest { continue }
      let reference = ReferenceResampler(filter: filter).resize(
        pixels, height: expected.height, width: expected.width, toHeight: size.height, toWidth: size.width)
      #expect(fast == reference, "\(label)")
    }
  }

  @Test func aWindowHoldsTheBytesThatACropOfTheWholeHolds() throws {
    var generator = SeededGenerator(seed: 7)
    for round in 0..<120 {
      let (height, width) = (
        Int.random(in: 1...70, using: &generator), Int.random(in: 1...70, using: &generator)
      )
      let size = (
        height: Int.random(in: 1...90, using: &generator), width: Int.random(in: 1...90, using: &generator)
      )
      let filter = Resampling.allCases[round % Resampling.allCases.count]
      let pixels = Self.noise(height: height, width: width, seed: UInt64(round))
      let top = Int.random(in: 0..<size.height, using: &generator)
      let left = Int.random(in: 0..<size.width, using: &generator)
      let rows = top..<Int.random(in: (top + 1)...size.height, using: &generator)
      let columns = left..<Int.random(in: (left + 1)...size.width, using: &generator)
      let resampler = Resampler(filter: filter)
      let whole = try #require(resampler.resize(pixels, height: height, width: width, to: size))
      let window = try #require(
        resampler.resize(pixels, height: height, width: width, to: size, rows: rows, columns: columns))
      let cropped = rows.flatMap { row in
        whole[((row * size.width + columns.lowerBound) * 3)..<((row * size.width + columns.upperBound) * 3)]
      }
      #expect(window == cropped, "\(filter) \(height)×\(width) to \(size), rows \(rows), columns \(columns)")
    }
  }

  @Test func anAbsurdlyLongSideIsRefusedInsteadOfFillingTheMemory() {
    let pixels = [UInt8](repeating: 0, count: 3 << 25)
    #expect(
      Resampler(filter: .bicubic).resize(pixels, height: 1, width: 1 << 25, to: (height: 1, width: 224))
        == nil)
  }
}
