import CLIP
import Foundation
import TestSupport
import Testing

@Suite struct HubClientTests {
  private func content(_ name: String, in folder: URL) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent(name))
  }

  private func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  /// The error that pulling ends with; the folder must then hold no weights under their name.
  private func failure(
    of model: HubModel = HubModel(), environment: [String: String] = [:],
    respond: @escaping @Sendable (LocalServer.Request, Int) -> LocalServer.Answer? = { _, _ in nil }
  ) throws -> HubError? {
    try TestData.withTemporaryFolder { folder in
      do {
        _ = try model.pull(into: folder, environment: environment, respond: respond)
        return nil
      } catch let error as HubError {
        #expect(try !names(in: folder).contains("model.safetensors"))
        return error
      }
    }
  }

  @Test func fetchesWhatAModelNeedsAndNothingElse() throws {
    try TestData.withTemporaryFolder { folder in
      _ = try HubModel().pull(into: folder)
      #expect(try names(in: folder) == ["config.json", "merges.txt", "model.safetensors"])
      #expect(try content("model.safetensors", in: folder) == HubModel.weights)
    }
  }

  @Test func fillsTheCacheThatOtherToolsShare() throws {
    try TestData.withTemporaryFolder { root in
      let environment = ["HF_HOME": root.path]
      let (folder, _) = try HubModel().pull(into: nil, environment: environment)
      let model = root.appendingPathComponent("hub/models--owner--name")
      #expect(folder.path == model.appendingPathComponent("snapshots/\(HubModel.commit)").path)
      #expect(try content("model.safetensors", in: folder) == HubModel.weights)
      #expect(try content("refs/main", in: model) == Data(HubModel.commit.utf8))
      let (_, requests) = try HubModel().pull(into: nil, environment: environment)
      #expect(requests.map(\.path) == [HubModel.api], "what is there is not fetched again")
    }
  }

  @Test func goesOnWhereABodyWasCut() throws {
    try TestData.withTemporaryFolder { folder in
      let (_, requests) = try HubModel().pull(into: folder) { request, _ in
        guard request.path == HubModel.path("model.safetensors") else { return nil }
        return .ranged(HubModel.weights, request, cutAfter: 70_000)
      }
      #expect(try content("model.safetensors", in: folder) == HubModel.weights)
      let starts = requests.filter { $0.path == HubModel.path("model.safetensors") }.map(\.firstByte)
      #expect(starts == [nil, 70_000, 140_000, 210_000, 280_000])
    }
  }

  @Test func goesOnWhereAnEarlierRunStopped() throws {
    try TestData.withTemporaryFolder { folder in
      try HubModel.weights.prefix(123_456).write(
        to: folder.appendingPathComponent("model.safetensors.incomplete"))
      let (_, requests) = try HubModel().pull(into: folder)
      #expect(try content("model.safetensors", in: folder) == HubModel.weights)
      #expect(requests.last?.firstByte == 123_456)
      #expect(try names(in: folder) == ["config.json", "merges.txt", "model.safetensors"])
    }
  }

  @Test func startsAgainWhenTheEarlierPartWasWrong() throws {
    try TestData.withTemporaryFolder { folder in
      try Data(repeating: 0, count: 5_000).write(
        to: folder.appendingPathComponent("model.safetensors.incomplete"))
      _ = try HubModel().pull(into: folder)
      #expect(try content("model.safetensors", in: folder) == HubModel.weights)
    }
  }

  @Test func takesTheWholeWhenTheServerIgnoresRanges() throws {
    try TestData.withTemporaryFolder { folder in
      try HubModel.weights.prefix(1_000).write(
        to: folder.appendingPathComponent("model.safetensors.incomplete"))
      _ = try HubModel().pull(into: folder) { request, _ in
        request.path == HubModel.path("model.safetensors") ? .whole(HubModel.weights) : nil
      }
      #expect(try content("model.safetensors", in: folder) == HubModel.weights)
    }
  }

  @Test func aPartThatIsNotTheOneAskedForIsRefused() throws {
    let error = try failure { request, earlier in
      guard request.path == HubModel.path("model.safetensors") else { return nil }
      if earlier == 0 { return .ranged(HubModel.weights, request, cutAfter: 1_000) }
      return LocalServer.Answer(
        status: 206, headers: ["Content-Range": "bytes 500-299999/300000"],
        body: HubModel.weights.dropFirst(500))
    }
    guard case .badAnswer(_, "the bytes from 1000", "bytes 500-299999/300000") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func asksAgainAfterAServerError() throws {
    try TestData.withTemporaryFolder { folder in
      let (_, requests) = try HubModel().pull(into: folder) { request, earlier in
        if request.path == HubModel.api, earlier < 2 { return .status(500) }
        return request.path == HubModel.path("config.json") && earlier == 0
          ? .status(429, ["Retry-After": "0"]) : nil
      }
      #expect(requests.count { $0.path == HubModel.api } == 3)
      #expect(requests.count { $0.path == HubModel.path("config.json") } == 2)
    }
  }

  @Test func givesUpOnAServerThatKeepsFailing() throws {
    guard case .serverFailed(_, 503, 3) = try failure(respond: { _, _ in .status(503) }) else {
      Issue.record("another error")
      return
    }
  }

  @Test func anAnswerWithoutALengthThatEndsEarlyIsNotTakenForTheWhole() throws {
    guard
      case .unreachable(_, "the answer ended early") = try failure(respond: { request, _ in
        guard request.path == HubModel.path("config.json") else { return nil }
        return LocalServer.Answer(body: Data("{".utf8), announced: -1)
      })
    else {
      Issue.record("another error")
      return
    }
  }

  @Test func aFileThatIsLongerThanTheHubSaidIsRefused() throws {
    var model = HubModel()
    model.sizes["model.safetensors"] = 299_000
    guard case .wrongSize(_, 299_000, let found) = try failure(of: model), found > 299_000 else {
      Issue.record("another error")
      return
    }
  }

  @Test func aFileWithAnotherHashIsRefused() throws {
    var model = HubModel()
    model.hashes["model.safetensors"] = String(repeating: "0", count: 64)
    guard case .wrongHash = try failure(of: model) else {
      Issue.record("another error")
      return
    }
  }

  @Test(arguments: [401, 403]) func aRefusalSaysHowToGetIn(status: Int) throws {
    let without = try failure(respond: { _, _ in .status(status) })
    #expect(without == .refused(name: "owner/name", status: status, hasToken: false))
    #expect(without?.description.contains("set HF_TOKEN") == true)
    let with = try failure(environment: ["HF_TOKEN": "secret"], respond: { _, _ in .status(status) })
    #expect(with == .refused(name: "owner/name", status: status, hasToken: true))
    #expect(with?.description.contains("secret") == false)
  }

  @Test func aModelThatIsNotThereIsNamed() throws {
    #expect(try failure(respond: { _, _ in .status(404) }) == .notFound(name: "owner/name", revision: "main"))
  }

  @Test func theTokenStaysWithItsHost() throws {
    let elsewhere = try LocalServer { request in .ranged(HubModel.weights, request) }
    defer { elsewhere.stop() }
    try TestData.withTemporaryFolder { folder in
      let target = elsewhere.endpoint + "/bucket/weights"
      let (_, requests) = try HubModel().pull(into: folder, environment: ["HF_TOKEN": " secret\n"]) {
        request, _ in
        request.path == HubModel.path("model.safetensors") ? .status(302, ["Location": target]) : nil
      }
      #expect(requests.allSatisfy { $0.headers["authorization"] == "Bearer secret" })
      #expect(elsewhere.requests.map { $0.headers["authorization"] } == [nil])
      #expect(try content("model.safetensors", in: folder) == HubModel.weights)
    }
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "/owner/name/resolve/again"])
  func aRedirectionThatLeadsNowhereIsRefused(location: String) throws {
    guard
      case .unreachable = try failure(respond: { request, _ in
        request.path == HubModel.api ? nil : .status(302, ["Location": location])
      })
    else {
      Issue.record("another error")
      return
    }
  }

  @Test func aListingCannotNameFilesOutsideTheFolder() throws {
    try TestData.withTemporaryFolder { folder in
      let inside = folder.appendingPathComponent("inside")
      var model = HubModel()
      model.files["../config.json"] = Data("evil".utf8)
      model.files["/tmp/merges.txt"] = Data("evil".utf8)
      _ = try model.pull(into: inside)
      #expect(try names(in: folder) == ["inside"])
      #expect(try names(in: inside) == ["config.json", "merges.txt", "model.safetensors"])
    }
  }

  @Test(arguments: ["../../escaped.safetensors", ".hidden", "", "a/b.safetensors"])
  func anIndexCannotNameShardsOutsideTheFolder(shard: String) throws {
    var model = HubModel()
    model.files["model.safetensors"] = nil
    model.files["model.safetensors.index.json"] = try JSONSerialization.data(
      withJSONObject: ["weight_map": ["logit_scale": shard]])
    #expect(try failure(of: model) == .unsafeFile(name: "owner/name", file: shard))
  }

  @Test func fetchesTheShardsOfAnIndex() throws {
    var model = HubModel()
    model.files["model.safetensors"] = nil
    let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    for shard in shards { model.files[shard] = Data(shard.utf8) }
    model.files["model.safetensors.index.json"] = try JSONSerialization.data(
      withJSONObject: ["weight_map": ["a": shards[0], "b": shards[1], "c": shards[0]]])
    try TestData.withTemporaryFolder { folder in
      _ = try model.pull(into: folder)
      for shard in shards { #expect(try content(shard, in: folder) == Data(shard.utf8)) }
    }
    model.files[shards[1]] = nil
    #expect(try failure(of: model) == .missingShard(name: "owner/name", file: shards[1]))
  }

  @Test func aModelWithoutWeightsIsRefusedBeforeAnythingIsFetched() throws {
    var model = HubModel()
    model.files["model.safetensors"] = nil
    model.files["pytorch_model.bin"] = nil
    guard case .noWeights("owner/name", let files) = try failure(of: model) else {
      Issue.record("another error")
      return
    }
    #expect(files == ["README.md", "config.json", "merges.txt"])
  }

  @Test(arguments: [
    "<html>", "", "[]", "{\"sha\": \"../x\", \"siblings\": []}", "{\"sha\": \"c0\", \"siblings\": 3}",
    "{\"sha\": \"c0\"}",
  ])
  func anAnswerThatIsNoListingIsRefused(body: String) throws {
    guard case .badAnswer = try failure(respond: { _, _ in .whole(Data(body.utf8)) }) else {
      Issue.record("another error")
      return
    }
  }

  @Test(arguments: ["name", "a/b/c", "a/..", "../b", "a/b@", "a b/c", "/b", "a/", "a/b@x/../y", "a/b?c"])
  func aNameThatIsNoneIsRefused(name: String) {
    #expect(throws: HubError.badName(name)) { try HubReference(name) }
  }

  @Test func aRevisionIsAskedForInOnePart() throws {
    try TestData.withTemporaryFolder { folder in
      let (_, requests) = try HubModel().pull(into: folder, reference: "owner/name@refs/pr/1") {
        request, _ in
        request.path.hasPrefix("/api") ? (try? HubModel().listing).map { .whole($0) } : nil
      }
      #expect(requests.first?.path == "/api/models/owner/name/revision/refs%2Fpr%2F1?blobs=true")
    }
  }

  @Test func environmentThatCannotBeUsedIsNamed() {
    #expect(throws: HubError.badEndpoint("ftp://x")) {
      try HubClient(environment: ["HF_ENDPOINT": "ftp://x"])
    }
    #expect(throws: HubError.badToken) { try HubClient(environment: ["HF_TOKEN": "a\r\nHost: evil"]) }
  }

  @Test func theHashIsSHA256() throws {
    #expect(
      try HubModel.sha256(of: Data("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      try HubModel.sha256(of: Data(repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
