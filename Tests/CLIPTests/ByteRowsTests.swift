import CLIP
import Files
import Foundation
import TestSupport
import Testing

/// Weights that are stored as bytes with a scale for each row.
@Suite struct ByteRowsTests {
  /// Rows of very different sizes, one of zeros among them.
  private static let rows: [[Float]] = {
    var generator = SeededGenerator(seed: 3)
    return ([1, 0, 3e-9, 1e-4, 0.03, 60_000] as [Float]).map { size in
      (0..<40).map { _ in size * Float.random(in: -1...1, using: &generator) }
    }
  }()

  private func write(_ tensors: [String: StoredTensor], to folder: URL) throws -> SafetensorsFile {
    let url = folder.appendingPathComponent("w.safetensors")
    let lost = try SafetensorsWriter(storage: .float16, roundsRows: true).write(tensors, to: url)
    #expect(lost.isEmpty)
    return try SafetensorsFile(url)
  }

  @Test func eachNumberIsNearestToAMultipleOfItsRowsScale() throws {
    try TestData.withTemporaryFolder { folder in
      let file = try write(
        ["m": StoredTensor(shape: [6, 4, 10], floats: Self.rows.flatMap(\.self))], to: folder)
      #expect(file.entries["m"]?.type == "I8" && file.entries["m.scale"]?.shape == [6])
      let scales = try #require(try file.tensor("m.scale")).floats()
      let tensor = try #require(try file.tensor("m"))
      #expect(tensor.shape == [6, 4, 10] && tensor.type == .float16)
      let read = tensor.floats()
      for (number, (row, scale)) in zip(Self.rows, scales).enumerated() {
        // A scale has four binary digits, and at least what a float16 can be told apart by.
        let most = row.map(abs).max() ?? 0
        #expect(scale >= most / 127 && scale <= max(most / 127 * 1.126, most > 0 ? 0x1p-24 : 0), "\(row[0])")
        for (exact, rounded) in zip(row, read[(40 * number)..<(40 * number + 40)]) {
          #expect(abs(exact - rounded) <= scale * 0.5001, "\(exact) became \(rounded)")
          #expect(scale == 0 ? rounded == 0 : (rounded / scale).rounded() == rounded / scale)
        }
      }
    }
  }

  @Test func shortRowsVectorsAndWhatHasNoScaleStayNumbers() throws {
    try TestData.withTemporaryFolder { folder in
      let filters = StoredTensor(shape: [3, 1, 3, 3], floats: (0..<27).map { Float($0) / 32 })
      let vector = StoredTensor(shape: [64], floats: [Float](repeating: 0.5, count: 64))
      let spoilt = StoredTensor(shape: [2, 40], floats: (0..<80).map { $0 == 7 ? .nan : 1 })
      let file = try write(["filters": filters, "vector": vector, "spoilt": spoilt], to: folder)
      #expect(Set(file.entries.keys) == ["filters", "vector", "spoilt"])
      #expect(file.entries.values.allSatisfy { $0.type == "F16" })
      let read = try file.tensor("filters")?.floats()
      #expect(read == filters.floats())
    }
  }

  @Test func scalesThatDoNotFitAreNamed() throws {
    try TestData.withTemporaryFolder { folder in
      let bytes = StoredTensor(shape: [6, 40], floats: Self.rows.flatMap(\.self))
      let url = try write(["m": bytes], to: folder).url
      let whole = try Data(contentsOf: url)
      for (old, new, found) in [
        ("\"shape\": [6]", "\"shape\": [3, 2]", "[3, 2]"), ("\"F16\"", "\"I16\"", "I16"),
      ] {
        let length = Int(whole.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
        let header = String(decoding: whole.dropFirst(8).prefix(length), as: UTF8.self)
        let changed = header.replacing(old, with: new)
        #expect(changed != header)
        var data = withUnsafeBytes(of: UInt64(changed.utf8.count)) { Data($0) }
        data += Data(changed.utf8) + whole.dropFirst(8 + length)
        try data.write(to: url)
        let file = try SafetensorsFile(url)
        let error = #expect(throws: FileReadError.self) { try file.tensor("m") }
        #expect("\(error as Any)".contains("m.scale") && "\(error as Any)".contains(found))
      }
    }
  }
}
