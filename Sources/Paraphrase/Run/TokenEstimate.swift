/// What texts cost in tokens, without the tokenizer of a model that is somewhere else.
enum TokenEstimate {
  /// About as many tokens as a text has: four bytes of English make one, a letter beyond ASCII is one.
  static func likely(_ text: String) -> Int {
    let ascii = text.utf8.count { $0 < 0x80 }
    return (ascii + 3) / 4 + text.unicodeScalars.count { $0.value >= 0x80 }
  }

  /// More tokens than a text has, under any byte-pair vocabulary of English: two bytes of ASCII make at least one, any
  /// other byte is at most one. With what a server wraps around a message.
  static func bound(_ text: String) -> Int {
    let ascii = text.utf8.count { $0 < 0x80 }
    return (ascii + 1) / 2 + (text.utf8.count - ascii) + 32
  }
}
