import CLIP
import Foundation
import JSON
import Synchronization
import TestSupport
import Testing

/// `plumb serve`, asked as its page asks.
@Suite struct ServeTests {
  private func withServer(
    count: Int = 8, model: String? = nil, options: [String] = [], _ body: (ServedIndex) throws -> Void
  ) throws {
    try TestData.withTemporaryFolder { folder in
      let link = try model.map { name in
        let link = folder.appendingPathComponent(name)
        try FileManager.default.createSymbolicLink(
          atPath: link.path, withDestinationPath: ScoreTests.tinyModel)
        return link.path
      }
      try body(ServedIndex(in: folder, count: count, model: link ?? ScoreTests.tinyModel, options: options))
    }
  }

  @Test(arguments: ["--version", "-V"]) func itTellsTheVersionAsAllCommandsDo(_ option: String) throws {
    let run = try CommandRun(["serve", option])
    let command = try CommandRun(["--version"])
    #expect(run.status == 0 && run.output == command.output, "\(run.errors)")
  }

  @Test func searchesAnswerAsTheCommandDoes() throws {
    try withServer { server in
      let answer = server.http.post("/api/search", #"{"terms": [{"text": "a dog"}], "count": 5}"#)
      let names = try server.names(answer)
      let command = try CommandRun(
        ["search", "a dog", "--index", "own.index", "--top", "5", "--paths"], in: server.folder)
      #expect(names == command.output.split(separator: "\n").map { ($0 as NSString).lastPathComponent })
      let rest = server.http.post("/api/search", #"{"terms": [{"text": "a dog"}], "count": 5, "offset": 5}"#)
      #expect(try server.names(rest).count == 3 && Set(server.names(rest)).isDisjoint(with: names))
      // An image as a term, what is not wanted, a filter.
      let id = try server.ids(answer)[3]
      let like = server.http.post("/api/search", #"{"terms": [{"image": "\#(id)"}], "count": 1}"#)
      #expect(try server.ids(like) == [id])
      let unlike = server.http.post(
        "/api/search", #"{"terms": [{"text": "a dog", "weight": 0.1}, {"image": "\#(id)", "weight": -3}]}"#)
      #expect(try server.ids(unlike).last == id)
      let filtered = server.http.post(
        "/api/search", #"{"terms": [{"text": "a dog"}], "filter": {"glob": "image2*"}}"#)
      #expect(try server.names(filtered) == ["image2.bmp"])
      let none = server.http.post(
        "/api/search", #"{"terms": [{"text": "a dog"}], "filter": {"since": "2999-01-01"}}"#)
      #expect(try server.object(none)["empty_because"]?.string == "None of 8 images passes the filter.")
    }
  }

  @Test func searchesAtTheSameTimeAnswerAsOneAfterTheOther() throws {
    try withServer(count: 40) { server in
      let texts = ["a dog", "two cats asleep on a sofa", "a street at night in the rain", "snow"]
      let searches = (0..<24).map { number -> String in
        var terms = [#"{"text": "\#(texts[number % 4]) \#(number)"}"#]
        if number % 3 == 0 { terms.append(#"{"text": "snow", "weight": -0.5}"#) }
        if number % 5 == 0 { terms.append(#"{"image": "\#(String(number, radix: 36))"}"#) }
        // An image that is not there, and terms that leave nothing.
        if number == 7 { terms = [#"{"image": "zzzz"}"#] }
        if number == 14 { terms = [#"{"text": "snow"}"#, #"{"text": "snow", "weight": -1}"#] }
        let filters = ["{}", #"{"glob": "*1*"}"#, #"{"glob": "image?.bmp"}"#]
        return
          #"{"terms": [\#(terms.joined(separator: ", "))], "filter": \#(filters[number % 3]), "count": \#(number + 1)}"#
      }
      let http = server.http
      let answers = Mutex([Int: RawHTTP.Answer]())
      let group = DispatchGroup()
      for (number, search) in searches.enumerated() {
        group.enter()
        Thread.detachNewThread {
          let answer = http.post("/api/search", search)
          answers.withLock { $0[number] = answer }
          group.leave()
        }
      }
      group.wait()
      // A new server, which has no embedding of a text from before.
      server.kill()
      try server.start()
      for (number, search) in searches.enumerated() {
        let alone = server.http.post("/api/search", search)
        let together = try #require(answers.withLock { $0[number] })
        #expect(alone.status == (number == 7 ? 404 : number == 14 ? 400 : 200), "\(alone.text)")
        #expect(together.status == alone.status, "\(search): \(together.text)")
        let (one, other) = (
          try JSONValue(parsing: alone.body).object, try JSONValue(parsing: together.body).object
        )
        #expect(one?["hits"] == other?["hits"] && one?["error"] == other?["error"], "\(search)")
        #expect(alone.status != 200 || one?["hits"]?.array?.isEmpty == false, "\(search)")
      }
    }
  }

  @Test func marksRefineASearchAndOutliveTheProcess() throws {
    try withServer { server in
      let made = try server.object(
        server.http.post("/api/sessions", #"{"terms": [{"text": "a dog"}], "filter": {}}"#), 201)
      let id = try #require(made["id"]?.string)
      func post(_ action: String, _ body: String = "{}", _ status: Int = 200) throws -> [String: JSONValue] {
        try server.object(server.http.post("/api/sessions/\(id)/\(action)", body), status)
      }
      func ids(_ round: Int) throws -> [String] {
        try server.ids(server.http.post("/api/sessions/\(id)/hits", #"{"round": \#(round)}"#))
      }
      let before = try ids(0)
      _ = try post("refine", "{}", 409)
      _ = try post("undo", "{}", 409)
      let (good, bad) = (before[6], before[0])
      _ = try post("marks", #"{"good": ["\#(good)"], "bad": ["\#(bad)"]}"#)
      for method in ["adaptive", "rocchio", "logistic", "anchored", "svm", "knn"] {
        #expect(try post("refine", #"{"method": "\#(method)"}"#)["current"]?.integer == 1)
        let after = try ids(1)
        let (goodPlace, badPlace) = (after.firstIndex(of: good), after.firstIndex(of: bad))
        #expect(try #require(goodPlace) < #require(badPlace), "\(method): \(after)")
        #expect(try post("undo")["current"]?.integer == 0)
      }
      #expect(try post("redo")["current"]?.integer == 1)
      #expect(try post("name", #"{"name": "dogs"}"#)["name"]?.string == "dogs")
      // What was answered is on the disk.
      server.kill()
      try server.start()
      let kept = try server.object(server.http.request("GET", "/api/sessions/\(id)"))
      #expect(kept["current"]?.integer == 1 && kept["name"]?.string == "dogs")
      #expect(kept["rounds"]?.array?.last?.object?["good"] == .array([.string(good)]))
      let marked = try server.object(server.http.post("/api/sessions/\(id)/hits", "{}"))["hits"]?.array
      let marks = marked?.compactMap { $0.object?["mark"]?.string } ?? []
      #expect(marks.filter { $0 == "good" }.count == 1 && marks.filter { $0 == "bad" }.count == 1)
      let paths = server.http.request("GET", "/api/sessions/\(id)/export?what=good&format=paths")
      #expect(paths.text.hasSuffix(".bmp\n") && paths.text.split(separator: "\n").count == 1)
      let zip = server.http.request("GET", "/api/sessions/\(id)/export?what=hits&format=zip")
      #expect(zip.status == 200 && zip.body.prefix(2) == Data("PK".utf8))
      #expect(zip.body.range(of: StripedImage.bitmap(3)) != nil)
      #expect(server.http.request("DELETE", "/api/sessions/\(id)").status == 204)
      #expect(server.http.request("GET", "/api/sessions/\(id)").status == 404)
      #expect(server.stop() == 0)
    }
  }

  @Test func searchesAreKeptWhereTheyAreAskedForAndBelongToTheirIndex() throws {
    try withServer(options: ["--searches", "mine"]) { server in
      func all() throws -> Int? {
        try server.object(server.http.request("GET", "/api/sessions"))["sessions"]?.array?.count
      }
      _ = try server.object(
        server.http.post("/api/sessions", #"{"terms": [{"text": "a dog"}], "filter": {}}"#), 201)
      let index = server.folder.appendingPathComponent("own.index")
      let beside = try FileManager.default.contentsOfDirectory(atPath: index.path)
      #expect(!beside.contains { $0.hasPrefix("searches") }, "\(beside)")
      server.kill()
      try server.start()
      #expect(try all() == 1)
      server.kill()
      // The images of an index that is made anew have other numbers.
      try FileManager.default.removeItem(at: index)
      let made = try CommandRun(
        ["index", "photos", "--index", "own.index", "--model", ScoreTests.tinyModel], in: server.folder)
      #expect(made.status == 0)
      try server.start()
      #expect(try all() == 0)
    }
  }

  @Test func imagesAreShownSmallAndWithoutTheirMetadata() throws {
    try withServer { server in
      // A photograph that lies on its side, with its place in EXIF.
      let photo = CommandRun.example.appendingPathComponent("images")
      let file = try #require(
        FileManager.default.contentsOfDirectory(at: photo, includingPropertiesForKeys: nil).first {
          $0.pathExtension == "jpg"
        })
      let bytes = try Data(contentsOf: file)
      let sent = server.http.request(
        "POST", "/api/uploads", headers: ["Content-Type": "image/jpeg"], body: TurnedJPEG.marking(bytes))
      let id = try #require(server.object(sent)["id"]?.string)
      let small = server.http.request("GET", "/api/images/\(id)/thumbnail?size=640")
      #expect(small.status == 200 && small.headers["content-type"] == "image/jpeg")
      #expect(small.body.range(of: Data("Exif".utf8)) == nil)
      let loader = ImageLoader(preprocessing: .init(size: .unchanged, crop: nil))
      let (own, original) = try (
        loader.prepare(small.body, name: "small"), loader.prepare(bytes, name: "own")
      )
      #expect((own.width < own.height) == (original.width > original.height))
      #expect(max(own.width, own.height) <= 640)
      let like = server.http.post("/api/search", #"{"terms": [{"image": "\#(id)"}]}"#)
      #expect(try server.names(like).count == 8)
      let first = try server.ids(like)[0]
      let thumbnail = server.http.request("GET", "/api/images/\(first)/thumbnail?size=160")
      #expect(try loader.prepare(thumbnail.body, name: "thumbnail").width == 24)
      for (path, status) in [
        ("/api/images/\(first)/thumbnail?size=5000", 400), ("/api/images/zzzzzz/thumbnail", 404),
        ("/api/images/u-00/thumbnail", 404), ("/api/images/zzzzzz", 404), ("/api/images/\(first)", 200),
      ] {
        #expect(server.http.request("GET", path).status == status, "\(path)")
      }
      let text = server.http.request(
        "POST", "/api/uploads", headers: ["Content-Type": "image/png"], body: Data("no image".utf8))
      #expect(text.status == 400 && text.text.contains("is not supported"), "\(text.text)")
      let large = server.http.send(
        Data(
          "POST /api/uploads HTTP/1.1\r\nHost: 127.0.0.1:\(server.http.port)\r\nContent-Type: image/png\r\nContent-Length: \(40 << 20)\r\nConnection: close\r\n\r\n"
            .utf8) + Data(count: 40 << 20))
      #expect(large.status == 413)
    }
  }

  /// Marks and saved pages go by an image's number.
  @Test func theNumberOfAnImageIsNeverThatOfAnother() throws {
    try TestData.withTemporaryFolder { folder in
      let server = try ServedIndex(in: folder, count: 3)
      func update() throws -> [String: String] {
        let run = try CommandRun(["index", "--index", "own.index"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        server.kill()
        try server.start()
        let search = server.http.post("/api/search", #"{"terms": [{"text": "a dog"}]}"#)
        return try Dictionary(uniqueKeysWithValues: zip(server.names(search), server.ids(search)))
      }
      let photos = folder.appendingPathComponent("photos")
      #expect(try update()["image2.bmp"] == "2")
      // The last image becomes a copy of the first one: copies are one image.
      try StripedImage.bitmap(0).write(to: photos.appendingPathComponent("image2.bmp"))
      #expect(try update().count == 2)
      try StripedImage.bitmap(9).write(to: photos.appendingPathComponent("new.bmp"))
      #expect(try update()["new.bmp"] == "3")
    }
  }

  @Test func anUpdateFindsNewImagesWhileItServes() throws {
    try withServer { server in
      try StripedImage.bitmap(20).write(to: server.folder.appendingPathComponent("photos/new.bmp"))
      try Data("no image".utf8).write(to: server.folder.appendingPathComponent("photos/bad.jpg"))
      #expect(server.http.post("/api/index/update", "{}").status == 202)
      var status: [String: JSONValue] = [:]
      for _ in 0..<200 {
        status = try server.object(server.http.request("GET", "/api/status"))
        if status["update"]?.object?["state"]?.string != "running" { break }
        Thread.sleep(forTimeInterval: 0.05)
      }
      #expect(status["images"]?.integer == 9, "\(status)")
      #expect(status["update"]?.object?["skipped_count"]?.integer == 1)
      let found = server.http.post(
        "/api/search", #"{"terms": [{"text": "a dog"}], "filter": {"glob": "new.bmp"}}"#)
      #expect(try server.names(found) == ["new.bmp"])
    }
  }

  @Test func aThumbnailIsOfTheImageAndNotOfWhatHasTakenItsPlace() throws {
    try withServer(count: 3) { server in
      let photos = server.folder.appendingPathComponent("photos")
      // A copy of the first image, which keeps its number.
      try StripedImage.bitmap(0).write(to: photos.appendingPathComponent("zcopy.bmp"))
      #expect(try CommandRun(["index", "--index", "own.index"], in: server.folder).status == 0)
      server.kill()
      try server.start()
      try StripedImage.bitmap(40, side: 28).write(to: photos.appendingPathComponent("image0.bmp"))
      let shown = server.http.request("GET", "/api/images/0/thumbnail?size=160").body
      server.kill()
      try StripedImage.bitmap(0).write(to: photos.appendingPathComponent("image0.bmp"))
      #expect(try CommandRun(["index", "--index", "own.index"], in: server.folder).status == 0)
      try server.start()
      #expect(shown == server.http.request("GET", "/api/images/0/thumbnail?size=160").body)
    }
  }

  /// What the server would write belongs to the index that it has opened, and so do its marks.
  @Test func anIndexThatWasMadeAnewIsNotWrittenTo() throws {
    try withServer(count: 3) { server in
      let id = try #require(
        server.object(server.http.post("/api/sessions", #"{"terms": [{"text": "a dog"}]}"#), 201)["id"]?
          .string)
      let folder = server.folder
      try FileManager.default.removeItem(at: folder.appendingPathComponent("own.index"))
      let others = folder.appendingPathComponent("others")
      try FileManager.default.createDirectory(at: others, withIntermediateDirectories: true)
      for number in 10..<20 {
        try StripedImage.bitmap(number).write(to: others.appendingPathComponent("image\(number).bmp"))
      }
      let made = try CommandRun(
        ["index", "others", "--index", "own.index", "--model", ScoreTests.tinyModel], in: folder)
      #expect(made.status == 0, "\(made.errors)")
      let vectors = try Data(contentsOf: folder.appendingPathComponent("own.index/vectors"))

      try StripedImage.bitmap(30).write(to: folder.appendingPathComponent("photos/new.bmp"))
      #expect(server.http.post("/api/index/update", "{}").status != 202)
      for path in ["/api/status", "/api/sessions/\(id)"] {
        let refused = try server.object(server.http.request("GET", path), 500)["error"]?.string ?? ""
        #expect(
          refused.contains("was removed or replaced while it was in use; start plumb again"), "\(refused)")
      }
      #expect(server.http.post("/api/sessions/\(id)/marks", #"{"good": ["1"]}"#).status == 500)
      Thread.sleep(forTimeInterval: 0.5)
      #expect(try Data(contentsOf: folder.appendingPathComponent("own.index/vectors")) == vectors)
    }
  }

  @Test func treesOfAnIndexAreOfferedAndMended() throws {
    try withServer { server in
      _ = server.stop()
      let made = try CommandRun(["index", "--index", "own.index", "--branches", "1"], in: server.folder)
      #expect(made.status == 0 && made.output.contains("trees of decision branches"), "\(made.errors)")
      // An image that is newer than the trees is found all the same.
      try StripedImage.bitmap(30).write(to: server.folder.appendingPathComponent("photos/newer.bmp"))
      #expect(try CommandRun(["index", "--index", "own.index"], in: server.folder).status == 0)
      try server.start()
      let status = try server.object(server.http.request("GET", "/api/status"))
      let methods = status["methods"]?.array?.compactMap { $0.object?["name"]?.string } ?? []
      #expect(methods.contains("branches") && !methods.contains("text"))
      let session = try server.object(
        server.http.post("/api/sessions", #"{"terms": [{"text": "a dog"}]}"#), 201)
      let place = "/api/sessions/\(try #require(session["id"]?.string))"
      let first = try server.ids(server.http.post("\(place)/hits", "{}"))
      #expect(server.http.post("\(place)/marks", #"{"good": ["\#(first[2])"]}"#).status == 200)
      #expect(server.http.post("\(place)/refine", #"{"method": "branches"}"#).status == 200)
      let names = try server.names(server.http.post("\(place)/hits", "{}"))
      #expect(names.contains("newer.bmp") && names.count >= 2)
      // Damaged trees are told, not used.
      _ = server.stop()
      try Data("no trees".utf8).write(to: server.folder.appendingPathComponent("own.index/branches"))
      let damaged = try CommandRun(["serve", "--index", "own.index"], in: server.folder)
      #expect(damaged.isOneSentence(about: "build the trees again"), "\(damaged.errors)")
    }
  }

  /// The folder of a Python with selenium, beside Debian's chromium and chromium-driver; bin/test sets it.
  private static let browser: String? = {
    let folder = ProcessInfo.processInfo.environment["PLUMB_BROWSER"]
    let needed = folder.map { ["\($0)/bin/python", "/usr/bin/chromium", "/usr/bin/chromedriver"] } ?? [""]
    return needed.allSatisfy(FileManager.default.isExecutableFile) ? folder : nil
  }()

  @Test(.enabled(if: browser != nil, "bin/test found no chromium with selenium"))
  func thePageIsUsedInABrowser() throws {
    let python = try #require(Self.browser) + "/bin/python"
    let script = CommandRun.package.appendingPathComponent("Tests/PlumbTests/Fixtures/browser_test.py")
    // A path that is longer than a telephone's screen is wide, as the name of the model.
    let name = String(repeating: "a-model-with-a-long-name", count: 8)
    try withServer(count: 40, model: name) { server in
      let run = try ProgramRun(
        python, [script.path, server.address, server.folder.appendingPathComponent("shots").path])
      #expect(run.status == 0, "\(run.text)")
    }
  }
}
