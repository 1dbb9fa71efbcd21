public import CLIP
public import Foundation
import Synchronization

/// Where an image is bright and where it is dark: 16 × 16 means of its luminance, less their mean.
///
/// The layouts of copies of another size, format, quality or colour correlate almost wholly; those of other photographs of the same
/// scene do not.
public enum ImageLayout {
  /// Squares in a row and in a column.
  static let side = 16

  /// The layouts of images, `(images, 256)`; zeros for one that cannot be read.
  public static func layouts(
    of urls: [URL], threads: Int? = nil, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) throws -> Embeddings {
    let width = side * side
    let rows = Mutex<[Float]>([Float](repeating: 0, count: urls.count * width))
    let next = Atomic<Int>(0)
    let threads = max(1, min(threads ?? ProcessInfo.processInfo.activeProcessorCount, urls.count))
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let image = next.add(1, ordering: .relaxed).oldValue
        guard image < urls.count else { return }
        if let layout = layout(of: urls[image]) {
          rows.withLock { $0.replaceSubrange(image * width..<(image + 1) * width, with: layout) }
        }
        progress?(image + 1, urls.count)
      }
    }
    return try Embeddings(values: rows.withLock { $0 }, dimension: width, name: "the layouts")
  }

  /// The layout of an image file; nil where it cannot be read.
  private static func layout(of url: URL) -> [Float]? {
    guard let image = try? Thumbnail.pixels(contentsOf: url, side: 4 * side) else { return nil }
    var sums = [Float](repeating: 0, count: side * side)
    var counts = [Float](repeating: 0, count: side * side)
    for row in 0..<image.height {
      for column in 0..<image.width {
        let place = (row * image.width + column) * 3
        let luminance =
          0.299 * Float(image.pixels[place]) + 0.587 * Float(image.pixels[place + 1]) + 0.114
          * Float(image.pixels[place + 2])
        let square = row * side / image.height * side + column * side / image.width
        sums[square] += luminance
        counts[square] += 1
      }
    }
    // Of an image narrower than the squares, some have no pixel of their own.
    let means = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
    let mean = means.reduce(0, +) / Float(means.count)
    return means.map { $0 - mean }
  }
}
