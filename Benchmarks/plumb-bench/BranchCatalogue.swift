import Compute
import Dispatch
import Retrieval

/// Synthetic rows of 32 bytes in clusters of very different sizes, as images of things that are common and rare.
struct BranchCatalogue: Sendable {
  let rows: BranchRows
  /// The cluster of each row.
  let clusters: [UInt16]
  /// The centers, (clusters, 32), in steps of bytes around 0.
  let centers: [Float]

  static let clusterCount = 2000

  init(count: Int, seed: UInt64) {
    let clusterCount = Self.clusterCount
    var random = SplitMix(seed: seed)
    // Clusters lie in groups of ten that are near each other, so that there are hard negatives.
    var centers: [Float] = []
    var group: [Float] = []
    for cluster in 0..<clusterCount {
      if cluster % 10 == 0 { group = (0..<32).map { _ in 40 * Self.normal(&random) } }
      centers += group.map { $0 + 14 * Self.normal(&random) }
    }
    self.centers = centers
    // Sizes follow Zipf's law with exponent 1/2.
    var sums: [Double] = [0]
    for cluster in 0..<clusterCount { sums.append((sums.last ?? 0) + 1 / Double(cluster + 1).squareRoot()) }
    let whole = sums.last ?? 1
    nonisolated(unsafe) let clusters = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
    rows = BranchRows(count: count) { bytes in
      nonisolated(unsafe) let bytes = bytes
      let parts = (count + 65535) / 65536
      DispatchQueue.concurrentPerform(iterations: parts) { [sums, centers] part in
        var random = SplitMix(seed: seed, part: part + 1)
        for row in (part * 65536)..<min(count, (part + 1) * 65536) {
          let place = Double(random.next() >> 11) / Double(1 << 53) * whole
          var (low, high) = (0, clusterCount)
          while high - low > 1 {
            let middle = (low + high) / 2
            if sums[middle] <= place { low = middle } else { high = middle }
          }
          clusters[row] = UInt16(low)
          for feature in 0..<32 {
            let value = 128 + centers[low * 32 + feature] + 16 * Self.normal(&random)
            bytes[row * 32 + feature] = UInt8(max(0, min(255, value)))
          }
        }
      }
    }
    self.clusters = Array(UnsafeBufferPointer(start: clusters, count: count))
    clusters.deallocate()
  }

  /// About a standard normal number: the sum of eight bytes.
  private static func normal(_ random: inout SplitMix) -> Float {
    let bits = random.next()
    var sum = 0
    for byte in 0..<8 { sum += Int(bits >> UInt64(8 * byte) & 255) }
    return (Float(sum) - 1020) / 209
  }

  /// The marks of a user who searches for a cluster: rows of it, and rows of the nine that are near it.
  func marks(_ cluster: Int, count: Int, seed: UInt64) -> (positives: [Int], negatives: [Int]) {
    var random = SplitMix(seed: seed)
    var (positives, negatives) = ([Int](), [Int]())
    while positives.count < count || negatives.count < count {
      let row = random.next(below: rows.count)
      let own = Int(clusters[row])
      if own == cluster, positives.count < count, !positives.contains(row) { positives.append(row) }
      if own != cluster, own / 10 == cluster / 10, negatives.count < count, !negatives.contains(row) {
        negatives.append(row)
      }
    }
    return (positives, negatives)
  }
}
