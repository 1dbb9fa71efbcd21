import CLIP
import Foundation
import Retrieval
import Synchronization

/// What is served: an index with its model, the searches in it, and their images.
final class ImageLibrary: Sendable {
  let index: ImageIndex
  let sessions: SessionStore
  let queue: SearchQueue
  let updates: IndexUpdates
  private let embedder: CLIPEmbedder
  private let search: CurrentSearch
  private let thumbnails = Mutex(RecentValues<String, Data>(limit: 64 << 20))
  private let work = WorkQueue(atOnce: 2, waiting: 2000)
  private let uploadWork = WorkQueue(atOnce: 1, waiting: 16)
  /// The most pixels of an image that a client sends.
  private static let uploadPixels = 40_000_000

  /// Opens an index.
  ///
  /// - Parameters:
  ///   - searches: the folder for searches; see ``SessionStore``.
  ///   - openModel: opens the index's model; called again for an update, which embeds images while searches go on.
  /// - Throws: `RetrievalError`, `ModelError`, `CheckpointError`.
  init(
    _ folder: URL, searches: URL? = nil,
    openModel: @escaping @Sendable (ImageIndex.Model) throws -> CLIPEmbedder
  ) throws {
    let index = try ImageIndex(contentsOf: folder)
    let embedder = try openModel(index.model)
    let search = CurrentSearch(try ImageSearch(index, with: embedder))
    self.index = index
    self.embedder = embedder
    self.search = search
    sessions = try SessionStore(index, in: searches)
    queue = SearchQueue(embedder) { search.value }
    updates = IndexUpdates(index, openModel: { try openModel(index.model) }) {
      let updated = try ImageSearch(index, with: embedder)
      Self.prepare(updated)
      search.value = updated
    }
    let thread = Thread { Self.prepare(search.value) }
    thread.name = "plumb refine"
    thread.start()
  }

  /// Makes the first refinement as fast as the later ones. One core is enough; the others are left to searches.
  private static func prepare(_ search: ImageSearch) {
    // What fails here fails again when it is needed, and is told then.
    try? search.prepareRefinement(threads: 1)
  }

  /// The images that can be found.
  var imageCount: Int { search.value.count }

  /// The methods that refine a search in this index.
  var methods: [FeedbackMethod] {
    (search.value.hasBranches ? FeedbackMethod.allCases : FeedbackMethod.withoutTrees).filter { $0 != .text }
  }

  /// The files of an image. Throws ``APIError`` where there is none of this number.
  func files(of image: Int) throws(APIError) -> [IndexedFile] {
    let files = search.value.files(of: image)
    guard !files.isEmpty else { throw .notFound("this image is not in the index.") }
    return files
  }

  /// A small JPEG of an image. Throws ``APIError``.
  func thumbnail(of image: Int, side: Int) async throws -> Data {
    let files = try files(of: image)
    let key = "\(image) \(side)"
    if let kept = thumbnails.withLock({ $0[key] }) { return kept }
    return try await work.run { [self] in
      do {
        // Of another image that has taken its place nothing is kept: the number stays that of the copies.
        let own = files.first(where: \.isAsIndexed)
        let file = URL(fileURLWithPath: (own ?? files[0]).path)
        let data = try Thumbnail.jpeg(contentsOf: file, side: side)
        if own != nil { thumbnails.withLock { $0.set(key, data, cost: data.count) } }
        return data
      } catch {
        throw APIError.notFound("this image cannot be shown: \(APIError(error).message)")
      }
    }
  }

  /// Embeds an image that a client sent, and keeps it as a part of queries. Returns its id. Throws ``APIError``.
  func addUpload(_ bytes: Data) async throws -> String {
    try await uploadWork.run { [self] in
      let thumbnail: Data
      do {
        thumbnail = try bytes.withUnsafeBytes { bytes throws(ImageError) in
          try Thumbnail.jpeg(bytes, name: "the image", side: 640, pixelLimit: Self.uploadPixels)
        }
      } catch {
        throw APIError.badRequest(APIError(error).message)
      }
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("plumb-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: file) }
      try bytes.write(to: file)
      let embedding = try embedder.embedImages(at: [file]).embeddings
      return try sessions.addUpload(Array(embedding[0]), thumbnail: thumbnail)
    }
  }
}

/// The search among the images that the index has now.
private final class CurrentSearch: Sendable {
  private let search: Mutex<ImageSearch>

  init(_ search: ImageSearch) { self.search = Mutex(search) }

  var value: ImageSearch {
    get { search.withLock { $0 } }
    set { search.withLock { $0 = newValue } }
  }
}
