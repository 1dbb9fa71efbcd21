import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct ImageRegionTests {
  private let loader = ImageLoader(preprocessing: ImageGolden.asStored)
  private let url = ImageGolden.folder.appendingPathComponent("9x17.jpg")

  @Test(arguments: [
    ImageRegion.Box(x: 0, y: 0, width: 9, height: 17), .init(x: 2, y: 3, width: 4, height: 5),
    .init(x: -3, y: -2, width: 20, height: 30), .init(x: 5, y: 10, width: 30, height: 2),
    .init(x: 9, y: 17, width: 3, height: 3), .init(x: -50, y: 4, width: 5, height: 5),
    .init(x: .max, y: .min, width: 2, height: 2),
  ])
  func aRectangleIsCutOutAndBlackOutsideTheImage(box: ImageRegion.Box) throws {
    let whole = try loader.prepare(contentsOf: url)
    let part = try loader.prepare(ImageRegion(url, box: box))
    #expect(part.width == box.width && part.height == box.height)
    var expected: [UInt8] = []
    for row in 0..<box.height {
      for column in 0..<box.width {
        let (x, y) = (box.x &+ column, box.y &+ row)
        let isInside = (0..<whole.width).contains(x) && (0..<whole.height).contains(y)
        for channel in 0..<3 {
          expected.append(isInside ? whole.pixels[(y * whole.width + x) * 3 + channel] : 0)
        }
      }
    }
    #expect(part.pixels == expected)
  }

  @Test(arguments: [
    (0, 5), (5, 0), (-1, 5), (.max, .max), (1 << 24, 1 << 24), (.max, 1),
  ])
  func rectanglesWithoutPixelsOrWithTooManyAreRefused(width: Int, height: Int) {
    #expect(throws: ImageError.self) {
      try loader.prepare(ImageRegion(url, box: .init(x: 0, y: 0, width: width, height: height)))
    }
  }

  @Test func noRectangleIsTheWholeImage() throws {
    #expect(try loader.prepare(ImageRegion(url)) == loader.prepare(contentsOf: url))
  }
}
