public import Foundation

/// Why a model could not be fetched from a hub.
public enum HubError: Error, Sendable, Equatable {
  /// The name is not `owner/name` or `owner/name@revision`.
  case badName(String)
  /// `HF_ENDPOINT` is not the address of a web server.
  case badEndpoint(String)
  /// `HF_TOKEN` holds what a header may not hold.
  case badToken
  /// The machine has no libcurl.
  case noTransport
  /// The server cannot be reached, or not in a way that is safe.
  case unreachable(url: String, reason: String)
  /// The server does not let this model be read.
  case refused(name: String, status: Int, hasToken: Bool)
  /// The server has no such model, revision or file.
  case notFound(name: String, revision: String)
  /// The server kept failing.
  case serverFailed(url: String, status: Int, attempts: Int)
  /// The server's answer is not what a hub answers.
  case badAnswer(url: String, expected: String, found: String)
  /// The model has no weights that are read here.
  case noWeights(name: String, files: [String])
  /// A list of shards names a file outside the model.
  case unsafeFile(name: String, file: String)
  /// A list of shards names a file that the model does not have.
  case missingShard(name: String, file: String)
  /// A file has not the size that the hub said.
  case wrongSize(file: String, expected: Int, found: Int)
  /// A file has not the content that the hub said.
  case wrongHash(file: String, expected: String, found: String)
  /// The file cannot be written.
  case unwritable(path: String, reason: String)
  /// Another process is fetching the same file.
  case busy(path: String)
}

extension HubError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: what, where, and what to do next.
  public var description: String {
    switch self {
    case .badName(let name):
      "\"\(name)\": a model on a hub is called owner/name or owner/name@revision; "
        + "for example openai/clip-vit-base-patch32."
    case .badEndpoint(let endpoint):
      "HF_ENDPOINT=\(endpoint): this is not the address of a hub; set it to one such as https://huggingface.co."
    case .badToken:
      "HF_TOKEN: holds a line break or another control character; set it to the token alone."
    case .noTransport:
      "there is no libcurl on this machine; install it (on Debian: apt-get install libcurl4) and try again."
    case .unreachable(let url, let reason):
      "\(url): cannot be fetched: \(reason); check the network, HF_ENDPOINT and the proxy settings."
    case .refused(let name, let status, true):
      "\(name): the hub answers \(status) to the token in HF_TOKEN; "
        + "check the name, and that the token's owner may read the model and has accepted its conditions."
    case .refused(let name, let status, false):
      "\(name): the hub answers \(status), so there is no such model, or it is gated; "
        + "check the name, or set HF_TOKEN to a token that may read it."
    case .notFound(let name, let revision):
      "\(name): the hub has no such model at revision \"\(revision)\"; check the name and the revision."
    case .serverFailed(let url, let status, let attempts):
      "\(url): the server answered \(status) to each of \(attempts) attempts; "
        + "try again later: the download resumes."
    case .badAnswer(let url, let expected, let found):
      "\(url): expected \(expected), found \(found); check that HF_ENDPOINT is a Hugging Face compatible hub."
    case .noWeights(let name, let files):
      "\(name): has no CLIP weights that are read here; looked for model.safetensors, "
        + "model.safetensors.index.json, open_clip_model.safetensors, open_clip_pytorch_model.bin and "
        + "pytorch_model.bin, found \(listed(files)). Choose another model."
    case .unsafeFile(let name, let file):
      "\(name): its list of shards names \"\(file)\", which is not a plain file name; do not trust this model."
    case .missingShard(let name, let file):
      "\(name): its list of shards names \(file), which the model does not have; choose another revision."
    case .wrongSize(let file, let expected, let found):
      "\(file): should have \(expected) bytes, but \(found) came; it was deleted, try again."
    case .wrongHash(let file, let expected, let found):
      "\(file): its SHA-256 should be \(expected), not \(found); it was deleted, try again."
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); check the disk and the permissions of the folder."
    case .busy(let path):
      "\(path): another process is fetching this file; wait for it, or stop it."
    }
  }

  /// The same as ``description``.
  public var errorDescription: String? { description }

  private func listed(_ files: [String]) -> String {
    if files.isEmpty { return "no files" }
    return files.prefix(6).joined(separator: ", ") + (files.count > 6 ? " and \(files.count - 6) more" : "")
  }
}
