import Files
import HTTPClient
public import Foundation

/// How far a download is.
public struct HubProgress: Sendable, Equatable {
  /// The file that is being fetched.
  public let file: String
  /// Bytes that are there, of all files.
  public let received: Int
  /// Bytes of all files, as far as the hub says.
  public let total: Int
}

/// Fetches models from a Hugging Face compatible hub.
///
/// ```swift
/// let hub = try HubClient(environment: ProcessInfo.processInfo.environment)
/// let folder = try hub.pull(HubReference("openai/clip-vit-base-patch32"))
/// ```
///
/// Calls block until the files are there. A download that was stopped goes on where it was; sizes and SHA-256
/// are checked against what the hub says; a file stands under its name only when it is whole.
public struct HubClient: Sendable {
  /// The hub's address.
  public let endpoint: URL
  /// When to ask again.
  public var retry: HubRetry
  private let token: String?
  private let cache: HubCache

  /// Whether this machine has the library that fetches, libcurl.
  package static var hasLibrary: Bool { HTTPLibrary.isAvailable }

  /// Creates a client from `HF_ENDPOINT`, `HF_TOKEN`, and the variables that move Hugging Face's cache.
  ///
  /// - Throws: ``HubError/badEndpoint(_:)``, ``HubError/badToken``.
  public init(environment: [String: String], retry: HubRetry = HubRetry()) throws {
    let address = environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 } ?? "https://huggingface.co"
    guard let endpoint = URL(string: address), endpoint.scheme == "http" || endpoint.scheme == "https",
      endpoint.host?.isEmpty == false
    else { throw HubError.badEndpoint(address) }
    let token = environment["HF_TOKEN"]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    guard token.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }) else {
      throw HubError.badToken
    }
    self.endpoint = endpoint
    self.token = token.isEmpty ? nil : token
    self.retry = retry
    cache = HubCache(environment: environment)
  }

  /// Fetches what a model needs into a folder, or into the cache that Hugging Face's tools share.
  ///
  /// - Parameters:
  ///   - model: the model and its revision.
  ///   - folder: a folder for the plain files; nil for the cache.
  ///   - progress: called as bytes come in.
  /// - Returns: the folder that holds the files by name.
  /// - Throws: ``HubError``.
  public func pull(
    _ model: HubReference, into folder: URL? = nil, progress: (HubProgress) -> Void = { _ in }
  ) throws -> URL {
    let connection = HubConnection(model: model, token: token, retry: retry)
    let api = address(
      "api/models/\(model.path)/revision/\(Self.escaped(model.revision))", query: "blobs=true")
    let listing = try HubListing(connection.data(at: api), url: api.absoluteString)
    let place = folder ?? cache.snapshot(listing.commit, of: model)
    try Self.makeFolder(place)
    if folder == nil { try Self.makeFolder(cache.folder(of: model).appendingPathComponent("blobs")) }

    var files = try listing.needed(name: model.path)
    var received = 0
    var next = 0
    while next < files.count {
      let file = files[next]
      let url = address("\(model.path)/resolve/\(listing.commit)/\(Self.escaped(file.name))")
      let destination = folder.map { $0.appendingPathComponent(file.name) } ?? cache.blob(file, of: model)
      if !isThere(file, at: destination, trusted: folder == nil) {
        let total = files.reduce(0) { $0 + ($1.size ?? 0) }
        try HubDownload(connection: connection, url: url, file: file, destination: destination).run {
          progress(HubProgress(file: file.name, received: received + $0, total: total))
        }
      }
      if folder == nil { try cache.link(file, in: place) }
      if file.name.hasSuffix(".index.json") {
        let index = try read(destination)
        files += try listing.shards(ofIndex: index, name: model.path, url: url.absoluteString)
      }
      received += file.size ?? 0
      next += 1
    }
    if folder == nil { try cache.note(listing.commit, for: model) }
    return place
  }

  /// Whether a file need not be fetched. A file of the cache stands under the name of its content; one in a
  /// user's folder may be anything, so its content is looked at, and it is fetched again where that cannot tell.
  private func isThere(_ file: HubFile, at destination: URL, trusted: Bool) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: destination.path)
    guard let size = attributes?[.size] as? Int, file.size ?? size == size else { return false }
    if trusted { return true }
    guard let sha256 = file.sha256 else { return false }
    return (try? FileHash.sha256(of: destination)) == sha256
  }

  private func read(_ file: URL) throws -> Data {
    do {
      return try Data(contentsOf: file)
    } catch {
      throw FileReadError.unreadable(path: file.path, reason: systemReason(of: error))
    }
  }

  private func address(_ path: String, query: String? = nil) -> URL {
    let base =
      endpoint.absoluteString.hasSuffix("/") ? endpoint.absoluteString : endpoint.absoluteString + "/"
    // Every part of `path` is checked or escaped, so that this always makes an address.
    return URL(string: base + path + (query.map { "?" + $0 } ?? "")) ?? endpoint
  }

  private static func escaped(_ part: String) -> String {
    part.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~")))
      ?? part
  }

  static func makeFolder(_ folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw HubError.unwritable(path: folder.path, reason: systemReason(of: error))
    }
  }
}
