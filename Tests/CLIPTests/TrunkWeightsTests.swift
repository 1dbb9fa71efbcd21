import CLIP
import Foundation
import ModelSupport
import TestSupport
import Testing

@Suite struct TrunkWeightsTests {
  /// The tensors of a trunk under timm's names, and its classifier's.
  private func timm(_ trunk: ConvolutionalTrunk) -> [String: StoredTensor] {
    var tensors: [String: StoredTensor] = [:]
    for (name, shape) in trunk.parameterShapes {
      let own = String(name.dropFirst(TrunkNames.prefix.count))
      tensors[own] = StoredTensor(shape: shape, floats: TrunkModel.values(own, shape))
    }
    for (name, shape) in [("classifier.weight", [3, 1_280]), ("classifier.bias", [3])] {
      tensors[name] = StoredTensor(shape: shape, floats: TrunkModel.values(name, shape))
    }
    return tensors
  }

  private func write(_ tensors: [String: StoredTensor], in folder: URL) throws -> URL {
    let file = folder.appendingPathComponent("weights.safetensors")
    _ = try SafetensorsWriter(storage: .float32).write(tensors, to: file)
    return file
  }

  @Test(arguments: ConvolutionalTrunk.Architecture.allCases)
  func shapesTellTheNetwork(_ architecture: ConvolutionalTrunk.Architecture) throws {
    let trunk = ConvolutionalTrunk(architecture)
    try TestData.withTemporaryFolder { folder in
      let tensors = timm(trunk)
      let imported = try TrunkWeights(importing: write(tensors, in: folder))
      #expect(imported.trunk == trunk)
      #expect(
        imported.preprocessing.mean == [0.5, 0.5, 0.5] && imported.preprocessing.std == [0.5, 0.5, 0.5])
      let output = folder.appendingPathComponent("trunk")
      #expect(
        try imported.write(to: output).files
          == ["config.json", "model.safetensors", "preprocessor_config.json"])
      let opened = try TrunkWeights(opening: output)
      #expect(opened.trunk == trunk && opened.preprocessing == imported.preprocessing)
      #expect(Set(opened.tensors.keys) == Set(trunk.parameterShapes.map(\.name)))
      for (name, tensor) in opened.tensors {
        let own = String(name.dropFirst(TrunkNames.prefix.count))
        let same = try #require(tensors[own])
        #expect(tensor.bytes.elementsEqual(same.bytes))
      }
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: output) }
      #expect(error?.description.contains("a convolutional trunk alone") == true)
    }
  }

  /// The embeddings of a trunk of efficientnet-lite-pytorch, whose images are prepared as its own are.
  @Test func thePackagesWeightsComputeWhatThePackageDoes() throws {
    let golden = try TrunkGolden("package-lite2")
    try TestData.withTemporaryFolder { folder in
      let imported = try TrunkWeights(importing: write(golden.tensors(), in: folder))
      #expect(imported.trunk.architecture == .efficientNetLite2)
      let vision = VisionConfiguration(trunk: imported.trunk, imageSize: 260)
      var checkpoint = try TrunkModel.checkpoint(
        CLIPConfiguration(vision: vision, text: TrunkConfigurationTests.text, embeddingWidth: 20))
      checkpoint.tensors.merge(imported.tensors) { $1 }
      let projection = "projection.weight"
      checkpoint.tensors["visual_projection.weight"] = StoredTensor(
        shape: [20, 1_280], floats: TrunkModel.values(projection, [20, 1_280]))
      let images = TrunkModel.images(260)
      let found = try CLIPModel(checkpoint, threads: 2).embedImages(
        count: images.count, normalization: imported.preprocessing.normalization, normalized: false
      ) { images[$0] }
      for (row, expected) in golden.image_embeddings.enumerated() {
        #expect(distance(found[row], expected) < 1e-8)
      }
    }
  }

  @Test func whatIsMissingOrLeftOverIsNamed() throws {
    let trunk = ConvolutionalTrunk(.efficientNetLite0)
    let cases: [(change: (inout [String: StoredTensor]) -> Void, expected: String)] = [
      ({ $0["blocks.2.0.bn1.weight"] = nil }, "lacks 1 tensor of the architecture: blocks.2.0.bn1.weight"),
      (
        { $0["blocks.2.0.se.conv_reduce.weight"] = StoredTensor(shape: [1], floats: [0]) },
        "blocks.2.0.se.conv_reduce.weight"
      ),
      (
        { $0["conv_head.weight"] = StoredTensor(shape: [2, 1, 1, 1], floats: [0, 0]) },
        "conv_head.weight should have the shape [1280, 320, 1, 1]"
      ),
      ({ $0 = ["layer1.weight": StoredTensor(shape: [1], floats: [0])] }, "neither conv_stem nor _conv_stem"),
    ]
    for (change, expected) in cases {
      try TestData.withTemporaryFolder { folder in
        var tensors = timm(trunk)
        change(&tensors)
        let file = try write(tensors, in: folder)
        let error = #expect(throws: CheckpointError.self) { try TrunkWeights(importing: file) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func filesFromBeforeZipArchivesAreRead() throws {
    let archive = try TorchArchive(TrunkGolden.file("old.pth"))
    #expect(Set(archive.names) == ["whole", "across", "row", "again", "half", "count"])
    func numbers(_ name: String) throws -> [Float] {
      let tensor = try #require(try archive.tensor(name))
      return try (0..<tensor.count).map { try #require(tensor.element(at: $0)) }
    }
    let whole = (0..<12).map { Float($0) / 8 }
    #expect(try numbers("whole") == whole && numbers("again") == whole && numbers("half") == whole)
    #expect(try numbers("row") == Array(whole[4..<8]))
    #expect(try numbers("across") == (0..<12).map { whole[$0 % 3 * 4 + $0 / 3] })
    #expect(throws: CheckpointError.self) { try archive.tensor("count") }
  }

  @Test func aDamagedFileFromBeforeZipArchivesIsAnErrorOrReadsFine() throws {
    let bytes = try Data(contentsOf: TrunkGolden.file("old.pth"))
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("old.pth")
      for length in stride(from: 15, to: bytes.count, by: 7) {
        try bytes.prefix(length).write(to: file)
        #expect(throws: (any Error).self) {
          let archive = try TorchArchive(file)
          for name in archive.names { _ = try archive.tensor(name) }
        }
      }
      for place in stride(from: 15, to: bytes.count, by: 3) {
        var changed = bytes
        changed[place] ^= 0xA5
        try changed.write(to: file)
        guard let archive = try? TorchArchive(file) else { continue }
        for name in archive.names { _ = try? archive.tensor(name) }
      }
    }
  }
}
