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

    /// Names a duplicate.
    public init(image: Int, similarity: Float) {
      self.image = image
      self.similarity = similarity
    }
  }

  /// An image that is kept, and its duplicates.
  public struct Group: Sendable, Equatable {
    /// The row of the image that is kept.
    public var kept: Int
    /// The others, most similar first.
    public var duplicates: [Duplicate]

    /// Names a group.
    public init(kept: Int, duplicates: [Duplicate]) {
      self.kept = kept
      self.duplicates = duplicates
    }
  }

  /// Which two images are duplicates: those of very near embeddings, and those of less near ones with nearly the same layout.
  ///
  /// Embeddings alone see that a copy shows the same, and so does another photograph of the same scene; a copy of another size or
  /// quality may lie further away than that. The layout tells them apart, and does not survive a large crop.
  public struct Rule: Sendable, Equatable {
    /// The least cosine of embeddings.
    public var similarity: Float
    /// The least cosine of embeddings, and the least correlation of layouts, that suffice together.
    public var withLayout: (similarity: Float, layout: Float)?

    /// The rule that docs/folders.md measures, for embeddings of mini.
    public static let standard = Rule(similarity: 0.97, withLayout: (0.6, 0.95))

    /// Makes a rule.
    public init(similarity: Float, withLayout: (similarity: Float, layout: Float)? = nil) {
      self.similarity = similarity
      self.withLayout = withLayout
    }

    /// Whether two images are duplicates.
    func holds(_ cosine: Float, _ layout: Float) -> Bool {
      if cosine >= similarity { return true }
      guard let withLayout else { return false }
      return cosine >= withLayout.similarity && layout >= withLayout.layout
    }

    /// Compares all members.
    public static func == (a: Rule, b: Rule) -> Bool {
      a.similarity == b.similarity && a.withLayout?.similarity == b.withLayout?.similarity
        && a.withLayout?.layout == b.withLayout?.layout
    }
  }

  /// The groups with duplicates, in the order of their kept images.
  public let groups: [Group]

  /// Called with the number of images that were looked at, and of all.
  public typealias Progress = (_ done: Int, _ total: Int) -> Void

  /// Finds groups among embeddings.
  ///
  /// - Parameters:
  ///   - images: the embeddings, `(images, dimension)`.
  ///   - layouts: the layouts of the same images, ``ImageLayout``; nil where the rule does not look at them.
  ///   - preference: the rows, those that are rather kept first.
  ///   - rule: which two images are duplicates.
  /// - Throws: `ComputeError`.
  public init(
    _ images: Embeddings, layouts: Embeddings? = nil, preference: [Int], rule: Rule = .standard,
    threads: Int? = nil, progress: Progress? = nil
  ) throws {
    let embeddings = try UnitRows(images, threads: threads)
    let layouts = try layouts.map { try UnitRows($0, threads: threads) }
    var kept: [Int] = []
    var found: [Int: [Duplicate]] = [:]
    let (blockSize, chunkSize) = (256, 4096)
    for start in stride(from: 0, to: preference.count, by: blockSize) {
      let block = Array(preference[start..<min(start + blockSize, preference.count)])
      var best = [(place: Int, cosine: Float)](repeating: (-1, -2), count: block.count)
      for first in stride(from: 0, to: kept.count, by: chunkSize) {
        let chunk = Array(kept[first..<min(first + chunkSize, kept.count)])
        let cosines = try embeddings.cosines(block, chunk)
        let correlations = try layouts?.cosines(block, chunk)
        for row in block.indices {
          for column in chunk.indices {
            let place = row * chunk.count + column
            if cosines[place] > best[row].cosine, rule.holds(cosines[place], correlations?[place] ?? -1) {
              best[row] = (first + column, cosines[place])
            }
          }
        }
      }
      // Images of this block may be each other's duplicates.
      let before = kept.count
      for row in block.indices {
        for place in before..<kept.count {
          let cosine = embeddings.cosine(block[row], kept[place])
          if cosine > best[row].cosine,
            rule.holds(cosine, layouts?.cosine(block[row], kept[place]) ?? -1)
          {
            best[row] = (place, cosine)
          }
        }
        if best[row].place >= 0 {
          found[best[row].place, default: []].append(
            Duplicate(image: block[row], similarity: min(1, best[row].cosine)))
        } else {
          kept.append(block[row])
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
}

/// Rows of unit length, and the cosines between them.
private struct UnitRows {
  private let values: [Float]
  private let dimension: Int
  private let product: MatrixProduct

  init(_ rows: Embeddings, threads: Int?) throws {
    values = (0..<rows.count).flatMap { FloatVector.unit(rows[$0]) }
    dimension = rows.dimension
    product = try MatrixProduct(threads: threads)
  }

  /// `(first, second)`.
  func cosines(_ first: [Int], _ second: [Int]) throws -> [Float] {
    try product.timesTransposed(
      first.flatMap(row), second.flatMap(row), rows: first.count, columns: second.count, inner: dimension)
  }

  func cosine(_ first: Int, _ second: Int) -> Float { FloatVector.dot(row(first), row(second)) }

  private func row(_ index: Int) -> ArraySlice<Float> {
    values[index * dimension..<(index + 1) * dimension]
  }
}
