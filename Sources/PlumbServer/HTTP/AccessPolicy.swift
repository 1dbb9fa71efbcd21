import HTTPTypes
import Hummingbird
import Synchronization

/// Who may ask, and for what: it stands before every route.
///
/// A page of another site can make a browser send requests here. So the `Host` must be one of ours, which a name that was pointed here
/// (DNS rebinding) is not; what changes something must come from our own page or from no page; and nothing allows other sites to read
/// answers. Where the server can be reached from other machines, the interface also wants a token.
struct AccessPolicy: RouterMiddleware {
  typealias Context = ServerContext

  let hosts: ServedHosts
  /// What `Authorization: Bearer` must be; nil where nothing is needed.
  let token: String?

  func handle(
    _ request: Request, context: ServerContext,
    next: (Request, ServerContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      try check(request)
      response = try await next(request, context)
    } catch {
      response = try APIError(error).response(from: request, context: context)
    }
    for (name, value) in Self.headers { response.headers[name] = value }
    return response
  }

  private func check(_ request: Request) throws(APIError) {
    guard let host = request.head.authority?.lowercased(), hosts.has(host) else {
      throw APIError(
        .forbidden,
        "this address is not served; open the one that plumb serve has printed, or name it with --allow-host."
      )
    }
    if let origin = request.headers[.origin] {
      guard origin.lowercased() == "http://\(host)" || origin.lowercased() == "https://\(host)" else {
        throw APIError(.forbidden, "requests of other sites are refused.")
      }
    }
    // The page's own files are open to all who may ask; whatever else there is, by whatever spelling of its path, is not.
    let isPage = request.method == .get && PageRoutes.files.contains { $0.path == request.uri.path }
    if let site = request.headers[Self.fetchSite], site != "same-origin", site != "none", !isPage {
      throw APIError(.forbidden, "requests of other sites are refused.")
    }
    guard let token, !isPage else { return }
    let given = request.headers[.authorization] ?? ""
    guard Self.areEqual(given, "Bearer \(token)") else {
      throw APIError(
        .unauthorized, "the token is missing or wrong; open the address that plumb serve has printed.")
    }
  }

  /// Compares in a time that does not tell how much is right.
  private static func areEqual(_ one: String, _ other: String) -> Bool {
    guard one.utf8.count == other.utf8.count else { return false }
    return zip(one.utf8, other.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
  private static let headers: [(HTTPField.Name, String)] = [
    (
      .contentSecurityPolicy,
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    (.xContentTypeOptions, "nosniff"),
    (HTTPField.Name("X-Frame-Options")!, "DENY"),
    (HTTPField.Name("Referrer-Policy")!, "no-referrer"),
    (HTTPField.Name("Cross-Origin-Resource-Policy")!, "same-origin"),
    (HTTPField.Name("Cross-Origin-Opener-Policy")!, "same-origin"),
  ]
}

/// What a request carries through the routes.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage

  init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}

/// The values of `Host` that are served, known when the server has a port.
final class ServedHosts: Sendable {
  private let hosts = Mutex<Set<String>>([])

  /// - Parameter hosts: names with ports, in lower case.
  func set(_ hosts: Set<String>) { self.hosts.withLock { $0 = hosts } }

  func has(_ host: String) -> Bool { hosts.withLock { $0.contains(host) } }
}
