import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Retrieval
import Synchronization

/// `/api/search`, `/api/uploads` and `/api/images`.
struct SearchRoutes {
  let library: ImageLibrary
  private let uploads = UploadCount()

  init(library: ImageLibrary) { self.library = library }

  /// The largest file that is uploaded.
  static let uploadLimit = 32 << 20

  func add(to router: Router<ServerContext>) {
    router.post("/api/search") { request, _ in try await search(request) }
    router.post("/api/uploads") { request, _ in try await upload(request) }
    router.get("/api/images/:id") { _, context in
      let image = try Self.image(context)
      return Response.json(Self.json(image, try library.files(of: image)))
    }
    router.get("/api/images/:id/thumbnail") { request, context in
      try await thumbnail(request, context)
    }
  }

  private func search(_ request: Request) async throws -> Response {
    let fields = try await RequestFields(request, "terms", "filter", "count", "offset", "at_least")
    let page = try ResultPage(fields)
    let filter = try FilterRequest(fields.value("filter"))
    let terms = try TermRequest.list(fields).map { term in
      (try term.content.resolved(library.sessions.embedding), term.weight)
    }
    let task = SearchTask(terms: terms, filter: filter.filter, most: page.most)
    return .json(page.json(try await library.queue.outcome(of: task), of: task))
  }

  private func upload(_ request: Request) async throws -> Response {
    let type = request.headers[.contentType]?.lowercased() ?? ""
    guard type.hasPrefix("image/") || type.hasPrefix("application/octet-stream") else {
      throw APIError(
        .unsupportedMediaType, "the body must be an image, with its type or application/octet-stream.")
    }
    guard uploads.begin() else {
      throw APIError(.tooManyRequests, "too many images are being sent; try again in a moment.")
    }
    defer { uploads.end() }
    let body = try await request.body.bytes(atMost: Self.uploadLimit)
    guard body.readableBytes > 0 else { throw APIError.badRequest("the body has no bytes.") }
    return .json(["id": .string(try await library.addUpload(Data(body.readableBytesView)))])
  }

  private func thumbnail(_ request: Request, _ context: ServerContext) async throws -> Response {
    let sizes = ["160", "320", "640", "1600"]
    let size = request.uri.queryParameters["size"].map(String.init) ?? "320"
    guard sizes.contains(size), let side = Int(size) else {
      throw APIError.badRequest("size must be one of \(sizes.joined(separator: ", ")).")
    }
    let data: Data
    if let id = context.parameters.get("id"), Uploads.isID(id) {
      data = try library.sessions.thumbnail(ofUpload: id)
    } else {
      data = try await library.thumbnail(of: Self.image(context), side: side)
    }
    return .bytes(data, type: "image/jpeg", headers: [.cacheControl: "private, max-age=3600"])
  }

  /// The image that a path names. Throws ``APIError``.
  private static func image(_ context: ServerContext) throws(APIError) -> Int {
    guard let id = context.parameters.get("id"), let image = ImageID.number(id) else {
      throw .notFound("this is no image id.")
    }
    return image
  }

  /// An image as clients see it.
  static func json(
    _ image: Int, _ files: [IndexedFile], score: Float? = nil, mark: String? = nil
  ) -> JSONValue {
    var members: [JSONValue.Member] = [.init("id", .string(ImageID.text(image)))]
    if let score { members.append(.init("score", .number(Double(score)))) }
    if let file = files.first {
      members += [
        .init("name", .string((file.path as NSString).lastPathComponent)), .init("path", .string(file.path)),
        .init("bytes", .integer(Int(file.byteCount))),
        .init("changed", .string(file.changed.ISO8601Format())),
      ]
    }
    members.append(.init("copies", .array(files.dropFirst().map { .string($0.path) })))
    if let mark { members.append(.init("mark", .string(mark))) }
    return .object(members)
  }
}

/// The images that are being sent: each may hold as much memory as its limit.
private final class UploadCount: Sendable {
  private let count = Mutex(0)
  private static let most = 8

  /// Whether another one may begin, which then must end.
  func begin() -> Bool {
    count.withLock { count in
      guard count < Self.most else { return false }
      count += 1
      return true
    }
  }

  func end() { count.withLock { $0 -= 1 } }
}

/// Which of the hits a client wants.
struct ResultPage {
  let offset: Int
  let count: Int
  /// The least score as a share of the best one; 0 for all.
  let share: Double

  init(_ fields: RequestFields) throws(APIError) {
    count = try fields.integer("count", 1...500, or: 60)
    offset = try fields.integer("offset", 0...100_000, or: 0)
    share = try fields.number("at_least", 0...1, or: 0)
  }

  /// The first page, from the parameters of an address.
  init(count: Substring?, share: Substring?) throws(APIError) {
    guard (count ?? "60").allSatisfy(\.isNumber), let number = Int(count ?? "60"), (1...500).contains(number)
    else {
      throw .badRequest("count must be a whole number from 1 to 500.")
    }
    guard let least = Double(share ?? "0"), (0...1).contains(least) else {
      throw .badRequest("at_least must be a number from 0 to 1.")
    }
    (self.offset, self.count, self.share) = (0, number, least)
  }

  /// The hits that must be found for it.
  var most: Int { offset + count }

  /// The hits on it.
  func hits(of outcome: SearchOutcome) -> ArraySlice<ImageSearch.Hit> {
    ImageSearch.hits(outcome.hits, atLeast: share).dropFirst(offset)
  }

  /// What was found, as clients see it.
  func json(
    _ outcome: SearchOutcome, of task: SearchTask, good: Set<Int> = [], bad: Set<Int> = []
  ) -> JSONValue {
    let hits = hits(of: outcome)
    return [
      "hits": .array(
        hits.map { hit in
          SearchRoutes.json(
            hit.image, hit.files, score: hit.score,
            mark: good.contains(hit.image) ? "good" : bad.contains(hit.image) ? "bad" : "none")
        }),
      "images": .integer(outcome.images), "method": .string(task.method.rawValue),
      "seconds": .number(outcome.seconds),
      "empty_because": hits.isEmpty ? .string(reason(outcome, task)) : .null,
    ]
  }

  private func reason(_ outcome: SearchOutcome, _ task: SearchTask) -> String {
    if outcome.images == 0 { return "The index is empty: plumb index FOLDER fills it." }
    if !outcome.hits.isEmpty { return "There are no more images." }
    return task.filter == SearchFilter()
      ? "No image has a score." : "None of \(outcome.images) images passes the filter."
  }
}
