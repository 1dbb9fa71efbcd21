extension CLIPTokenizer {
  /// The text of `ids`: lower-cased, its words and punctuation apart (`cat 's`), as Hugging Face decodes.
  ///
  /// Special tokens are left out unless `skippingSpecialTokens` is false; ids outside the vocabulary always are.
  public func decode(_ ids: [Int32], skippingSpecialTokens: Bool = true) -> String {
    var bytes: [UInt8] = []
    for id in ids where !(skippingSpecialTokens && tables.isSpecial(id)) {
      if let token = tables.vocabulary.bytes(of: id) {
        token.withUnsafeBufferPointer { Self.appendText(of: $0, to: &bytes) }
      } else if var content = tables.addedContent(of: id) {
        content.withUTF8 { Self.appendText(of: $0, to: &bytes) }
      }
    }
    let text = String(decoding: bytes, as: UTF8.self).replacingEndOfWord().unicodeScalars
    let isText: (Unicode.Scalar) -> Bool = { !PythonText.isSpace($0.value) }
    guard let first = text.firstIndex(where: isText), let last = text.lastIndex(where: isText) else {
      return ""
    }
    return String(text[first...last])
  }

  /// Appends the bytes that the characters of a token stand for, or its own where they stand for none.
  private static func appendText(of token: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    let start = bytes.count
    for scalar in UTF8Coding.scalars(of: token) {
      let byte = scalar < UInt32(ByteAlphabet.bytes.count) ? ByteAlphabet.bytes[Int(scalar)] : -1
      guard byte >= 0 else {
        bytes.removeLast(bytes.count - start)
        return bytes.append(contentsOf: token)
      }
      bytes.append(UInt8(truncatingIfNeeded: byte))
    }
  }

  /// What tells this tokenizer from others, for provenance: the size of its vocabulary and a hash of its tokens.
  ///
  /// The hash is FNV-1a, 64 bits, over the bytes of the tokens in the order of their ids, special tokens left out. Two tokenizers with equal
  /// tokens differ in their merges only if they were tampered with: a token's merge is how it came to be.
  public var identity: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    for id in 0..<Int32(truncatingIfNeeded: tables.vocabulary.idCount)
    where id != startOfText && id != endOfText {
      for byte in tables.vocabulary.bytes(of: id) ?? [] { add(byte) }
      add(0xFF)  // no byte of UTF-8: tokens cannot run together
    }
    let digits = String(hash, radix: 16)
    let padded = String(repeating: "0", count: 16 - digits.count) + digits
    return "clip-bpe-\(vocabularySize)-\(padded)-\(cleaning.rawValue)"
  }
}

extension String {
  /// `</w>` as a space.
  fileprivate func replacingEndOfWord() -> String {
    var output: [UInt8] = []
    let bytes = Array(utf8)
    let mark = Array("</w>".utf8)
    var position = 0
    while position < bytes.count {
      if bytes[position] == mark[0], bytes[position...].starts(with: mark) {
        output.append(0x20)
        position += mark.count
      } else {
        output.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}
