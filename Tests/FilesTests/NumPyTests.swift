import CLIP
import Files
import Foundation
import TestSupport
import Testing

@Suite struct ReportNumPyTests {
  private let folder = TestData.fixtures().appendingPathComponent("numpy")
  private let expected = (0..<15).map { (Float($0) - 7) / 8 }

  @Test(arguments: ["float32", "float32_v2", "float32_v3", "float16", "float64"])
  func matricesOfEveryVersionAreRead(_ name: String) throws {
    let file = folder.appendingPathComponent("\(name).npy")
    let array = try NumPyArray(contentsOf: file)
    #expect(array.shape == [5, 3] && array.values == expected)
    let matrix = try Embeddings(contentsOf: file)
    #expect(matrix.count == 5 && matrix.dimension == 3)
    var rows = [Float](repeating: 0, count: 15)
    rows.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      for row in 0..<5 { matrix.copyRow(row, to: start + row * 3) }
      // There are no such rows, and nothing is written.
      matrix.copyRow(5, to: start)
      matrix.copyRow(-1, to: start)
    }
    #expect(rows == expected)
  }

  @Test func otherShapesAreRead() throws {
    let vector = try NumPyArray(contentsOf: folder.appendingPathComponent("vector.npy"))
    #expect(vector.shape == [3] && vector.values == Array(expected[..<3]))
    let scalar = try NumPyArray(contentsOf: folder.appendingPathComponent("scalar.npy"))
    #expect(scalar.shape == [] && scalar.values == [0.5])
    #expect(try Embeddings(contentsOf: folder.appendingPathComponent("no_rows.npy")).count == 0)
    #expect(throws: NumPyError.self) {
      try Embeddings(contentsOf: folder.appendingPathComponent("vector.npy"))
    }
  }

  @Test(arguments: [
    ("fortran", "columns one after the other"), ("big_endian", "\">f4\""),
    ("objects", "\"|O\""),
  ])
  func otherKindsAreRefusedWithTheirName(_ name: String, _ words: String) throws {
    let file = folder.appendingPathComponent("\(name).npy")
    let error = #expect(throws: NumPyError.self) { try NumPyArray(contentsOf: file) }
    #expect(error?.description.contains(words) == true)
    #expect(error?.description.contains("\(name).npy") == true)
    #expect(throws: NumPyError.self) { try Embeddings(contentsOf: file) }
  }

  @Test func whatIsWrittenEqualsWhatNumPyWrites() throws {
    try TestData.withTemporaryFolder { temporary in
      let file = temporary.appendingPathComponent("x.npy")
      let writer = try NumPyWriter(file, dimension: 3)
      for row in 0..<5 { try writer.append(expected[row * 3..<row * 3 + 3]) }
      #expect(throws: NumPyError.wrongWidth(file: file.relativePath, expected: 3, found: 2)) {
        try writer.append(expected[0..<2])
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.path).isEmpty)
      try writer.finish()
      #expect(try Data(contentsOf: file) == Data(contentsOf: folder.appendingPathComponent("float32.npy")))
    }
  }

  @Test func manyRowsComeBack() throws {
    try TestData.withTemporaryFolder { temporary in
      let file = temporary.appendingPathComponent("x.npy")
      let values = (0..<70_000).map { Float($0).squareRoot() }
      let embeddings = try Embeddings(values: values, dimension: 7)
      let writer = try NumPyWriter(file, dimension: 7)
      try writer.append(embeddings)
      try writer.finish()
      #expect(try Embeddings(contentsOf: file) == embeddings)
    }
  }

  @Test func damagedFilesAreRefused() throws {
    func problem(_ data: Data) -> String {
      do {
        _ = try NumPyArray(data, file: "x.npy")
        return "read"
      } catch {
        return error.description
      }
    }
    let good = try Data(contentsOf: folder.appendingPathComponent("float32.npy"))
    #expect(problem(good) == "read")
    #expect(problem(Data()).contains("not a NumPy file"))
    #expect(problem(Data("id,caption\n1,2\n".utf8)).contains("not a NumPy file"))
    #expect(problem(good.dropLast()).contains("59 bytes of numbers"))
    #expect(problem(good + [0]).contains("61 bytes of numbers"))
    #expect(problem(good.prefix(60)).contains("ends within its header"))
    var version = good
    version[6] = 9
    #expect(problem(version).contains("its version is 9"))
    let vast = Data(String(decoding: good, as: UTF8.self).utf8)
    #expect(problem(vast).contains("not a NumPy file"))
    for shape in [
      "(9999999999, 9999999999)", "(4611686018427387904, 1)", "(-5, 3)", "(5, 99999999999999999999)",
    ] {
      var text = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }"
      text += String(repeating: " ", count: 117 - text.count) + "\n"
      #expect(problem(good.prefix(10) + Data(text.utf8) + good.suffix(60)).contains("damaged"))
    }
  }

  @Test func damageNeverTraps() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasSuffix(".npy")
    }
    let corpus = try names.sorted().map { try Data(contentsOf: folder.appendingPathComponent($0)) }
    Fuzzing.run(corpus: corpus, seed: 11) { _ = try NumPyArray($0, file: "x.npy").values }
  }
}
