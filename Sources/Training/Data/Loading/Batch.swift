/// What one process learns from in one step.
public struct Batch: Sendable {
  /// Which batch this is.
  public let position: DataPosition
  /// Where to go on after it.
  public let following: DataPosition
  /// The items, in the order of the rows below; one whose image is unreadable has been replaced.
  public let items: [Int]
  /// The row of the caption chosen for each item; −1 where it has none.
  public let captionRows: [Int]
  /// The images, where they were asked for.
  public let images: ImageBatch?
  /// The captions' tokens, where they were asked for.
  public let texts: TextBatch?

  /// The number of items.
  public var count: Int { items.count }

  /// Creates a batch from its parts.
  package init(
    position: DataPosition, following: DataPosition, items: [Int], captionRows: [Int],
    images: ImageBatch? = nil,
    texts: TextBatch? = nil
  ) {
    self.position = position
    self.following = following
    self.items = items
    self.captionRows = captionRows
    self.images = images
    self.texts = texts
  }
}

/// The numbers of the images of a batch: (count, 3, height, width), or (count, height, width, 3).
public final class ImageBatch: @unchecked Sendable {
  // Unchecked: written only while the loader makes it, each slot by one thread, and read-only from then on.

  /// The number of images.
  public let count: Int
  /// Height of each, in pixels.
  public let height: Int
  /// Width of each, in pixels.
  public let width: Int
  /// The order of the numbers.
  public let layout: PixelLayout
  private let values: UnsafeMutableBufferPointer<Float>

  init(count: Int, height: Int, width: Int, layout: PixelLayout) {
    self.count = count
    self.height = height
    self.width = width
    self.layout = layout
    values = .allocate(capacity: count * 3 * height * width)
  }

  /// Images of these numbers, (count, 3, height, width).
  package convenience init(_ numbers: [Float], count: Int, height: Int, width: Int) {
    self.init(count: count, height: height, width: width, layout: .planar)
    precondition(numbers.count == values.count, "the numbers are those of the images")
    _ = values.initialize(from: numbers)
  }

  deinit { values.deallocate() }

  /// Numbers of one image.
  public var elementCount: Int { 3 * height * width }

  /// Calls `body` with all numbers.
  public func withUnsafeFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    try body(UnsafeBufferPointer(values))
  }

  /// Where the numbers of an image are written.
  func slot(_ index: Int) -> UnsafeMutablePointer<Float>? {
    values.baseAddress.map { $0 + index * elementCount }
  }
}
