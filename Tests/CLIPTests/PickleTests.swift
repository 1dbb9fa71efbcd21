import CLIP
import Compute
import Files
import Foundation
import TestSupport
import Testing

@Suite struct PickleTests {
  private func open(_ bytes: Data) throws -> TorchArchive {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pt")
      try bytes.write(to: url)
      return try TorchArchive(url)
    }
  }

  private func message(_ bytes: Data) -> String {
    do {
      _ = try open(bytes).tensor("weight")
      return "opened"
    } catch {
      return "\(error)"
    }
  }

  @Test func aTensorIsReadInItsShape() throws {
    let archive = try open(PickleBytes.archive(PickleBytes.tensor(shape: [2, 3], strides: [3, 1])))
    #expect(try archive.tensor("weight")?.floats() == [0, 1, 2, 3, 4, 5])
    #expect(try archive.tensor("weight")?.shape == [2, 3])
    #expect(archive.names == ["weight"])
    #expect(!archive.isTorchScript)
  }

  @Test func aTransposedTensorIsPutInOrder() throws {
    let archive = try open(PickleBytes.archive(PickleBytes.tensor(shape: [3, 2], strides: [1, 3])))
    #expect(try archive.tensor("weight")?.floats() == [0, 3, 1, 4, 2, 5])
  }

  @Test func aTensorWithoutElementsMayHaveAnyOtherExtents() throws {
    let huge = PickleBytes.tensor(shape: [0, 2, 1 << 62], strides: [1, 1 << 62, 1])
    #expect(try open(PickleBytes.archive(huge)).tensor("weight")?.shape == [0, 2, 1 << 62])
  }

  @Test func aPartOfAStorageIsReadFromItsOffset() throws {
    let archive = try open(PickleBytes.archive(PickleBytes.tensor(offset: 2, shape: [2], strides: [2])))
    #expect(try archive.tensor("weight")?.floats() == [2, 4])
  }

  @Test(arguments: [
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("__builtin__", "exec"),
    ("subprocess", "Popen"),
    ("torch", "load"), ("torch.nn.modules.linear", "Linear"), ("collections", "defaultdict"),
    ("torch._utils", "_rebuild_qtensor"), ("numpy.core.multiarray", "scalar"),
  ])
  func anythingButTensorsIsRefusedByName(module: String, name: String) {
    let text = message(PickleBytes.archive(PickleBytes.call(module, name)))
    #expect(text.contains("\(module).\(name)") && text.contains("safetensors"), "\(text)")
  }

  @Test(arguments: [
    (PickleBytes.tensor(shape: [7], strides: [1]), "inside its storage"),
    (PickleBytes.tensor(offset: 5, shape: [2], strides: [1]), "inside its storage"),
    (PickleBytes.tensor(offset: .max, shape: [1], strides: [1]), "inside its storage"),
    (PickleBytes.tensor(shape: [.max, .max], strides: [0, 0]), "inside its storage"),
    (PickleBytes.tensor(shape: [1 << 40], strides: [0]), "each element once"),
    (PickleBytes.tensor(shape: [-1], strides: [1]), "other arguments"),
    (PickleBytes.tensor(shape: [2], strides: [-1]), "other arguments"),
    (PickleBytes.tensor(storageCount: 7, shape: [7], strides: [1]), "24 bytes"),
    (PickleBytes.tensor(storageCount: .max, shape: [1], strides: [1]), "24 bytes"),
    (PickleBytes.tensor(shape: [1], strides: [1], storage: "LongStorage"), "LongStorage"),
    (Data("\u{80}".utf8), "0xc2"),
    (Data([0x80, 2]), "more bytes"),
    (Data("N.".utf8), "without tensors"),
    (Data("}.".utf8), "without tensors"),
    (Data(".".utf8), "a value on the stack"),
    (Data("t.".utf8), "a mark"),
    (Data("h\u{5}.".utf8), "the memo"),
  ])
  func aLyingPickleIsRefused(pickle: Data, part: String) {
    let text = message(PickleBytes.archive(pickle))
    #expect(text.contains(part), "\(text)")
  }

  @Test func aDeepPickleDoesNotExhaustTheStack() {
    let deep =
      Data(repeating: UInt8(ascii: "]"), count: 200_000) + Data(repeating: UInt8(ascii: "a"), count: 199_999)
    #expect(message(PickleBytes.archive(deep + Data(".".utf8))).contains("without tensors"))
  }

  /// Pickles of some hundred or thousand bytes that would build more than any memory holds.
  static let growingPickles: [(Data, String)] = {
    let object = Data("c__torch__.m\nC\n)R".utf8)
    func times(_ count: Int, _ text: String) -> Data {
      (0..<count).reduce(into: Data()) { data, _ in data += Data(text.utf8) }
    }
    // An object whose attributes are added to it again and again, which doubles them.
    let doubled =
      object + Data("q\0}X\u{1}\0\0\0aNsb".utf8) + times(60, "h\0b") + Data(".".utf8)
    // A list of pairs that becomes a dictionary again and again.
    let copied =
      Data("ccollections\nOrderedDict\nq\0((NNtq\u{2}".utf8) + times(3_000, "h\u{2}")
      + Data("lq\u{3}0(h\u{3}tq\u{4}0".utf8) + times(3_000, "h\0h\u{4}R0") + Data(".".utf8)
    // A module that is part of another under many names.
    let nested =
      object + Data("q\0}(".utf8) + times(6_000, "NN") + Data("ub0".utf8) + object + Data("}(".utf8)
      + times(6_000, "X\u{1}\0\0\0ah\0") + Data("ub.".utf8)
    return [(doubled, "operations"), (copied, "operations"), (nested, "attributes")]
  }()

  @Test(arguments: growingPickles)
  func aPickleThatGrowsWithoutEndIsRefused(pickle: Data, part: String) {
    let text = message(PickleBytes.archive(pickle))
    #expect(text.contains(part), "\(text)")
  }

  @Test func aCompressedStorageIsInflatedOnce() throws {
    let floats = Data([0, 0, 0, 0, 0, 0, 0x80, 0x3F])  // 0 and 1
    let block = Data([1, 8, 0, 0xF7, 0xFF]) + floats  // deflate's way to store bytes
    let pickle = PickleBytes.tensor(storageCount: 2, shape: [2], strides: [1])
    let archive = try open(
      ZipBytes.file([("a/data.pkl", pickle), ("a/data/0", block)], deflated: ["a/data/0": 8]))
    let first = try #require(try archive.tensor("weight"))
    let second = try #require(try archive.tensor("weight"))
    #expect(first.floats() == [0, 1])
    #expect(first.bytes.baseAddress == second.bytes.baseAddress)
  }

  @Test(arguments: [("a/data/0", "compressed"), ("a/data.pkl", "data.pkl")])
  func aBombInAnArchiveIsRefusedBeforeItIsInflated(name: String, part: String) {
    let pickle = PickleBytes.tensor(shape: [6], strides: [1])
    let content = ["a/data.pkl": pickle, "a/data/0": Data(count: 24)]
    let size = 200 << 20
    let entries = content.keys.sorted().map { key in
      (name: key, content: key == name ? Data(count: size / 1_000) : content[key] ?? Data())
    }
    let text = message(ZipBytes.file(entries, deflated: [name: size]))
    #expect(text.contains(part) && text.contains("at most"), "\(text)")
  }

  static let otherFiles: [(Data, String)] = [
    (Data([0x80, 2, 0x8A, 10, 0x6C, 0xFC]), "a pickle that torch.save did not write"),
    (Data("version https://git-lfs.github.com/spec/v1".utf8), "LFS pointer"),
    (Data("<html>".utf8), "web page"),
    (Data(), "empty"),
    (PickleBytes.archive(PickleBytes.tensor(shape: [6], strides: [1])).dropLast(9), "cut short"),
    (ZipBytes.file([("a/b", Data())]), "data.pkl"),
    (PickleBytes.archive(PickleBytes.tensor(shape: [6], strides: [1]), byteOrder: "big"), "big-endian"),
  ]

  @Test(arguments: otherFiles)
  func otherFilesAreToldWhatTheyAre(bytes: Data, what: String) throws {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("weights.bin")
      try bytes.write(to: url)
      let error = #expect(throws: (any Error).self) { try Checkpoint.open(at: url, activation: .gelu) }
      #expect(error is CheckpointError || error is FileReadError)
      #expect("\(error as Any)".contains(what), "\(error as Any)")
    }
  }

  @Test func damagedPicklesNeverTrap() throws {
    let corpus = [
      PickleBytes.tensor(shape: [2, 3], strides: [3, 1]),
      PickleBytes.tensor(shape: [3, 2], strides: [1, 3]),
      PickleBytes.call("torch", "Size"), Data("(]}(K\u{1}K\u{2}dq\u{1}h\u{1}0l.".utf8),
      PickleBytes.call("__torch__.model", "CLIP"),
    ]
    try fuzz(corpus) { PickleBytes.archive($0) }
  }

  @Test func damagedArchivesNeverTrap() throws {
    var corpus = [PickleBytes.archive(PickleBytes.tensor(shape: [2, 3], strides: [3, 1]))]
    corpus.append(
      try Data(contentsOf: TestData.fixtures().appendingPathComponent("checkpoint/openai/tiny.pt")))
    try fuzz(corpus) { $0 }
  }

  private func fuzz(_ corpus: [Data], wrap: (Data) -> Data) throws {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pt")
      Fuzzing.run(corpus: corpus) { bytes in
        try wrap(bytes).write(to: url)
        let archive = try TorchArchive(url)
        for name in archive.names { _ = try? archive.tensor(name)?.floats() }
      }
    }
  }
}
