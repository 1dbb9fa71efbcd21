import Files
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Retrieval

/// `/api/status` and `/api/index/update`.
struct IndexRoutes {
  let library: ImageLibrary

  func add(to router: Router<ServerContext>) {
    router.get("/api/status") { _, _ in Response.json(try status()) }
    router.post("/api/index/update") { request, _ in
      _ = try await RequestFields(request)
      try library.updates.start()
      return Response.json(try status(), status: .accepted)
    }
  }

  private func status() throws -> JSONValue {
    let model = library.index.model
    return [
      "version": .string(plumbVersion),
      "model": ["name": .string(model.name), "dimension": .integer(model.dimension)],
      "images": .integer(library.imageCount), "index": .string(library.index.folder.path),
      "roots": .array(try library.index.roots().map { .string($0) }),
      "methods": .array(
        library.methods.map {
          [
            "name": .string($0.rawValue), "title": .string($0.title), "description": .string($0.summary),
          ]
        }),
      "default_method": .string(FeedbackMethod.adaptive.rawValue), "update": library.updates.json,
    ]
  }
}
