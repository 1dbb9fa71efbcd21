import CLIP
import Files
import Foundation
import TestSupport

/// A model on the server of a test: names and contents, and the listing that a hub gives of them.
struct HubModel: Sendable {
  static let commit = String(repeating: "c0ffee42", count: 5)
  static let api = "/api/models/owner/name/revision/main?blobs=true"

  var files: [String: Data] = [
    "config.json": Data("{\"model_type\": \"clip\"}".utf8),
    "merges.txt": Data("#version: 0.2\n".utf8),
    "README.md": Data("not needed".utf8),
    "pytorch_model.bin": Data("not needed beside safetensors".utf8),
    "model.safetensors": HubModel.weights,
  ]
  /// What the listing says, where it is not the truth.
  var sizes: [String: Int] = [:]
  var hashes: [String: String] = [:]

  /// 300,000 bytes that do not repeat.
  static let weights: Data = {
    var generator = SeededGenerator(seed: 7)
    return Data((0..<300_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }()

  static func path(_ file: String) -> String { "/owner/name/resolve/\(commit)/\(file)" }

  var listing: Data {
    get throws {
      let siblings = try files.sorted { $0.key < $1.key }.map { name, content -> [String: Any] in
        let size = sizes[name] ?? content.count
        guard name.hasSuffix(".safetensors") || name.hasSuffix(".bin") else {
          return [
            "rfilename": name, "size": size, "blobId": String(repeating: "a1", count: 19) + "\(name.count)",
          ]
        }
        let hash = try hashes[name] ?? Self.sha256(of: content)
        return [
          "rfilename": name, "size": size, "blobId": "b2", "lfs": ["sha256": hash, "size": size],
        ]
      }
      return try JSONSerialization.data(withJSONObject: ["sha": Self.commit, "siblings": siblings])
    }
  }

  static func sha256(of content: Data) throws -> String {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("content")
      try content.write(to: file)
      return try FileHash.sha256(of: file)
    }
  }

  /// Answers as a good hub does.
  func answer(_ request: LocalServer.Request) -> LocalServer.Answer {
    if request.path == Self.api { return (try? listing).map { .whole($0) } ?? .status(500) }
    for (name, content) in files where request.path == Self.path(name) { return .ranged(content, request) }
    return .status(404)
  }

  /// Pulls from a server that answers as `respond` does, or as a good hub where that is nil.
  func pull(
    into folder: URL?, environment: [String: String] = [:], reference: String = "owner/name",
    respond: @escaping @Sendable (LocalServer.Request, Int) -> LocalServer.Answer? = { _, _ in nil }
  ) throws -> (folder: URL, requests: [LocalServer.Request]) {
    let server = try LocalServer { request in respond(request, request.earlier) ?? answer(request) }
    defer { server.stop() }
    let environment = ["HF_ENDPOINT": server.endpoint].merging(environment) { $1 }
    let client = try HubClient(environment: environment, retry: HubRetry(attempts: 3, delay: 0.001))
    return (try client.pull(HubReference(reference), into: folder), server.requests)
  }
}
