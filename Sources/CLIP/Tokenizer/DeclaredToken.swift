import Foundation

/// An added token as a file declares it: a string alone, or an object.
struct DeclaredToken: Decodable, Equatable {
  var content: String
  var id: Int?
  var isNormalized: Bool
  var isSpecial: Bool
  var isSingleWord: Bool

  private enum CodingKeys: String, CodingKey {
    case content, id, normalized, special
    case singleWord = "single_word"
  }

  /// A token of which only the text is known: special, and looked for in the text as given.
  init(content: String) {
    self.content = content
    isNormalized = false
    isSpecial = true
    isSingleWord = false
  }

  init(from decoder: any Decoder) throws {
    if let content = try? decoder.singleValueContainer().decode(String.self) {
      self = DeclaredToken(content: content)
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    content = try container.decode(String.self, forKey: .content)
    id = try container.decodeIfPresent(Int.self, forKey: .id)
    isSpecial = try container.decodeIfPresent(Bool.self, forKey: .special) ?? false
    isNormalized = try container.decodeIfPresent(Bool.self, forKey: .normalized) ?? !isSpecial
    isSingleWord = try container.decodeIfPresent(Bool.self, forKey: .singleWord) ?? false
  }

  /// Reads the list under `added_tokens`.
  static func readList(_ json: String, file: String) throws -> [DeclaredToken] {
    try TokenizerConfiguration.decode(
      [DeclaredToken]?.self, from: Data(json.utf8), file: file, place: "in added_tokens")
      ?? []
  }
}
