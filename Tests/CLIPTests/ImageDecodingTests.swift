import CLIP
import Files
import Foundation
import TestSupport
import Testing

@Suite struct ImageDecodingTests {
  @Test func everyFixtureDecodesToPillowsPixels() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    let golden = try ImageGolden.load()
    #expect(golden.decoded.count > 120)
    for expected in golden.decoded where try ImageGolden.isReadable(expected.file) {
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
    for expected in try ImageGolden.load().decoded where try ImageGolden.isReadable(expected.file) {
      let image = try loader.prepare(ImageGolden.bytes(expected.file), name: expected.file)
      #expect(crc32(image.pixels) == expected.overWhite, "\(expected.file)")
    }
  }

  @Test func orientationIsHonouredOnRequestOnly() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored, honoursEXIF: true)
    var turned = 0
    for expected in try ImageGolden.load().decoded where try ImageGolden.isReadable(expected.file) {
      let image = try loader.prepare(ImageGolden.bytes(expected.file), name: expected.file)
      #expect(image.height == expected.uprightHeight, "\(expected.file)")
      #expect(crc32(image.pixels) == expected.upright, "\(expected.file)")
      if expected.upright != expected.crc { turned += 1 }
    }
    #expect(turned >= 9)
  }

  @Test func anOrientationOfAnyNumericTypeTurnsAsPillowDoes() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored, honoursEXIF: true)
    let plain = try ImageGolden.bytes("9x17.jpg")
    var turned: Set<Int> = []
    for expected in try ImageGolden.load().orientations {
      let block = stride(from: 0, to: expected.exif.count, by: 2).map { at in
        UInt8(expected.exif.dropFirst(at).prefix(2), radix: 16) ?? 0
      }
      var file = plain.prefix(2) + [0xFF, 0xE1, 0, UInt8(block.count + 8)]
      file += Data("Exif\0\0".utf8) + block + plain.dropFirst(2)
      let image = try loader.prepare(Data(file), name: "x.jpg")
      #expect(image.width == expected.width, "type \(expected.type): \(expected.exif)")
      #expect(crc32(image.pixels) == expected.crc, "type \(expected.type): \(expected.exif)")
      if expected.width == 17 { turned.insert(expected.type) }
    }
    #expect(turned.isSuperset(of: [3, 4, 6, 8, 9]))
  }

  @Test(
    .enabled(if: ImageFormat.avif.isReadable, "AVIF and HEIC need the package libheif1"))
  func imagesOfVideoCodecsAreCloseToPillows() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    for expected in try ImageGolden.load().close {
      let image: PreparedImage
      do {
        image = try loader.prepare(ImageGolden.bytes(expected.file), name: expected.file)
      } catch ImageError.unsupportedFlavor {
        continue  // libheif without this codec
      }
      #expect(image.height == expected.height && image.width == expected.width, "\(expected.file)")
      let own = stride(from: 0, to: image.pixels.count, by: 7).map { image.pixels[$0] }
      let differences = zip(own, expected.bytes).map { abs(Int($0) - Int($1)) }
      let mean = Double(differences.reduce(0, +)) / Double(max(1, differences.count))
      // libheif repeats chroma that libavif interpolates.
      let isSubsampled = expected.file == "lossy_420.avif"
      #expect(mean < (isSubsampled ? 6 : 0.5), "\(expected.file): \(mean)")
      if !isSubsampled { #expect(differences.max() ?? 255 <= 2, "\(expected.file)") }
    }
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

  @Test func aCutImageIsCalledTruncated() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    for (file, format) in [
      ("progressive.jpg", ImageFormat.jpeg), ("filtered.png", .png), ("lossy.webp", .webp), ("rgb.bmp", .bmp),
      ("palette.gif", .gif),
    ] where format.isReadable {
      let data = try ImageGolden.bytes(file)
      #expect(throws: ImageError.truncated(file: file, format: format)) {
        try loader.prepare(data.prefix(data.count / 2), name: file)
      }
    }
  }

  /// Files whose pixels a decoder would have to make up in part, which Pillow refuses.
  static let madeUp: [(file: String, change: @Sendable (inout Data) -> Void)] = [
    // A marker that there is not, in the middle of the coefficients.
    ("baseline_422.jpg", { $0[4_702] = 0x80 }),
    // A code of LZW before it has a meaning.
    ("palette.gif", { $0[300] ^= 0xFF }),
    // Two bytes more in a stream, which would go on in what lies behind its chunk.
    ("lossless.webp", { $0.insert(contentsOf: [0x55, 0x55], at: 2_000) }),
    // The end of the palette, without which libtiff calls the numbers greys.
    ("palette.tif", { $0.removeLast() }),
    // The end of the run lengths before the first of them.
    ("runs_8.bmp", { $0.replaceSubrange(118..<120, with: [0, 1]) }),
  ]

  @Test(arguments: madeUp.indices)
  func pixelsAreNeverMadeUp(index: Int) throws {
    let (file, change) = Self.madeUp[index]
    guard try ImageGolden.isReadable(file) else { return }
    var data = try ImageGolden.bytes(file)
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    _ = try loader.prepare(data, name: file)
    change(&data)
    let error = #expect(throws: ImageError.self) { try loader.prepare(data, name: file) }
    switch error {
    case .truncated, .damaged: break
    default: Issue.record("\(file): \(error as Any)")
    }
  }

  @Test(.enabled(if: ImageFormat.gif.isReadable, "GIF needs the package libgif7"))
  func aGIFWithoutItsEndOrWithBytesBetweenItsBlocksIsRead() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    let data = try ImageGolden.bytes("palette.gif")
    let whole = try loader.prepare(data, name: "palette.gif")
    // The empty block behind the codes, and the end of the file.
    let open = try loader.prepare(data.dropLast(2), name: "palette.gif")
    #expect(open.pixels == whole.pixels)
    let block = 13 + 3 * 64  // behind the header and a palette of 64 colours
    #expect(data[block] == UInt8(ascii: ","))
    let loose = try loader.prepare(data[..<block] + [0, 0] + data[block...], name: "palette.gif")
    #expect(loose.pixels == whole.pixels)
  }

  @Test func aBitmapThatDoesNotSayWhereItsPixelsAreHasThemBehindItsPalette() throws {
    let loader = ImageLoader(preprocessing: ImageGolden.asStored)
    for file in ["palette.bmp", "gray.bmp", "rgb.bmp"] {
      var data = try ImageGolden.bytes(file)
      let whole = try loader.prepare(data, name: file)
      data.replaceSubrange(10..<14, with: [0, 0, 0, 0])
      let unplaced = try loader.prepare(data, name: file)
      #expect(unplaced.pixels == whole.pixels, "\(file)")
    }
  }

  @Test(arguments: [
    ("%PDF-1.4", "a PDF document"), ("8BPS\0\u{1}", "a Photoshop image"),
    ("\0\0\0 ftypisom\0\0", "a video or another file of the MP4 family"), ("PK\u{3}\u{4}", "a ZIP archive"),
    ("a dog", "a text file"), ("<svg xmlns=''/>", "an SVG drawing"), ("\0\u{1}\u{2}", "an unknown format"),
    ("BM of cats\0\0\0\0\u{7}\0\0\0\0\0\0\0\0\0", "an unknown format"),
  ])
  func otherFormatsAreNamed(content: String, name: String) {
    let loader = ImageLoader(preprocessing: .clip(imageSize: 224))
    #expect(throws: ImageError.notSupported(file: "x.jpg", found: name)) {
      try loader.prepare(Data(content.utf8), name: "x.jpg")
    }
  }

  @Test(arguments: [
    ("<!DOCTYPE html><html></html>", "a web page", "/resolve/"),
    ("\n\n  <html lang=en><head>", "a web page", "/resolve/"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer", "git lfs pull"),
  ])
  func whatWasSavedInAImagesPlaceIsNamed(content: String, what: String, remedy: String) {
    let loader = ImageLoader(preprocessing: .clip(imageSize: 224))
    let error = #expect(throws: ImageError.self) { try loader.prepare(Data(content.utf8), name: "x.jpg") }
    let text = "\(error as Any)"
    #expect(text.contains("x.jpg") && text.contains(what) && text.contains(remedy), "\(text)")
  }

  @Test func aFormatWithoutItsLibraryNamesThePackage() {
    for (format, package) in [
      (ImageFormat.gif, "libgif7"), (.tiff, "libtiff6"), (.avif, "libheif1"), (.heic, "libheif1"),
    ] {
      #expect(format.libraryPackage == package)
      let text = "\(ImageError.missingLibrary(file: "x", format: format, package: package))"
      #expect(text.contains(format.rawValue) && text.contains("apt-get install \(package)"))
    }
    for format in [ImageFormat.jpeg, .png, .webp, .bmp] { #expect(format.isReadable) }
  }

  @Test func theFixturesExtensionsAreThoseThatFoldersAreSearchedFor() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: ImageGolden.folder.path)
    let found = Set(names.map { ($0 as NSString).pathExtension }).subtracting(["", "json", "md"])
    #expect(found.isSubset(of: ImageFormat.fileExtensions) && found.count == 8)
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

  @Test(arguments: [
    "baseline_420.jpg", "rgb_8.png", "lossy.webp", "animated.webp", "rgb.bmp", "runs_8.bmp", "palette.gif",
    "rgb_lzw.tif", "quality_100_444.avif",
  ])
  func thePixelLimitIsTheLastSizeThatPasses(file: String) throws {
    guard try ImageGolden.isReadable(file) else { return }
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

  @Test(arguments: ["jpg", "png", "webp", "bmp", "gif", "tif", "avif", "heic"])
  func damagedImagesNeverCrash(suffix: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: ImageGolden.folder.path).sorted()
    let corpus = try names.filter { $0.hasSuffix(suffix) && !$0.hasPrefix("shape") }.map(ImageGolden.bytes)
    var preprocessing = ImagePreprocessing.clip(imageSize: 32)
    preprocessing.transparency = .overWhite
    let loader = ImageLoader(preprocessing: preprocessing, pixelLimit: 1 << 20, honoursEXIF: true)
    let stored = ImageLoader(preprocessing: .openAI(imageSize: 32), pixelLimit: 1 << 20)
    Fuzzing.run(corpus: corpus) { data in
      _ = try? stored.prepare(data, name: "fuzz")
      _ = try loader.prepare(data, name: "fuzz")
    }
  }
}
