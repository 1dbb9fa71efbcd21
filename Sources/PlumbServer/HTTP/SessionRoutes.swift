import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Retrieval

/// `/api/sessions`: searches that are refined.
struct SessionRoutes {
  let library: ImageLibrary

  func add(to router: Router<ServerContext>) {
    let sessions = library.sessions
    router.get("/api/sessions") { _, _ in
      Response.json(["sessions": .array(try sessions.all().map(\.json))])
    }
    router.post("/api/sessions") { request, _ in
      let fields = try await RequestFields(request, "terms", "filter")
      let filter = try FilterRequest(fields.value("filter"))
      return Response.json(
        try sessions.add(terms: TermRequest.list(fields), filter: filter).json, status: .created)
    }
    router.get("/api/sessions/:id") { _, context in
      Response.json(try sessions.session(Self.id(context)).json)
    }
    router.delete("/api/sessions/:id") { _, context in
      try sessions.delete(Self.id(context))
      return Response(status: .noContent)
    }
    router.post("/api/sessions/:id/name") { request, context in
      let name = try await RequestFields(request, "name").text("name", 1...200)
      guard name.contains(where: { !$0.isWhitespace }) else {
        throw APIError.badRequest("the name is blank.")
      }
      return Response.json(try sessions.update(Self.id(context)) { $0.name = name }.json)
    }
    router.post("/api/sessions/:id/marks") { request, context in
      let fields = try await RequestFields(request, "good", "bad", "none")
      let (good, bad, none) = try (fields.images("good"), fields.images("bad"), fields.images("none"))
      for image in good + bad { _ = try library.files(of: image) }
      return Response.json(
        try sessions.update(Self.id(context)) { try $0.mark(good: good, bad: bad, none: none) }.json)
    }
    router.post("/api/sessions/:id/refine") { request, context in
      let fields = try await RequestFields(request, "method")
      let method = try method(fields)
      return Response.json(try sessions.update(Self.id(context)) { try $0.refine(by: method) }.json)
    }
    router.post("/api/sessions/:id/undo") { request, context in
      _ = try await RequestFields(request)
      return Response.json(try sessions.update(Self.id(context)) { try $0.move(by: -1) }.json)
    }
    router.post("/api/sessions/:id/redo") { request, context in
      _ = try await RequestFields(request)
      return Response.json(try sessions.update(Self.id(context)) { try $0.move(by: 1) }.json)
    }
    router.post("/api/sessions/:id/hits") { request, context in
      let fields = try await RequestFields(request, "round", "count", "offset", "at_least")
      let session = try sessions.session(Self.id(context))
      let number = try fields.integer("round", 0...10_000, or: session.current)
      let page = try ResultPage(fields)
      let task = try session.task(ofRound: number, most: page.most, uploads: sessions.embedding)
      let round = session.rounds[number]
      return Response.json(
        page.json(
          try await library.queue.outcome(of: task), of: task, good: Set(round.good), bad: Set(round.bad)))
    }
    router.get("/api/sessions/:id/export") { request, context in
      try await SessionExport(library).response(to: request, sessions.session(Self.id(context)))
    }
  }

  private static func id(_ context: ServerContext) throws(APIError) -> String {
    guard let id = context.parameters.get("id"), id.utf8.count <= 64 else {
      throw .notFound("this search is not there.")
    }
    return id
  }

  private func method(_ fields: RequestFields) throws(APIError) -> FeedbackMethod {
    guard fields.has("method") else { return .adaptive }
    let name = try fields.text("method", 1...40)
    guard let method = library.methods.first(where: { $0.rawValue == name }) else {
      throw .badRequest(
        "\"method\" must be one of \(library.methods.map(\.rawValue).joined(separator: ", ")).")
    }
    return method
  }
}
