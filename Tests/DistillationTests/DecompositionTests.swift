import Distillation
import TestSupport
import Testing

@Suite struct DecompositionTests {
  private func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Double.random(in: -1...1, using: &generator) }
  }

  /// A symmetric matrix with this many eigenvalues that are not 0.
  private func symmetric(_ size: Int, rank: Int, seed: UInt64) -> [Double] {
    let lines = (0..<rank).map { numbers(size, seed: seed + UInt64($0)) }
    return (0..<(size * size)).map { place in
      lines.enumerated().reduce(0) { sum, line in
        sum + (line.offset % 2 == 0 ? 1 : -1) * line.element[place / size] * line.element[place % size]
      }
    }
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 1), (10, 10), (33, 33), (40, 7), (64, 64), (12, 0)])
  func eigenvectorsRebuildTheMatrixAndAreOrthonormal(size: Int, rank: Int) throws {
    let matrix = symmetric(size, rank: rank, seed: 7)
    let eigen = try #require(SymmetricEigen(matrix, size: size))
    for row in 0..<size {
      for column in 0..<size {
        var (sum, product) = (0.0, 0.0)
        for index in 0..<size {
          let vector = eigen.vectors[(index * size)..<((index + 1) * size)]
          sum += eigen.values[index] * vector[index * size + row] * vector[index * size + column]
          product += eigen.vectors[row * size + index] * eigen.vectors[column * size + index]
        }
        #expect(abs(sum - matrix[row * size + column]) < 1e-12 * Double(size))
        #expect(abs(product - (row == column ? 1 : 0)) < 1e-13 * Double(size))
      }
    }
  }

  @Test func aDiagonalMatrixIsItsEigenvalues() throws {
    var matrix = [Double](repeating: 0, count: 25)
    for (index, value) in [3.0, -1, 0, 3, 1e-8].enumerated() { matrix[index * 6] = value }
    let eigen = try #require(SymmetricEigen(matrix, size: 5))
    #expect(eigen.values.sorted() == [-1, 0, 1e-8, 3, 3])
  }

  @Test func numbersThatAreNoneHaveNoDecomposition() {
    #expect(SymmetricEigen([1, .nan, .nan, 1], size: 2) == nil)
    #expect(throws: DistillationError.indecomposableTable) {
      try TruncatedSVD([1, .infinity, 2, 3], width: 2, rank: 1)
    }
  }

  @Test(arguments: [(100, 24, 24), (100, 24, 10), (37, 23, 5), (5, 9, 7), (300, 6, 1)])
  func theEnergyKeptIsThatOfTheProduct(rows: Int, width: Int, rank: Int) throws {
    // Columns of different size, so that there is something to choose.
    let table = numbers(rows * width, seed: 3).enumerated().map {
      Float($0.element / Double(1 + $0.offset % width))
    }
    let found = try TruncatedSVD(table, width: width, rank: rank)
    #expect(found.narrow.count == rows * rank && found.widening.count == width * rank)
    var (lost, all) = (0.0, 0.0)
    for row in 0..<rows {
      for column in 0..<width {
        let value = Double(table[row * width + column])
        let rebuilt = (0..<rank).reduce(0.0) {
          $0 + Double(found.narrow[row * rank + $1]) * Double(found.widening[column * rank + $1])
        }
        lost += (value - rebuilt) * (value - rebuilt)
        all += value * value
      }
    }
    #expect(abs(1 - lost / all - found.retainedEnergy) < 1e-6)
    if rank >= min(rows, width) { #expect(found.retainedEnergy > 1 - 1e-12) }
  }

  @Test func noProductOfThatRankIsNearer() throws {
    // A table of rank 3 and a little noise: three columns keep all but the noise.
    let (left, right, noise) = (
      numbers(200 * 3, seed: 1), numbers(3 * 16, seed: 2), numbers(200 * 16, seed: 3)
    )
    var table: [Float] = []
    for row in 0..<200 {
      for column in 0..<16 {
        var sum = 1e-4 * noise[row * 16 + column]
        for index in 0..<3 { sum += left[row * 3 + index] * right[index * 16 + column] }
        table.append(Float(sum))
      }
    }
    #expect(try TruncatedSVD(table, width: 16, rank: 3).retainedEnergy > 1 - 1e-6)
    #expect(try TruncatedSVD(table, width: 16, rank: 2).retainedEnergy < 0.99)
  }
}
