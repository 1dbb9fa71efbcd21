import Foundation

/// What `tokenizer_config.json` says that matters to CLIP's tokenizer; `special_tokens_map.json` has the same keys.
struct TokenizerConfiguration: Decodable {
  /// `bos_token`, `eos_token` …, those that are there and not null.
  var named: [String: DeclaredToken] = [:]
  /// `added_tokens_decoder`, by id; nil where the key is missing.
  var addedTokens: [DeclaredToken]?
  /// Special tokens without a role.
  var extraTokens: [DeclaredToken] = []
  /// `model_max_length`, where it is a length and not the placeholder for none.
  var modelMaxLength: Int?

  /// The roles in the order in which the reference adds their tokens.
  static let roles = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for role in Self.roles {
      named[role] = try container.decodeIfPresent(DeclaredToken.self, forKey: Key(stringValue: role))
    }
    let added = try container.decodeIfPresent(
      [String: DeclaredToken].self, forKey: Key(stringValue: "added_tokens_decoder"))
    addedTokens = added?.compactMap { key, token in
      Int(key).map { id in
        var token = token
        token.id = id
        return token
      }
    }.sorted { ($0.id ?? 0) < ($1.id ?? 0) }
    for key in ["extra_special_tokens", "additional_special_tokens"] where extraTokens.isEmpty {
      let key = Key(stringValue: key)
      if let list = try? container.decodeIfPresent([DeclaredToken].self, forKey: key) {
        extraTokens = list
      } else if let byName = try? container.decodeIfPresent([String: DeclaredToken].self, forKey: key) {
        extraTokens = byName.sorted { $0.key < $1.key }.map(\.value)
      }
    }
    let length = try container.decodeIfPresent(Double.self, forKey: Key(stringValue: "model_max_length"))
    modelMaxLength = length.flatMap { $0 >= 2 && $0 <= 1_000_000 ? Int($0) : nil }
  }

  /// Takes the named tokens of `special_tokens_map.json` over these, as the reference does in old folders.
  mutating func merge(specialTokensMap other: TokenizerConfiguration) {
    named.merge(other.named) { $1 }
    if !other.extraTokens.isEmpty { extraTokens = other.extraTokens }
  }

  /// Decodes JSON, with this module's error where it is not what it should be.
  static func decode<T: Decodable>(_ type: T.Type, from data: Data, file: String, place: String) throws -> T {
    do {
      return try JSONDecoder().decode(type, from: data)
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.keyNotFound(_, let context)
    {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw TokenizerError.malformed(
        file: file, place: path.isEmpty ? place : "\(place) at \(path)", expected: "a tokenizer's setting",
        found: "something else (\(context.debugDescription.trimmingCharacters(in: ["."])))")
    } catch {
      throw TokenizerError.malformed(
        file: file, place: place, expected: "JSON", found: "something else, or a damaged file")
    }
  }
}

/// The special tokens of a tokenizer, settled.
struct SpecialTokens {
  /// What starts a text.
  var start = "<|startoftext|>"
  /// What ends a text.
  var end = "<|endoftext|>"
  /// What stands for a byte that the vocabulary lacks.
  var unknown = "<|endoftext|>"
  /// All tokens that are looked for in the text, later definitions over earlier ones.
  var added: [AddedToken] = []

  /// Settles them as `transformers` 5 does for a `CLIPTokenizer`: declared ones by id, then those with a role, then
  /// the rest. A role that is not set has CLIP's own token.
  init(
    configuration: TokenizerConfiguration, declared: [DeclaredToken], vocabulary: TokenTable, file: String
  ) throws {
    let declared = configuration.addedTokens ?? declared
    let known = Dictionary(declared.map { ($0.content, $0) }) { $1 }
    var tokens = declared
    for role in TokenizerConfiguration.roles {
      let fallback = ["bos_token": start, "eos_token": end, "unk_token": unknown, "pad_token": end][role]
      guard let token = configuration.named[role] ?? fallback.map(DeclaredToken.init(content:)) else {
        continue
      }
      switch role {
      case "bos_token": start = token.content
      case "eos_token": end = token.content
      case "unk_token": unknown = token.content
      default: break
      }
      if known[token.content] == nil {
        var token = token
        token.isSpecial = true
        tokens.append(token)
      }
    }
    tokens += configuration.extraTokens.filter { known[$0.content] == nil }
    var next = max(vocabulary.idCount, (tokens.compactMap(\.id).max() ?? -1) + 1)
    for token in tokens where !token.content.isEmpty {
      guard !token.isSingleWord else {
        throw TokenizerError.unsupported(
          file: file, key: "single_word of \"\(token.content)\"", expected: "false", found: "true")
      }
      var id = vocabulary.id(of: token.content).map(Int.init) ?? token.id
      if id == nil {
        guard token.content != start, token.content != end else { continue }
        if let earlier = added.first(where: { $0.content == token.content }) {
          id = Int(earlier.id)
        } else {
          id = next
          next += 1
        }
      }
      guard let id, id >= 0, id <= TokenTable.largestID else {
        throw TokenizerError.malformed(
          file: file, place: "for the added token \"\(token.content)\"",
          expected: "an id from 0 to \(TokenTable.largestID)", found: "\(id ?? -1)")
      }
      // Of two definitions the later one counts.
      added.removeAll { Int($0.id) == id }
      added.append(
        AddedToken(
          content: token.content, id: Int32(id), isNormalized: token.isNormalized, isSpecial: token.isSpecial)
      )
    }
  }
}
