import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct ImageDecodingTests {
  @Test func everyFixtureDecodesToPillowsPixels() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    let golden = try ImageGolden.load()
    #expect(golden.decoded.count > 70)
    for expected in golden.decoded {
      let image = try loader.prepare(ImageGolden.bytes(expected.file), name: expected.file)
      #expect(image.height == expected.height && image.width == expected.width, "\(expected.file)")
      #expect(Array(image.pixels.prefix(6)) == expected.first, "\(expected.file)")
      #expect(crc32(image.pixels) == expected.crc, "\(expected.file)")
    }
  }

  @Test func transparencyCanBeLaidOverWhiteAsTransformersDoes() throws {
    var preprocessing = ImageGolden.asStored
    preprocessing.transparency = .overWhite
    let loader = ImageLoader(preprocessing: preprocessing)
    for expected in try ImageGolden.load().decoded {
      let image = try loader.prepare(ImageGolden.bytes(expected.file), name: expected.file)
      #expect(crc32(image.pixels) == expected.overWhite, "\(expected.file)")
    }
  }

  @Test func orientationIsHonouredOnRequestOnly() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored, honoursEXIF: true)
    var turned = 0
    for expected in try ImageGolden.load().decoded {
      let image = try loader.prepare(ImageGolden.bytes(expected.file), name: expected.file)
      #expect(image.height == expected.uprightHeight, "\(expected.file)")
      #expect(crc32(image.pixels) == expected.upright, "\(expected.file)")
      if expected.upright != expected.crc { turned += 1 }
    }
    #expect(turned >= 9)
  }

  @Test func aTruncatedFileIsRefusedWherePillowRefusesIt() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    for expected in try ImageGolden.load().truncated {
      let whole = try ImageGolden.bytes(expected.file)
      let data = whole.prefix(expected.length)
      let found = try? loader.prepare(data, name: expected.file)
      // libpng wants the checksums after the last row as well; Pillow does not look at them.
      if found == nil && expected.file.hasSuffix("png") && expected.length >= whole.count - 20 { continue }
      #expect(found.map { crc32($0.pixels) } == expected.crc, "\(expected.file) cut at \(expected.length)")
    }
  }

  @Test func aCutPictureIsCalledTruncated() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    for (file, format) in [
      ("progressive.jpg", ImageFormat.jpeg), ("filtered.png", .png), ("lossy.webp", .webp),
    ] {
      let data = try ImageGolden.bytes(file)
      #expect(throws: ImageError.truncated(file: file, format: format)) {
        try loader.prepare(data.prefix(data.count / 2), name: file)
      }
    }
  }

  @Test(arguments: [
    ("GIF89a\u{1}\0\u{1}\0", "a GIF picture"), ("II*\0\u{8}\0\0\0", "a TIFF picture"),
    ("BM6\0\0\0\0\0\0\0000000000000000000000", "a BMP picture"), ("\0\0\0 ftypavif\0\0", "an AVIF picture"),
    ("\0\0\0 ftypheic\0\0", "a HEIC picture"), ("%PDF-1.4", "a PDF document"),
    ("8BPS\0\u{1}", "a Photoshop picture"),
    ("\0\0\0 ftypisom\0\0", "a video or another file of the MP4 family"), ("PK\u{3}\u{4}", "a ZIP archive"),
    ("<!DOCTYPE html><html></html>", "an HTML page (not the picture itself)"), ("a dog", "a text file"),
    ("<svg xmlns=''/>", "an SVG drawing"), ("\0\u{1}\u{2}", "an unknown format"),
    ("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer (not the picture itself)"),
  ])
  func otherFormatsAreNamed(content: String, name: String) {
    let loader = ImageLoader(preprocessing: .clip(imageSize: 224))
    #expect(throws: ImageError.notSupported(file: "x.jpg", found: name)) {
      try loader.prepare(Data(content.utf8), name: "x.jpg")
    }
  }

  @Test func anEmptyAMissingAndANonFileAreRefused() throws {
    let loader = ImageLoader(preprocessing: .clip(imageSize: 224))
    #expect(throws: ImageError.empty(file: "e.png")) { try loader.prepare(Data(), name: "e.png") }
    try TestData.withTemporaryFolder { folder in
      let missing = folder.appendingPathComponent("missing.png")
      for url in [missing, folder] {
        #expect { try loader.prepare(contentsOf: url) } throws: { error in
          guard case ImageError.unreadable = error else { return false }
          return "\(error)".contains(url.lastPathComponent)
        }
      }
    }
  }

  @Test func aBombIsRefusedBeforeMemoryIsTaken() throws {
    // A header that promises 2^31 − 1 squared pixels; there is no data after it.
    var header = try ImageGolden.bytes("rgb_8.png")
    header.replaceSubrange(16..<24, with: [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
    let checksum = crc32(header[12..<29])
    for i in 0..<4 { header[29 + i] = UInt8(checksum.dropFirst(i * 2).prefix(2), radix: 16) ?? 0 }
    let loader = ImageLoader(preprocessing: .clip(imageSize: 224))
    let side = Int(Int32.max)
    #expect(
      throws: ImageError.tooLarge(file: "bomb.png", width: side, height: side, limit: loader.pixelLimit)
    ) { try loader.prepare(header, name: "bomb.png") }
  }

  @Test(arguments: ["baseline_420.jpg", "rgb_8.png", "lossy.webp", "animated.webp"])
  func thePixelLimitIsTheLastSizeThatPasses(file: String) throws {
    let data = try ImageGolden.bytes(file)
    var loader = ImageLoader(preprocessing: ImageGolden.asStored)
    let image = try loader.prepare(data, name: file)
    loader.pixelLimit = image.width * image.height
    _ = try loader.prepare(data, name: file)
    loader.pixelLimit -= 1
    #expect(
      throws: ImageError.tooLarge(
        file: file, width: image.width, height: image.height, limit: loader.pixelLimit)
    ) { try loader.prepare(data, name: file) }
  }

  @Test(arguments: ["jpg", "png", "webp"])
  func damagedPicturesNeverCrash(suffix: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: ImageGolden.folder.path).sorted()
    let corpus = try names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix("shape") }.map(ImageGolden.bytes)
    var preprocessing = ImagePreprocessing.clip(imageSize: 32)
    preprocessing.transparency = .overWhite
    let loader = ImageLoader(preprocessing: preprocessing, pixelLimit: 1 << 20, honoursEXIF: true)
    Fuzzing.run(corpus: corpus) { data in
      _ = try loader.prepare(data, name: "fuzz")
    }
  }
}
