public import CLIP
public import Files
public import Foundation

/// An index of images in folders: what files there are, and the embedding of each.
///
/// It is a folder with `index.sqlite` (files) and `vectors` (embeddings, row after row; beside those of bytes `remainders`, what rounding left), and
/// belongs to one model.
///
/// ```swift
/// let index = try ImageIndex(at: ImageIndex.userDefault, for: clip, named: "mini")
/// let report = try index.update(adding: [URL(fileURLWithPath: "photos")], with: clip)
/// print(report.files, report.embedded)
/// ```
public final class ImageIndex: Sendable {
  /// The model whose embeddings it has.
  public struct Model: Sendable, Equatable {
    /// What `--model` takes.
    public var name: String
    /// See `Checkpoint.fingerprint()`.
    public var fingerprint: String
    /// Numbers in an embedding.
    public var dimension: Int
  }

  /// Its folder.
  public let folder: URL
  /// The model.
  public let model: Model
  /// How embeddings are stored.
  public let type: NumPyType
  /// Tells it from every other index, also from one that was made anew in the same folder.
  public let identity: String
  let database: IndexDatabase

  /// The index of a user who names none.
  public static var userDefault: URL { UserData.url("index") }

  static func databaseFile(in folder: URL) -> URL { folder.appendingPathComponent("index.sqlite") }

  /// Opens an index that is there, also one in a folder that cannot be written to.
  ///
  /// - Throws: ``RetrievalError``.
  public init(contentsOf folder: URL) throws {
    guard FileManager.default.fileExists(atPath: Self.databaseFile(in: folder).path) else {
      throw RetrievalError.noIndex(folder: folder.relativePath)
    }
    database = try IndexDatabase(folder, isOnlyRead: true)
    let meta = try database.meta()
    guard let name = meta["model"], let fingerprint = meta["fingerprint"],
      let dimension = meta["dimension"].flatMap(Int.init), (1...1 << 20).contains(dimension),
      let type = meta["type"].flatMap(NumPyType.init)
    else { throw RetrievalError.damagedIndex(folder: folder.relativePath, reason: "it names no model") }
    self.folder = folder
    self.type = type
    model = Model(name: name, fingerprint: fingerprint, dimension: dimension)
    identity = meta["identity"] ?? Self.identityOfFile(in: folder, fingerprint)
  }

  /// That of an index which was made before indexes had one, and has not been written to since.
  private static func identityOfFile(in folder: URL, _ fingerprint: String) -> String {
    let path = databaseFile(in: folder).path
    let number = (try? FileManager.default.attributesOfItem(atPath: path))?[.systemFileNumber] as? Int
    return "\(fingerprint)-\(number ?? 0)"
  }

  /// Opens an index to add to it with a model, or makes one.
  ///
  /// - Parameters:
  ///   - name: what `--model` takes for the model; a path is kept as an absolute one.
  ///   - type: how embeddings are stored in a new index.
  /// - Throws: ``RetrievalError``, where it belongs to another model too.
  public convenience init(
    at folder: URL, for embedder: CLIPEmbedder, named name: String, type: NumPyType = .float16
  ) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw RetrievalError.unwritable(path: folder.relativePath, reason: systemReason(of: error))
    }
    let database = try IndexDatabase(folder)
    let meta = try database.meta()
    if meta["identity"] == nil { try database.setMeta(["identity": UUID().uuidString.lowercased()]) }
    if meta["model"] == nil {
      let isPath = FileManager.default.fileExists(atPath: name)
      try database.setMeta([
        "model": isPath ? URL(fileURLWithPath: name).standardizedFileURL.path : name,
        "fingerprint": embedder.checkpoint.fingerprint(), "dimension": "\(embedder.dimension)",
        "type": type.rawValue,
      ])
    }
    try self.init(contentsOf: folder)
    try check(embedder, named: name)
  }

  /// Refuses a model that is another than the index's. Throws ``RetrievalError/otherModel(folder:model:asked:again:)``.
  public func check(_ embedder: CLIPEmbedder, named name: String) throws {
    guard embedder.checkpoint.fingerprint() == model.fingerprint else {
      var again = ["plumb", "index"] + ((try? database.roots()) ?? []) + ["--model", name]
      if type != .float16 { again += ["--dtype", type.rawValue] }
      again += ["--index", folder.relativePath]
      throw RetrievalError.otherModel(
        folder: folder.relativePath, model: model.name, asked: name,
        again: again.map(ShellWord.quoted).joined(separator: " "))
    }
  }

  /// Builds the trees of decision branches for the images that it has now, and keeps them.
  ///
  /// - Parameter memory: the most bytes of the trees.
  /// - Throws: ``BranchError/tooLittleMemory(given:needed:)``, ``RetrievalError``, `FileWriteError`.
  public func buildBranches(memory: Int, threads: Int? = nil) throws -> BranchIndex {
    let branches = try BranchIndex(vectors.rows(database.rowCount()), memory: memory, threads: threads)
    try branches.write(to: folder)
    return branches
  }

  /// The folders and files that it was made of, as absolute paths.
  public func roots() throws -> [String] { try database.roots() }

  var vectors: VectorFile {
    VectorFile(url: folder.appendingPathComponent("vectors"), dimension: model.dimension, type: type)
  }
}
