import CLIP
public import Foundation
import Synchronization

/// Images that were decoded once, scaled down and kept as bytes, in memory or in a file.
///
/// ```swift
/// let cache = ImageCache.memory(edge: 128, byteLimit: 2 << 30, for: set)
/// ```
///
/// An image is scaled so that its shorter edge has `edge` pixels, and never up. Every image of a run is scaled so,
/// whether there was room to keep it or not, so that training does not depend on the room. What is in the cache
/// stays; when it is full, the other images are decoded each time, which over whole epochs is the best one can do.
public final class ImageCache: Sendable {
  /// The length of the shorter edge, in pixels.
  public let edge: Int
  /// The most bytes of pixels that are kept.
  public let byteLimit: Int
  let itemCount: Int
  let identity: UInt64
  private let scaler: ImageLoader
  private let storage: Storage

  private enum Storage: Sendable {
    case memory(MemoryImages)
    case file(ImageFile)
  }

  private init(edge: Int, byteLimit: Int, set: TrainingSet, storage: Storage) {
    self.edge = edge
    self.byteLimit = byteLimit
    self.storage = storage
    itemCount = set.count
    identity = set.idFingerprint.value
    // An image that is many times as long as high is kept small as a whole.
    let size = ImagePreprocessing.Size.shortestEdge(edge, longestAtMost: 4 * edge)
    scaler = ImageLoader(preprocessing: ImagePreprocessing(size: size, crop: nil))
  }

  /// A cache that lasts as long as the process.
  public static func memory(edge: Int, byteLimit: Int, for set: TrainingSet) -> ImageCache {
    let edge = min(max(1, edge), 4096)
    let images = MemoryImages(count: set.count, byteLimit: byteLimit)
    return ImageCache(edge: edge, byteLimit: byteLimit, set: set, storage: .memory(images))
  }

  /// A cache in a file, which the next run finds again; several processes may share it.
  ///
  /// It belongs to the ids of the set and to the edge: where an image is changed under its old name, remove the file.
  ///
  /// - Throws: ``DataError/badCache(file:problem:)``, ``DataError/unreadable(file:reason:)``.
  public static func file(_ url: URL, edge: Int, byteLimit: Int, for set: TrainingSet) throws -> ImageCache {
    let edge = min(max(1, edge), 4096)
    let file = try ImageFile(
      url, edge: edge, byteLimit: byteLimit, itemCount: set.count, identity: set.idFingerprint.value)
    return ImageCache(edge: edge, byteLimit: byteLimit, set: set, storage: .file(file))
  }

  /// The number of images that this process knows to be kept.
  public var count: Int {
    switch storage {
    case .memory(let images): images.count
    case .file(let file): file.knownCount
    }
  }

  /// Whether the cache was made for the items of a set.
  func belongs(to set: TrainingSet) -> Bool {
    itemCount == set.count && identity == set.idFingerprint.value
  }

  /// The image of an item, if it is kept.
  func image(_ item: Int) -> PreparedImage? {
    switch storage {
    case .memory(let images): images.image(item)
    case .file(let file): file.image(item)
    }
  }

  /// Keeps the scaled image of an item, if there is room.
  func keep(_ image: PreparedImage, item: Int) {
    switch storage {
    case .memory(let images): images.keep(image, item: item)
    case .file(let file): file.keep(image, item: item)
    }
  }

  /// An image as the cache keeps it.
  ///
  /// - Throws: ``ImageError``.
  func scaled(_ image: PreparedImage, name: String) throws(ImageError) -> PreparedImage {
    if min(image.height, image.width) <= edge && max(image.height, image.width) <= 4 * edge {
      return image
    }
    return try scaler.prepare(image, name: name)
  }
}

/// Images in memory, up to a number of bytes.
private final class MemoryImages: Sendable {
  private struct State {
    var images: [PreparedImage?]
    var bytes = 0
    var count = 0
  }

  private let state: Mutex<State>
  private let byteLimit: Int

  init(count: Int, byteLimit: Int) {
    state = Mutex(State(images: [PreparedImage?](repeating: nil, count: count)))
    self.byteLimit = byteLimit
  }

  var count: Int { state.withLock(\.count) }

  func image(_ item: Int) -> PreparedImage? {
    state.withLock { $0.images.indices.contains(item) ? $0.images[item] : nil }
  }

  func keep(_ image: PreparedImage, item: Int) {
    state.withLock { state in
      guard state.images.indices.contains(item), state.images[item] == nil,
        image.pixels.count <= byteLimit - state.bytes
      else { return }
      state.images[item] = image
      state.bytes += image.pixels.count
      state.count += 1
    }
  }
}
