import HTTPTypes
import Hummingbird

/// Answers a method that a path does not have with 405 and those that it has (RFC 9110, 15.5.6).
enum OtherMethods {
  /// - Parameter router: has all other routes already.
  static func add(to router: Router<ServerContext>) {
    for (path, routes) in Dictionary(grouping: router.routes, by: \.path.description) {
      var methods = Set(routes.map(\.method))
      if methods.contains(.get) { methods.insert(.head) }
      let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
      for method in all where !methods.contains(method) {
        router.on(RouterPath(path), method: method) { request, context in
          var response = try APIError(.methodNotAllowed, "this address takes \(allowed).")
            .response(from: request, context: context)
          response.headers[.allow] = allowed
          return response
        }
      }
    }
  }

  private static let all: [HTTPRequest.Method] = [
    .get, .head, .post, .put, .delete, .connect, .options, .trace, .patch, .init("QUERY")!,
  ]
}
