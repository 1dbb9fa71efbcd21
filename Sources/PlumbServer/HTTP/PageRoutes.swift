import Hummingbird

/// The web page and the description of the interface, which are part of the program.
struct PageRoutes {
  /// The files of `Page/`, by the paths under which they are served.
  static let files: [(path: String, type: String, bytes: [UInt8])] = [
    ("/", "text/html; charset=utf-8", PackageResources.index_html),
    ("/openapi.json", "application/json", PackageResources.openapi_json),
  ]

  func add(to router: Router<ServerContext>) {
    for file in Self.files {
      router.get(RouterPath(file.path)) { _, _ in
        Response.bytes(file.bytes, type: file.type, headers: [.cacheControl: "no-cache"])
      }
    }
  }
}
