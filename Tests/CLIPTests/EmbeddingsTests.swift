import CLIP
import Files
import Foundation
import TestSupport
import Testing

@Suite struct EmbeddingsTests {
  private let dimension = 19
  /// Unit vectors, and one of zeros.
  private func made() throws -> Embeddings {
    var values: [Float] = []
    for row in 0..<30 {
      let numbers = (0..<dimension).map { sin(Float(row * 31 + $0 * 7 + row * $0)) }
      let length = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
      values += numbers.map { row == 29 ? 0 : $0 / length }
    }
    var embeddings = try Embeddings(values: values, dimension: dimension, name: "made up")
    embeddings.ids = (0..<30).map { "item \($0)" }
    return embeddings
  }

  @Test(arguments: NumPyType.allCases)
  func everyTypeIsTheSameInMemoryAndInAFile(_ type: NumPyType) throws {
    let exact = try made()
    let inMemory = exact.stored(as: type)
    #expect(inMemory.ids == exact.ids && inMemory.name == "made up")
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("x.npy")
      let writer = try NumPyWriter(file, dimension: dimension, type: type)
      try writer.append(exact)
      try writer.finish()
      var mapped = try Embeddings(contentsOf: file)
      #expect(mapped.name == file.relativePath && mapped.ids == nil)
      mapped.ids = exact.ids
      #expect(mapped == inMemory)
      #expect(mapped.values == inMemory.values)
      #expect(mapped[30].isEmpty && mapped[-1].isEmpty)
      #expect(mapped.values(of: [30, 2]) == [Float](repeating: 0, count: dimension) + inMemory[2])
      for row in 0..<29 {
        let away = 1 - cosine(mapped[row], exact[row])
        #expect(away <= [.int8: 3e-5, .float16: 1e-7].first { $0.key == type }?.value ?? 1e-12)
      }
      #expect(mapped[29].allSatisfy { $0 == 0 })
    }
    if type == .float32 || type == .float64 { #expect(inMemory == exact) }
  }

  @Test func someAreSelectedWithTheirIDs() throws {
    let all = try made()
    let some = try all.selecting([7, 0, 7], name: "some")
    #expect(some.ids == ["item 7", "item 0", "item 7"] && some.name == "some" && some.count == 3)
    #expect(some[0] == all[7] && some[1] == all[0])
    #expect(try all.selecting(0..<30) == all)
    #expect(try all.stored(as: .float16).selecting(3..<5)[1] == all.stored(as: .float16)[4])
    #expect(throws: EmbeddingError.noSuchRow(name: "made up", row: 30)) { try all.selecting([1, 30]) }
  }

  @Test func whatIsFilledInStays() throws {
    var embeddings = try made().stored(as: .float16)
    embeddings.withMutableValues { $0[dimension] = 5 }
    #expect(embeddings[1].first == 5)
    #expect(embeddings[0] == (try made().stored(as: .float16))[0])
  }

  @Test func wildNumbersAreStoredAsTheyCan() throws {
    let wild = try Embeddings(values: [.nan, 1, -.infinity, 2, 1e30, -1e30], dimension: 3)
    let bytes = wild.stored(as: .int8)
    #expect(Array(bytes[0]) == [0, 0, 0] && Array(bytes[1]) == [0, 127, -127])
    #expect(wild.stored(as: .float16)[1].last == -.infinity)
  }
}
