import Foundation
import JSON
import TestSupport
import Testing

/// What `plumb serve` refuses.
@Suite struct ServeSafetyTests {
  @Test func othersAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let server = try ServedIndex(in: folder, count: 2)
      let http = server.http
      let search = #"{"terms": [{"text": "a dog"}]}"#
      for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:\(http.port)", ""] {
        for path in ["/", "/openapi.json", "/api/status", "/nothing"] {
          #expect(
            [400, 403].contains(http.request("GET", path, headers: ["Host": host]).status), "\(host)\(path)")
        }
      }
      #expect(http.request("GET", "/", headers: ["Host": "localhost:\(http.port)"]).status == 200)
      for (headers, status) in [
        (["Origin": "http://evil.example"], 403), (["Origin": "null"], 403),
        (["Origin": "http://127.0.0.1:1"], 403), (["Sec-Fetch-Site": "cross-site"], 403),
        (["Origin": "http://127.0.0.1:\(http.port)", "Sec-Fetch-Site": "same-origin"], 200),
        (["Content-Type": "text/plain"], 415), (["Content-Type": ""], 415),
      ] {
        #expect(http.post("/api/search", search, headers: headers).status == status, "\(headers)")
      }
      let page = http.request("GET", "/")
      // No page shows ours in a frame, to have it clicked unseen; errors are no exception.
      for answer in [page, http.request("GET", "/nothing"), http.request("GET", "/", headers: ["Host": "x"])]
      {
        let policy = answer.headers["content-security-policy"] ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(answer.headers["x-frame-options"] == "DENY")
      }
      #expect(page.headers["x-content-type-options"] == "nosniff")
      #expect(page.headers["access-control-allow-origin"] == nil)
      #expect(
        http.request("OPTIONS", "/api/search", headers: ["Origin": "http://evil.example"]).status == 403)
    }
  }

  @Test func otherMachinesNeedTheToken() throws {
    try TestData.withTemporaryFolder { folder in
      let server = try ServedIndex(
        in: folder, count: 2, options: ["--host", "0.0.0.0", "--token", "secret"])
      #expect(server.address.hasSuffix("/#token=secret"))
      let http = server.http
      #expect(http.request("GET", "/").status == 200)
      for (given, status) in [("", 401), ("Bearer", 401), ("Bearer secre", 401), ("Bearer secret", 200)] {
        #expect(http.request("GET", "/api/status", headers: ["Authorization": given]).status == status)
      }
      // However the path is spelt.
      for path in [
        "/api/images/0/thumbnail", "//api/status", "///api//status", "/api/status/", "/./api/status",
        "http://127.0.0.1:\(http.port)//api/status", "/API/status", "/app.js/../api/status",
      ] {
        #expect([400, 401, 404].contains(http.request("GET", path).status), "\(path)")
        let cross = http.request("GET", path, headers: ["Sec-Fetch-Site": "cross-site"])
        #expect([400, 403, 404].contains(cross.status), "\(path)")
      }
      #expect(http.post("//api/search", #"{"terms": [{"text": "a"}]}"#).status == 401)
    }
  }

  @Test func aTokenIsMadeUpWhereNoneIsGiven() throws {
    try TestData.withTemporaryFolder { folder in
      let server = try ServedIndex(in: folder, count: 2, options: ["--host", "0.0.0.0"])
      let token = try #require(server.address.components(separatedBy: "/#token=").dropFirst().first)
      #expect(token.count >= 16 && token.allSatisfy { $0.isLetter || $0.isNumber }, "\(server.address)")
      #expect(server.http.request("GET", "/api/status").status == 401)
      let headers = ["Authorization": "Bearer \(token)"]
      #expect(server.http.request("GET", "/api/status", headers: headers).status == 200)
      server.kill()
      try server.start()
      #expect(!server.address.hasSuffix(token))
      #expect(server.http.request("GET", "/api/status", headers: headers).status == 401)
    }
  }

  @Test func anImageOfTooManyPixelsIsRefusedBeforeItIsDecoded() throws {
    try TestData.withTemporaryFolder { folder in
      let server = try ServedIndex(in: folder, count: 2)
      // Small PNG files with 8000 × 8000, 2147483647 × 2147483647 and 5000 × 8000 pixels in the header and one byte of them in the file: only
      // the last, which is just within the limit, is decoded, and found damaged.
      for (png, reason) in [
        (
          "iVBORw0KGgoAAAANSUhEUgAAH0AAAB9ACAIAAACJkzqjAAAACUlEQVR4nKsAAAB5AHmlMWzzAAAAAElFTkSuQmCC",
          "8000×8000 pixels are more than the limit"
        ),
        (
          "iVBORw0KGgoAAAANSUhEUn////9/////CAIAAACbq5wxAAAACUlEQVR4nKsAAAB5AHmlMWzzAAAAAElFTkSuQmCC",
          "2147483647×2147483647 pixels are more than the limit"
        ),
        (
          "iVBORw0KGgoAAAANSUhEUgAAE4gAAB9ACAIAAADo4eYxAAAACUlEQVR4nKsAAAB5AHmlMWzzAAAAAElFTkSuQmCC",
          "damaged"
        ),
      ] {
        let body = try #require(Data(base64Encoded: png))
        let answer = server.http.request(
          "POST", "/api/uploads", headers: ["Content-Type": "image/png"], body: body)
        #expect(answer.status == 400 && answer.text.contains(reason), "\(answer.text)")
      }
    }
  }

  @Test func uploadsBeyondThoseThatAreBeingSentAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let server = try ServedIndex(in: folder, count: 2)
      let head =
        "POST /api/uploads HTTP/1.1\r\nHost: 127.0.0.1:\(server.http.port)\r\nContent-Type: image/bmp\r\nContent-Length: 1000\r\n\r\n"
      func upload() -> RawHTTP.Answer {
        server.http.request(
          "POST", "/api/uploads", headers: ["Content-Type": "image/bmp"], body: StripedImage.bitmap(1))
      }
      // Eight whose bodies do not come.
      var held = try (0..<8).map { _ in try #require(server.http.hold(Data(head.utf8))) }
      var answer = upload()
      _ = waits {
        if answer.status == 200 { answer = upload() }
        return answer.status != 200
      }
      #expect(answer.status == 429 && answer.text.contains("try again"), "\(answer)")
      // Whoever searches does not notice.
      #expect(server.http.post("/api/search", #"{"terms": [{"text": "a dog"}]}"#).status == 200)
      held.removeLast()
      #expect(waits { upload().status == 200 })
      withExtendedLifetime(held) {}
    }
  }

  @Test func nothingThatIsSentBreaksTheServer() throws {
    try TestData.withTemporaryFolder { folder in
      let server = try ServedIndex(in: folder, count: 2)
      let http = server.http
      var paths = [
        "/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
        "/api/images/../../etc/passwd/thumbnail", "/api/images/..%2f..%2fetc%2fpasswd/thumbnail",
        "/api/images/%00/thumbnail", "/api/images/-1/thumbnail", "/api/images/zzzzzzzzzzzzz/thumbnail",
        "/api/images/0/thumbnail?size=-1", "/api/images/0/thumbnail?size=99999999999999999999",
        "/api/images/" + String(repeating: "0", count: 5000) + "/thumbnail",
        "/api/sessions/%27%20OR%201=1", "/api/sessions/x/export?what=../&format=zip", "/Page/index.html",
        "/api/images/ü", "/api/images/0/thumbnail?size=%ff",
      ]
      paths += ["/app.js/../../Package.swift", "/.git/config", "/searches.sqlite"]
      for path in paths {
        let answer = http.request("GET", path)
        #expect((400..<500).contains(answer.status), "\(path): \(answer.status) \(answer.text)")
        #expect(!answer.text.contains("root:"))
      }
      let bodies = [
        "", "{", "[]", "null", "1", #"{"terms": 1}"#, #"{"terms": []}"#, #"{"terms": [{}]}"#,
        #"{"terms": [{"text": ""}]}"#, #"{"terms": [{"text": " "}]}"#, #"{"terms": [{"text": 5}]}"#,
        #"{"terms": [{"text": "a", "image": "0"}]}"#, #"{"terms": [{"image": "../x"}]}"#,
        #"{"terms": [{"image": "zzzz"}]}"#, #"{"terms": [{"image": "u-0"}]}"#,
        #"{"terms": [{"text": "a", "weight": NaN}]}"#, #"{"terms": [{"text": "a", "weight": 0}]}"#,
        #"{"terms": [{"text": "a"}], "count": 0}"#, #"{"terms": [{"text": "a"}], "count": 1.5}"#,
        #"{"terms": [{"text": "a"}], "offset": 99999999999999999999}"#,
        #"{"terms": [{"text": "a"}], "filter": {"since": "2024-13-99"}}"#,
        #"{"terms": [{"text": "a"}], "filter": {"min_bytes": 5, "max_bytes": 1}}"#,
        #"{"terms": [{"text": "a\u0000b"}]}"#,
        #"{"terms": [{"text": "a"}], "filter": {"since": "2024-1-001"}}"#,
        #"{"terms": [{"text": "a"}], "filter": {"folder": "photos"}}"#,
        #"{"terms": [{"text": "a"}], "filter": []}"#, #"{"terms": [{"text": "a"}], "terms": []}"#,
        String(repeating: "[", count: 100_000),
        #"{"terms": [{"text": "\#(String(repeating: "a", count: 2000))"}]}"#,
        "{\"terms\": [{\"text\": \"" + String(repeating: "a", count: 400_000) + "\"}]}",
      ]
      for body in bodies {
        let answer = http.post("/api/search", body)
        #expect((400..<500).contains(answer.status), "\(body.prefix(60)): \(answer.status) \(answer.text)")
        #expect(answer.headers["content-type"]?.hasPrefix("application/json") == true, "\(body.prefix(60))")
      }
      for head in [
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST /api/search HTTP/1.1\r\nHost: 127.0.0.1:\(http.port)\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /api/search HTTP/1.1\r\nContent-Length: -5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n\r\n",
      ] {
        let answer = http.send(Data(head.utf8))
        #expect(
          answer.status == 0 || (400..<500).contains(answer.status), "\(head.prefix(40)): \(answer.status)")
      }
      #expect(http.post("/api/search", #"{"terms": [{"text": "a dog"}]}"#).status == 200)
    }
  }

  @Test func whatCannotBeServedIsSaid() throws {
    try TestData.withTemporaryFolder { folder in
      let none = try CommandRun(["serve", "--index", "nowhere"], in: folder)
      #expect(none.isOneSentence(about: "there is no index"), "\(none.errors)")
      let server = try ServedIndex(in: folder, count: 2)
      let taken = try CommandRun(
        ["serve", "--index", "own.index", "--port", "\(server.http.port)"], in: folder)
      #expect(taken.isOneSentence(about: "cannot be listened on"), "\(taken.errors)")
      #expect(server.stop() == 0)
      let searches = folder.appendingPathComponent("own.index/searches.sqlite")
      for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: searches.path + suffix) }
      try Data(String(repeating: "no searches ", count: 1000).utf8).write(to: searches)
      let mixed = try CommandRun(["serve", "--index", "own.index", "--port", "0"], in: folder)
      #expect(mixed.isOneSentence(about: "not a file of searches"), "\(mixed.errors)")
      for arguments in [
        ["--port", "99999"], ["--allow-host", "name:443"], ["--threads", "0"], ["--token", "a b"],
        ["--nonsense"],
      ] {
        #expect(try CommandRun(["serve"] + arguments, in: folder).status == 64)
      }
      let help = try CommandRun(["serve", "--help"], in: folder)
      #expect(help.status == 0 && help.output.contains("plumb serve"), "\(help.output)\(help.errors)")
    }
  }
}
