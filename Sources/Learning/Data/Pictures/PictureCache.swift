public import CLIP
public import Foundation
import Synchronization

/// Pictures that were decoded once, scaled down and kept as bytes, in memory or in a file.
///
/// ```swift
/// let cache = PictureCache.memory(edge: 128, byteLimit: 2 << 30, for: set)
/// ```
///
/// A picture is scaled so that its shorter edge has `edge` pixels, and never up. Every picture of a run is scaled so,
/// whether there was room to keep it or not, so that what is learnt does not depend on the room. What is in the cache
/// stays; when it is full, the other pictures are decoded each time, which over whole epochs is the best one can do.
public final class PictureCache: Sendable {
  /// The length of the shorter edge, in pixels.
  public let edge: Int
  /// The most bytes of pixels that are kept.
  public let byteLimit: Int
  let itemCount: Int
  let identity: UInt64
  private let scaler: ImageLoader
  private let storage: Storage

  private enum Storage: Sendable {
    case memory(MemoryPictures)
    case file(PictureFile)
  }

  private init(edge: Int, byteLimit: Int, set: TrainingSet, storage: Storage) {
    self.edge = edge
    self.byteLimit = byteLimit
    self.storage = storage
    itemCount = set.count
    identity = set.idFingerprint.value
    // A picture that is many times as long as high is kept small as a whole.
    let size = ImagePreprocessing.Size.shortestEdge(edge, longestAtMost: 4 * edge)
    scaler = ImageLoader(preprocessing: ImagePreprocessing(size: size, crop: nil))
  }

  /// A cache that lasts as long as the process.
  public static func memory(edge: Int, byteLimit: Int, for set: TrainingSet) -> PictureCache {
    let edge = min(max(1, edge), 4096)
    let pictures = MemoryPictures(count: set.count, byteLimit: byteLimit)
    return PictureCache(edge: edge, byteLimit: byteLimit, set: set, storage: .memory(pictures))
  }

  /// A cache in a file, which the next run finds again; several processes may share it.
  ///
  /// It belongs to the ids of the set and to the edge: where a picture is changed under its old name, remove the file.
  ///
  /// - Throws: ``DataError/badCache(file:problem:)``, ``DataError/unreadable(file:reason:)``.
  public static func file(_ url: URL, edge: Int, byteLimit: Int, for set: TrainingSet) throws -> PictureCache
  {
    let edge = min(max(1, edge), 4096)
    let file = try PictureFile(
      url, edge: edge, byteLimit: byteLimit, itemCount: set.count, identity: set.idFingerprint.value)
    return PictureCache(edge: edge, byteLimit: byteLimit, set: set, storage: .file(file))
  }

  /// The number of pictures that this process knows to be kept.
  public var count: Int {
    switch storage {
    case .memory(let pictures): pictures.count
    case .file(let file): file.knownCount
    }
  }

  /// Whether the cache was made for the items of a set.
  func belongs(to set: TrainingSet) -> Bool {
    itemCount == set.count && identity == set.idFingerprint.value
  }

  /// The picture of an item, if it is kept.
  func picture(_ item: Int) -> PreparedImage? {
    switch storage {
    case .memory(let pictures): pictures.picture(item)
    case .file(let file): file.picture(item)
    }
  }

  /// Keeps the scaled picture of an item, if there is room.
  func keep(_ picture: PreparedImage, item: Int) {
    switch storage {
    case .memory(let pictures): pictures.keep(picture, item: item)
    case .file(let file): file.keep(picture, item: item)
    }
  }

  /// A picture as the cache keeps it.
  ///
  /// - Throws: ``ImageError``.
  func scaled(_ picture: PreparedImage, name: String) throws(ImageError) -> PreparedImage {
    if min(picture.height, picture.width) <= edge && max(picture.height, picture.width) <= 4 * edge {
      return picture
    }
    return try scaler.prepare(picture, name: name)
  }
}

/// Pictures in memory, up to a number of bytes.
private final class MemoryPictures: Sendable {
  private struct State {
    var pictures: [PreparedImage?]
    var bytes = 0
    var count = 0
  }

  private let state: Mutex<State>
  private let byteLimit: Int

  init(count: Int, byteLimit: Int) {
    state = Mutex(State(pictures: [PreparedImage?](repeating: nil, count: count)))
    self.byteLimit = byteLimit
  }

  var count: Int { state.withLock(\.count) }

  func picture(_ item: Int) -> PreparedImage? {
    state.withLock { $0.pictures.indices.contains(item) ? $0.pictures[item] : nil }
  }

  func keep(_ picture: PreparedImage, item: Int) {
    state.withLock { state in
      guard state.pictures.indices.contains(item), state.pictures[item] == nil,
        picture.pixels.count <= byteLimit - state.bytes
      else { return }
      state.pictures[item] = picture
      state.bytes += picture.pixels.count
      state.count += 1
    }
  }
}
