import CLIP
import Files
import Foundation
import TestSupport
import Testing

/// The forms in which people hold checkpoints.
@Suite struct CheckpointHoldingsTests {
  @Test(arguments: [
    "model.", "clip.", "student.", "module.", "base_model.model.", "module.student.clip_model.", "net.0.",
    "image_text.",
  ])
  func onePrefixOfAllTensorsIsTakenAway(prefix: String) throws {
    try TestData.withTemporaryFolder { folder in
      let tensors = try CheckpointLeftoverTests.tensors().map { (prefix + $0.name, $0.shape, $0.values) }
      let url = try CheckpointLeftoverTests.write(tensors, to: folder)
      let checkpoint = try Checkpoint.open(at: url, activation: .quickGELU)
      #expect(try CheckpointLeftoverTests.distance(checkpoint) < 1e-9)
    }
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder) { tensors in
        for i in tensors.indices { tensors[i].name = prefix + tensors[i].name }
      }
      #expect(try Checkpoint.open(at: folder).warnings.isEmpty)
    }
  }

  @Test func twoModelsInOneFileAreNamed() throws {
    try TestData.withTemporaryFolder { folder in
      let tensors = try CheckpointLeftoverTests.tensors()
      let both = ["student.", "teacher."].flatMap { prefix in
        tensors.map { (prefix + $0.name, $0.shape, $0.values) }
      }
      let url = try CheckpointLeftoverTests.write(both, to: folder)
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint.open(at: url, activation: .quickGELU)
      }
      #expect("\(error as Any)".contains("student., teacher."))
    }
  }

  @Test func aTensorBesideThePrefixIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder) { tensors in
        for i in tensors.indices { tensors[i].name = "model.\(tensors[i].name)" }
        tensors.append(("loss.temperature", [1], [1]))
      }
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(at: folder) }
      #expect("\(error as Any)".contains("loss.temperature"))
    }
  }

  /// `{"epoch": 3, "hyper_parameters": AttributeDict(lr=1), KEY: {"weight": tensor}}`, as Lightning saves.
  private func training(_ keys: [String]) -> Data {
    let inner = PickleBytes.tensor(shape: [2, 3], strides: [3, 1])
    var head = PickleBytes()
    head.raw("}")
    head.string("epoch")
    head.integer(3)
    head.raw("s")
    head.string("hyper_parameters")
    head.global("lightning.fabric.utilities.data", "AttributeDict")
    var rest = PickleBytes()
    rest.raw("(")
    rest.string("lr")
    rest.integer(1)
    rest.raw("us")
    var data = head.data + Data(")".utf8) + [0x81] + rest.data.dropFirst(2)
    for key in keys {
      var part = PickleBytes()
      part.string(key)
      data += part.data.dropFirst(2) + inner.dropFirst(2).dropLast() + Data("s".utf8)
    }
    return PickleBytes.archive(data + Data(".".utf8))
  }

  @Test(arguments: ["state_dict", "model", "weights", "student"])
  func aTrainingScriptsDictionaryIsLookedInto(key: String) throws {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("last.ckpt")
      try training([key]).write(to: url)
      #expect(try TorchArchive(url).names == ["weight"])
    }
  }

  @Test func severalDictionariesOfTensorsAreNamed() throws {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("last.ckpt")
      try training(["ema", "student"]).write(to: url)
      #expect(throws: CheckpointError.severalModels(file: url.path, prefixes: ["ema", "student"])) {
        try TorchArchive(url)
      }
    }
  }

  @Test(arguments: ["0_CLIPModel", ""])
  func aFolderOfSentenceTransformersOpens(path: String) throws {
    try TestData.withTemporaryFolder { folder in
      let inner = path.isEmpty ? folder : folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try TinyModel.write(to: inner)
      let modules = """
        [{"idx": 0, "name": "0", "path": "\(path)", "type": "sentence_transformers.models.CLIPModel"},
         {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}]
        """
      try Data(modules.utf8).write(to: folder.appendingPathComponent("modules.json"))
      let checkpoint = try Checkpoint.open(at: folder)
      // The tokenizer and the preprocessing lie beside the weights.
      #expect(checkpoint.source?.folder.standardizedFileURL.path == inner.standardizedFileURL.path)
    }
  }

  @Test(arguments: [
    (#"[{"path": "", "type": "sentence_transformers.models.Transformer"}]"#, "models.Transformer"),
    (
      #"[{"path": "0_CLIPModel", "type": "x.CLIPModel"}, {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]"#,
      "models.Dense"
    ),
    (#"[{"path": "../elsewhere", "type": "x.CLIPModel"}]"#, "elsewhere"), (#"{}"#, "list of modules"),
    ("[]", "without CLIPModel"), ("<html></html>", "web page"),
  ])
  func otherModulesAreRefused(modules: String, part: String) throws {
    try TestData.withTemporaryFolder { folder in
      try TinyModel.write(to: folder)
      try Data(modules.utf8).write(to: folder.appendingPathComponent("modules.json"))
      let error = #expect(throws: (any Error).self) { try Checkpoint.open(at: folder) }
      #expect(error is CheckpointError || error is FileReadError)
      #expect("\(error as Any)".contains(part), "\(error as Any)")
    }
  }

  @Test func float64IsRoundedToFloat32WithAWord() throws {
    try TestData.withTemporaryFolder { folder in
      var header: [String] = []
      var data = Data()
      for (name, shape, values) in try CheckpointLeftoverTests.tensors() {
        let start = data.count
        data.append(integers: values.map { Double($0).bitPattern })
        header.append(
          #""\#(name)":{"dtype":"F64","shape":\#(shape),"data_offsets":[\#(start),\#(data.count)]}"#)
      }
      let url = folder.appendingPathComponent("weights.safetensors")
      try SafetensorsBytes.file(header: "{\(header.joined(separator: ","))}", data: data).write(to: url)
      let checkpoint = try Checkpoint.open(at: url, activation: .quickGELU)
      #expect(checkpoint.storage.keys.elementsEqual([.float32]))
      #expect(checkpoint.warnings.contains { $0.contains("float64") })
      #expect(try CheckpointLeftoverTests.distance(checkpoint) < 1e-9)
    }
  }

  @Test func float64OfATorchArchiveIsRead() throws {
    try TestData.withTemporaryFolder { folder in
      var storage = Data()
      storage.append(integers: [1.0, 0.1, -2, 1e-50].map(\.bitPattern))
      for (shape, strides, expected) in [
        ([2, 2], [2, 1], [1, 0.1, -2, 0]), ([2, 2], [1, 2], [1, -2, 0.1, 0]),
      ] as [([Int], [Int], [Float])] {
        let pickle = PickleBytes.tensor(
          storageCount: 4, shape: shape, strides: strides, storage: "DoubleStorage")
        let url = folder.appendingPathComponent("a.pt")
        try ZipBytes.file([("a/data.pkl", pickle), ("a/data/0", storage)]).write(to: url)
        #expect(try TorchArchive(url).tensor("weight")?.floats() == expected)
      }
      storage.append(integers: [1e300.bitPattern])
      let pickle = PickleBytes.tensor(storageCount: 5, shape: [5], strides: [1], storage: "DoubleStorage")
      let url = folder.appendingPathComponent("b.pt")
      try ZipBytes.file([("a/data.pkl", pickle), ("a/data/0", storage)]).write(to: url)
      let error = #expect(throws: CheckpointError.self) { try TorchArchive(url).tensor("weight") }
      #expect("\(error as Any)".contains("1e+300"))
    }
  }

  private static let hdf5 = Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]) + Data(count: 40)
  private static let flax = Data([0x82, 0xAA]) + Data("text_model".utf8) + Data([0x80])
  private static let onnx = Data([0x08, 0x08, 0x12, 0x07]) + Data("pytorch".utf8) + Data(count: 20)

  static let foreign: [(String, Data, String, String)] = [
    ("ggml-model-f16.gguf", Data("GGUF\u{3}\0\0\0".utf8), "GGUF", "safetensors or PyTorch"),
    ("model.onnx", onnx, "ONNX", "safetensors or PyTorch"),
    ("weights.bin", onnx, "ONNX", "safetensors or PyTorch"),
    ("tf_model.h5", hdf5, "HDF5", "from_tf=True"), ("weights.bin", hdf5, "HDF5", "from_tf=True"),
    ("flax_model.msgpack", flax, "Flax", "from_flax=True"), ("weights.bin", flax, "Flax", "from_flax=True"),
    (
      "model.safetensors", Data("version https://git-lfs.github.com/spec/v1\n".utf8), "LFS pointer",
      "git lfs pull"
    ),
    ("model.safetensors", Data("<!doctype html>\n<html>".utf8), "web page", "/resolve/"),
    ("pytorch_model.bin", Data("Entry not found".utf8), "Entry not found", "fetch"),
    ("model.safetensors", Data(), "empty", "fetch"), ("weights.bin", Data("\u{7F}ELF\0".utf8), "7f", "CLIP"),
  ]

  @Test(arguments: foreign)
  func otherFormatsAreNamedWithARemedy(name: String, bytes: Data, what: String, remedy: String) throws {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(name)
      try bytes.write(to: url)
      // The file, and the folder that has nothing else.
      for place in [url, folder] {
        let error = #expect(throws: CheckpointError.self) {
          try Checkpoint.open(at: place, activation: .gelu)
        }
        let text = "\(error as Any)"
        #expect(text.contains(name) && text.contains(what) && text.contains(remedy), "\(text)")
      }
    }
  }

  @Test(arguments: [
    "config.json", "model.safetensors.index.json", "preprocessor_config.json", "tokenizer.json",
  ])
  func pointersAndPagesInTheSmallFilesAreNamed(name: String) throws {
    for (content, what) in [
      ("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
      ("<html>sign in</html>", "web page"),
    ] {
      try TestData.withTemporaryFolder { folder in
        try TinyModel.write(to: folder)
        let url = folder.appendingPathComponent(name)
        try Data(content.utf8).write(to: url)
        if name.contains("index") {
          try FileManager.default.removeItem(at: folder.appendingPathComponent("model.safetensors"))
        }
        do {
          let embedder = try CLIPEmbedder(opening: folder)
          _ = try embedder.tokenizer()
          Issue.record("\(name) was read")
        } catch {
          let text = "\(error)"
          #expect(text.contains(name) && text.contains(what) && text.contains("fetch"), "\(text)")
        }
      }
    }
  }
}
