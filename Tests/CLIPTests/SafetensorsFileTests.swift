import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct SafetensorsFileTests {
  private func open(_ bytes: Data) throws -> SafetensorsFile {
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      try bytes.write(to: url)
      return try SafetensorsFile(url)
    }
  }

  private func message(_ bytes: Data) -> String {
    do {
      _ = try open(bytes)
      return "opened"
    } catch {
      return "\(error)"
    }
  }

  @Test func aTensorIsAWindowOnItsBytes() throws {
    let file = try open(SafetensorsBytes.file([("a", [2, 2], [1, 2, 3, 4]), ("b", [], [5])]))
    let tensor = try #require(try file.tensor("a"))
    #expect(tensor.shape == [2, 2])
    #expect(tensor.floats() == [1, 2, 3, 4])
    #expect(try file.tensor("b")?.floats() == [5])
    #expect(try file.tensor("c") == nil)
  }

  @Test func integerTensorsMayBeThereButNotBeComputedWith() throws {
    let file = try open(
      SafetensorsBytes.file(
        header: #"{"__metadata__":{"format":"pt"},"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#,
        data: Data(count: 8)))
    #expect(file.metadata == ["format": "pt"])
    #expect(throws: CheckpointError.self) { try file.tensor("ids") }
  }

  @Test(arguments: [
    ("", "the header's length"),
    ("short", "the header's length"),
  ])
  func aFileWithoutAHeaderIsDamaged(text: String, part: String) {
    #expect(message(Data(text.utf8)).contains(part))
  }

  @Test func aLengthPastTheEndOrNegativeIsDamaged() {
    for length in [UInt64.max, 1 << 63, 1 << 40, 0, 1, 1000] {
      let text = message(SafetensorsBytes.file(header: "{}", length: length))
      #expect(text.contains("the header's length"), "\(length): \(text)")
    }
  }

  @Test(arguments: [
    (#"[]"#, "a JSON object"),
    (#"{"a":1}"#, "an object"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{}}"#, "twice"),
    (#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}"#, "dtype"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "shape"),
    (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}"#, "shape"),
    (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "shape"),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]}}"#,
      "shape"
    ),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}"#, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}"#, "data_offsets"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "the data"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "a hole"),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      "an overlap"
    ),
    (#"{"__metadata__":{"a":1}}"#, "__metadata__"),
    (#"{"a":[[[[[[[[[[[[]]]]]]]]]]]]}"#, "nested"),
  ])
  func aLyingHeaderIsRefusedWithItsPlace(header: String, part: String) {
    let text = message(SafetensorsBytes.file(header: header, data: Data(count: 8)))
    #expect(text.contains(part), "\(text)")
    #expect(text.contains("a.safetensors"), "\(text)")
  }

  @Test func damagedFilesNeverTrap() throws {
    let good = SafetensorsBytes.file([("a", [2, 2], [1, 2, 3, 4]), ("b", [], [5])])
    let other = SafetensorsBytes.file(
      header: #"{"__metadata__":{"format":"pt"},"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#,
      data: Data(count: 8))
    try TestData.withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      Fuzzing.run(corpus: [good, other]) { bytes in
        try bytes.write(to: url)
        let file = try SafetensorsFile(url)
        for name in file.entries.keys { _ = try? file.tensor(name)?.floats() }
      }
    }
  }
}
