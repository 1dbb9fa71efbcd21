import Foundation
import TestSupport
import Testing

/// `plumb serve` held to its own OpenAPI document.
@Suite struct ServeContractTests {
  /// The folder of a Python with schemathesis; bin/test sets it.
  private static let schemathesis: String? = {
    let folder = ProcessInfo.processInfo.environment["PLUMB_SCHEMATHESIS"]
    return folder.flatMap {
      FileManager.default.isExecutableFile(atPath: "\($0)/bin/schemathesis") ? $0 : nil
    }
  }()

  /// schemathesis makes requests from the document, right and wrong ones and chains of them: no answer is an error of the server, and each
  /// has a status, a type and fields that the document names.
  ///
  /// Two of its checks are excluded, which a right server fails: not all that the schema allows is accepted (a least size above the
  /// greatest), and a mark in a new session may name an image that is not there.
  @Test(.enabled(if: schemathesis != nil, "bin/test found no schemathesis"))
  func answersAreThoseOfTheDocument() throws {
    let folder = try #require(Self.schemathesis)
    try TestData.withTemporaryFolder { work in
      let server = try ServedIndex(in: work)
      let run = try ProgramRun(
        folder + "/bin/schemathesis",
        [
          "run", server.address + "openapi.json", "--max-examples", "20", "--seed", "1",
          "--continue-on-failure",
          "--exclude-checks", "positive_data_acceptance,ensure_resource_availability", "--warnings", "off",
          "--generation-database", "none", "--request-timeout", "60", "--no-color",
        ], in: work)
      #expect(run.status == 0, "\(run.text)")
      #expect(run.text.contains("Tested: 17"), "\(run.text)")
      #expect(server.stop() == 0)
    }
  }

  @Test func otherMethodsAreToldWhichThereAre() throws {
    try TestData.withTemporaryFolder { work in
      let server = try ServedIndex(in: work, count: 2)
      let http = server.http
      for (path, method, allowed) in [
        ("/api/status", "DELETE", "GET, HEAD"), ("/api/search", "GET", "POST"),
        ("/api/sessions", "PUT", "GET, HEAD, POST"), ("/api/sessions/00", "POST", "DELETE, GET, HEAD"),
        ("/", "POST", "GET, HEAD"),
      ] {
        let answer = http.request(method, path)
        #expect(answer.status == 405 && answer.headers["allow"] == allowed, "\(method) \(path): \(answer)")
        #expect(answer.text.contains("this address takes \(allowed)."))
      }
      #expect(http.request("DELETE", "/nothing").status == 404)
      #expect(http.request("HEAD", "/api/status").status == 200)
      #expect(server.stop() == 0)
    }
  }
}
