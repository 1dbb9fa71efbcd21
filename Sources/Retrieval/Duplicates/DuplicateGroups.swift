public import CLIP
import Foundation

/// Images that show the same: of each group one is kept.
///
/// Images are looked at in the order of preference. One that is near enough to an image that is kept is its duplicate, and else it is
/// kept itself: every duplicate is near the kept image of its group, and groups do not grow into chains.
public struct DuplicateGroups: Sendable, Equatable {
  /// A duplicate of a kept image.
  public struct Duplicate: Sendable, Equatable {
    /// The row of the image.
    public var image: Int
    /// Its cosine with the kept image.
    public var similarity: Float
  }

  /// An image that is kept, and its duplicates.
  public struct Group: Sendable, Equatable {
    /// The row of the image that is kept.
    public var kept: Int
    /// The others, most similar first.
    public var duplicates: [Duplicate]
  }

  /// The groups with duplicates, in the order of their kept images.
  public let groups: [Group]

  /// Called with the number of images that were looked at, and of all.
  public typealias Progress = (_ done: Int, _ total: Int) -> Void

  /// Finds groups among embeddings.
  ///
  /// - Parameters:
  ///   - images: the embeddings, `(images, dimension)`.
  ///   - preference: the rows, those that are rather kept first.
  ///   - similarity: the least cosine of a duplicate with the image that is kept.
  /// - Throws: `ComputeError`.
  public init(
    _ images: Embeddings, preference: [Int], similarity: Float, threads: Int? = nil, progress: Progress? = nil
  ) throws {
    let product = try MatrixProduct(threads: threads)
    let dimension = images.dimension
    var kept: [Int] = []
    var keptValues: [Float] = []
    var found: [Int: [Duplicate]] = [:]
    let (blockSize, chunkSize) = (256, 4096)
    for start in stride(from: 0, to: preference.count, by: blockSize) {
      let block = Array(preference[start..<min(start + blockSize, preference.count)])
      let values = block.flatMap { Self.unit(images[$0]) }
      var best = [(place: Int, cosine: Float)](repeating: (-1, -2), count: block.count)
      for first in stride(from: 0, to: kept.count, by: chunkSize) {
        let count = min(chunkSize, kept.count - first)
        let chunk = Array(keptValues[first * dimension..<(first + count) * dimension])
        let cosines = try product.timesTransposed(
          values, chunk, rows: block.count, columns: count, inner: dimension)
        for row in block.indices {
          for column in 0..<count where cosines[row * count + column] > best[row].cosine {
            best[row] = (first + column, cosines[row * count + column])
          }
        }
      }
      // Images of this block may be each other's duplicates.
      let before = kept.count
      for row in block.indices {
        let own = values[row * dimension..<(row + 1) * dimension]
        for place in before..<kept.count {
          let other = keptValues[place * dimension..<(place + 1) * dimension]
          let cosine = zip(own, other).reduce(Float(0)) { $0 + $1.0 * $1.1 }
          if cosine > best[row].cosine { best[row] = (place, cosine) }
        }
        if best[row].place >= 0, best[row].cosine >= similarity {
          found[best[row].place, default: []].append(
            Duplicate(image: block[row], similarity: min(1, best[row].cosine)))
        } else {
          kept.append(block[row])
          keptValues += own
        }
      }
      progress?(min(start + blockSize, preference.count), preference.count)
    }
    groups = found.keys.sorted().map { place in
      Group(
        kept: kept[place],
        duplicates: (found[place] ?? []).sorted {
          ($1.similarity, $0.image) < ($0.similarity, $1.image)
        })
    }.sorted { $0.kept < $1.kept }
  }

  private static func unit(_ row: ArraySlice<Float>) -> [Float] {
    let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length > 0 ? row.map { Float(Double($0) / length) } : Array(row)
  }
}
