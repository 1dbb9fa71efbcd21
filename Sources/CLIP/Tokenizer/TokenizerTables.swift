/// All that a tokenizer knows, immutable once loaded and shared by its copies.
final class TokenizerTables: Sendable {
  /// Tokens and ids.
  let vocabulary: TokenTable
  /// The merges.
  let encoding: BytePairEncoding
  /// The tokens that are looked for in the text itself.
  let addedTokens: [AddedToken]
  /// The id of the token that starts a text.
  let startOfText: Int32
  /// The id of the token that ends a text.
  let endOfText: Int32
  /// Added tokens that are looked for in the text as given.
  let rawTokens: AddedTokenFinder
  /// Added tokens that are looked for in the normalised text.
  let normalizedTokens: AddedTokenFinder
  private let specialIDs: Set<Int32>

  init(
    vocabulary: TokenTable, merges: MergeTable, special: SpecialTokens, file: String
  ) throws {
    self.vocabulary = vocabulary
    let unknown = vocabulary.id(of: special.unknown)
    func byteTokens(_ suffix: String) throws -> [Int32] {
      try ByteAlphabet.scalars.enumerated().map { byte, scalar in
        let name = String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")) + suffix
        if let id = vocabulary.id(of: name) ?? unknown { return id }
        throw TokenizerError.malformed(
          file: file, place: "for byte \(byte)", expected: "the token \"\(name)\" or the unknown token",
          found: "neither")
      }
    }
    encoding = BytePairEncoding(
      byteTokens: try byteTokens(""), finalByteTokens: try byteTokens("</w>"), merges: merges)
    addedTokens = special.added
    func id(of name: String, role: String) throws -> Int32 {
      if let id = special.added.last(where: { $0.content == name })?.id ?? vocabulary.id(of: name) {
        return id
      }
      throw TokenizerError.malformed(
        file: file, place: "in the vocabulary", expected: "the \(role) token \"\(name)\"",
        found: "no such token")
    }
    startOfText = try id(of: special.start, role: "start-of-text")
    endOfText = try id(of: special.end, role: "end-of-text")
    rawTokens = AddedTokenFinder(
      special.added.filter { !$0.isNormalized }.map { (bytes: Array($0.content.utf8), id: $0.id) })
    normalizedTokens = AddedTokenFinder(
      special.added.filter(\.isNormalized).map { token in
        var content = token.content
        return (bytes: content.withUTF8(TextNormalizer.normalize), id: token.id)
      })
    specialIDs = Set(special.added.filter(\.isSpecial).map(\.id))
  }

  /// Whether decoding leaves this token out.
  func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

  /// How many token embeddings a model needs for it.
  var idCount: Int { max(vocabulary.idCount, Int(addedTokens.map(\.id).max() ?? -1) + 1) }

  /// The text of an added token that is not in the vocabulary.
  func addedContent(of id: Int32) -> String? { addedTokens.first { $0.id == id }?.content }
}
