public import Foundation

/// Where a language model is asked over the OpenAI-compatible interface, and how.
public struct ChatEndpoint: Sendable, Equatable {
  /// The two interfaces of such servers.
  public enum Interface: String, Sendable, CaseIterable {
    /// `chat/completions`: a model that was tuned to follow instructions answers a message.
    case chat
    /// `completions`: a base model continues a text, which shows by examples what is wanted.
    case completions

    var path: String { self == .chat ? "/chat/completions" : "/completions" }
  }

  /// The address of `chat/completions` or `completions`.
  public let url: URL
  /// Which of them it is.
  public let interface: Interface
  /// The model's name there.
  public let model: String
  /// Seconds until a request counts as broken.
  public var timeout: Int
  /// The key and the variable that it comes from. It is not shown anywhere.
  let key: (value: String, variable: String)?

  /// The variables that may hold the key; the first that is set counts.
  public static let keyVariables = ["PLUMB_LLM_KEY", "OPENAI_API_KEY"]

  /// Creates an endpoint.
  ///
  /// - Parameters:
  ///   - address: the beginning of the addresses, such as `http://localhost:8000/v1`.
  ///   - interface: which of the server's interfaces is used.
  ///   - environment: where the key is looked for.
  /// - Throws: ``ParaphraseError/badEndpoint(_:)``, ``ParaphraseError/badKey(variable:)``.
  public init(
    _ address: String, model: String, interface: Interface = .chat, timeout: Int = 120,
    environment: [String: String]
  ) throws {
    var base = address.trimmingCharacters(in: .whitespaces)
    while base.hasSuffix("/") { base.removeLast() }
    let path = interface.path
    guard let url = URL(string: base.hasSuffix(path) ? base : base + path),
      url.scheme == "http" || url.scheme == "https", url.host?.isEmpty == false, url.user == nil,
      url.query == nil,
      // The address of one interface ends like that of the other.
      interface == .chat || !base.hasSuffix(Interface.chat.path)
    else { throw ParaphraseError.badEndpoint(address) }
    self.url = url
    self.model = model
    self.interface = interface
    self.timeout = timeout
    key =
      Self.keyVariables.lazy.compactMap { variable -> (value: String, variable: String)? in
        let value = environment[variable]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        return value.isEmpty ? nil : (value, variable)
      }.first
    if let key, !key.value.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7F }) {
      throw ParaphraseError.badKey(variable: key.variable)
    }
  }

  /// What to say where the key would be read by whoever listens; nil where all is well.
  public var warning: String? {
    guard key != nil, url.scheme == "http", let host = url.host,
      !["localhost", "127.0.0.1", "::1", "[::1]"].contains(host)
    else { return nil }
    return "\(url.absoluteString): the key goes there unencrypted; use https where the server has it."
  }

  /// A text without the key.
  func withoutKey(_ text: String) -> String { text.hiding(key?.value) }

  /// Whether two endpoints ask the same model at the same place.
  public static func == (a: ChatEndpoint, b: ChatEndpoint) -> Bool {
    a.url == b.url && a.interface == b.interface && a.model == b.model && a.timeout == b.timeout
      && a.key?.value == b.key?.value
  }
}

/// The sampling settings of a language model.
public struct Sampling: Sendable, Equatable {
  /// The temperature; 1 in the published settings.
  public var temperature: Double
  /// The share of probability that words are drawn from; 0.1 in the published settings.
  public var topP: Double
  /// The most tokens of an answer; 512 in the published settings.
  public var maxTokens: Int

  /// Creates settings, the published ones where nothing is said.
  public init(temperature: Double = 1, topP: Double = 0.1, maxTokens: Int = 512) {
    self.temperature = temperature
    self.topP = topP
    self.maxTokens = maxTokens
  }
}

extension String {
  /// The text without a key, where there is one.
  func hiding(_ key: String?) -> String { key.map { replacing($0, with: "…") } ?? self }
}
