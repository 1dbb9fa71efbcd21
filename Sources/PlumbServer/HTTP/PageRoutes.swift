import Hummingbird

/// The web page and the description of the interface, which are part of the program.
struct PageRoutes {
  /// The files of `Page/`, by the paths under which they are served.
  static let files: [(path: String, type: String, bytes: [UInt8])] = [
    ("/", "text/html; charset=utf-8", PackageResources.index_html),
    ("/app.css", "text/css; charset=utf-8", PackageResources.app_css),
    ("/icon.svg", "image/svg+xml", PackageResources.icon_svg),
    ("/openapi.json", "application/json", PackageResources.openapi_json),
    ("/api.js", script, PackageResources.api_js),
    ("/app.js", script, PackageResources.app_js),
    ("/chips.js", script, PackageResources.chips_js),
    ("/export.js", script, PackageResources.export_js),
    ("/feedback.js", script, PackageResources.feedback_js),
    ("/grid.js", script, PackageResources.grid_js),
    ("/notices.js", script, PackageResources.notices_js),
    ("/query.js", script, PackageResources.query_js),
    ("/saved.js", script, PackageResources.saved_js),
    ("/search.js", script, PackageResources.search_js),
    ("/status.js", script, PackageResources.status_js),
    ("/theme.js", script, PackageResources.theme_js),
    ("/viewer.js", script, PackageResources.viewer_js),
  ]

  private static let script = "text/javascript; charset=utf-8"

  func add(to router: Router<ServerContext>) {
    for file in Self.files {
      router.get(RouterPath(file.path)) { _, _ in
        Response.bytes(file.bytes, type: file.type, headers: [.cacheControl: "no-cache"])
      }
    }
  }
}
