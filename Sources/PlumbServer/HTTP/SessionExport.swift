import Files
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Retrieval

/// The images of a search as a download: their paths, a JSON document, or copies of their files.
struct SessionExport {
  private let library: ImageLibrary

  /// The most bytes of copies.
  private static let mostBytes: Int64 = 2 << 30

  init(_ library: ImageLibrary) { self.library = library }

  /// Answers `?what=good|hits&format=paths|json|zip&count=60&at_least=0`. Throws ``APIError``.
  func response(to request: Request, _ session: SearchSession) async throws -> Response {
    let parameters = request.uri.queryParameters
    let what = parameters["what"].map(String.init) ?? "good"
    let format = parameters["format"].map(String.init) ?? "paths"
    guard ["good", "hits"].contains(what) else { throw APIError.badRequest("what must be good or hits.") }
    guard ["paths", "json", "zip"].contains(format) else {
      throw APIError.badRequest("format must be paths, json or zip.")
    }
    let page = try ResultPage(count: parameters["count"], share: parameters["at_least"])
    func task() throws -> SearchTask {
      try session.task(ofRound: session.current, most: page.most, uploads: library.sessions.embedding)
    }
    // A search is only made where its hits are told: marks can be exported whatever has become of the terms.
    let isSearched = what == "hits" || format == "json"
    let hits = isSearched ? Array(page.hits(of: try await library.queue.outcome(of: task()))) : []
    let round = session.rounds[session.current]
    let images =
      what == "hits"
      ? hits.map { ($0.image, $0.files) }
      : round.good.compactMap { image in (try? library.files(of: image)).map { (image, $0) } }
    switch format {
    case "paths":
      let text = images.map { $0.1[0].path + "\n" }.joined()
      return .bytes(text.utf8, type: "text/plain; charset=utf-8", headers: Self.named("images.txt"))
    case "json":
      let scores = Dictionary(hits.map { ($0.image, $0.score) }, uniquingKeysWith: { first, _ in first })
      let document: JSONValue = [
        "search": session.json,
        "images": .array(images.map { SearchRoutes.json($0.0, $0.1, score: scores[$0.0]) }),
      ]
      return .bytes(
        try document.text(isIndented: true).utf8, type: "application/json", headers: Self.named("images.json")
      )
    default: return try zip(images.map { $0.1[0] })
    }
  }

  private func zip(_ files: [IndexedFile]) throws -> Response {
    guard files.reduce(0, { $0 + $1.byteCount }) <= Self.mostBytes else {
      throw APIError.badRequest("the files are larger than 2 GiB; export their paths and copy them.")
    }
    return Response(
      status: .ok, headers: Self.named("images.zip", type: "application/zip"),
      body: ResponseBody { writer in
        guard let archive = ZipWriter() else { throw APIError(.internalServerError, "there is no memory.") }
        var names: Set<String> = []
        for (number, file) in files.enumerated() {
          // One that has gone or changed since is missing from the archive: what lies there now may be another file.
          guard let data = file.content() else { continue }
          let own = (file.path as NSString).lastPathComponent
          var name = own
          while !names.insert(name).inserted { name = "\(number + 1)-\(name)" }
          try await writer.write(ByteBuffer(bytes: archive.entry(name, data, changed: file.changed)))
        }
        try await writer.write(ByteBuffer(bytes: archive.end()))
        try await writer.finish(nil)
      })
  }

  private static func named(_ name: String, type: String? = nil) -> HTTPFields {
    var headers: HTTPFields = [
      .contentDisposition: "attachment; filename=\"\(name)\"", .cacheControl: "no-store",
    ]
    headers[.contentType] = type
    return headers
  }
}

extension IndexedFile {
  /// Whether the file is there as it was when it was indexed.
  var isAsIndexed: Bool {
    var status = stat()
    return stat(path, &status) == 0 && isAsIndexed(status)
  }

  private func isAsIndexed(_ status: stat) -> Bool {
    status.st_mode & S_IFMT == S_IFREG && Int64(status.st_size) == byteCount
      && abs(Double(IndexedFile.nanoseconds(status.st_mtim)) / 1e9 - changed.timeIntervalSince1970) < 2
  }

  /// The bytes of the file; nil where it is not there any more, or not as it was when it was indexed.
  fileprivate func content() -> Data? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, isAsIndexed(status),
      let data = try? handle.read(upToCount: Int(byteCount)), data.count == byteCount
    else { return nil }
    return data
  }
}
