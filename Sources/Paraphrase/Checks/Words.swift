import TextProcessing

/// The words of a caption: runs of letters and digits in lower case, with apostrophes and hyphens inside them.
package struct Words: Sendable, Equatable {
  /// The words, in their order.
  package let list: [String]

  /// Takes a text apart.
  package init(_ text: String) {
    var text = text
    list =
      text.withUTF8 { bytes in bytes.allSatisfy { $0 < 0x80 } ? Self.ascii(bytes) : nil } ?? Self.any(text)
  }

  /// The words of ASCII text, which most captions are, a byte at a time.
  private static func ascii(_ bytes: UnsafeBufferPointer<UInt8>) -> [String] {
    var list: [String] = []
    var word: [UInt8] = []
    var joint: UInt8?
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    func finish() {
      if !word.isEmpty { list.append(String(decoding: word, as: UTF8.self)) }
      word.removeAll(keepingCapacity: true)
      joint = nil
    }
    for byte in bytes {
      let lower = byte | 0x20
      let isLetter = (0x61...0x7A).contains(lower)
      if isLetter || isDigit(byte) {
        if let held = joint {
          // A point or a comma is part of a number only.
          let isNumber = isDigit(byte) && word.last.map(isDigit) == true
          if (held == UInt8(ascii: ".") || held == UInt8(ascii: ",")) && !isNumber {
            finish()
          } else {
            word.append(held)
          }
          joint = nil
        }
        word.append(isLetter ? lower : byte)
      } else if !word.isEmpty, joint == nil, [0x27, 0x2D, 0x2E, 0x2C].contains(byte) {
        joint = byte
      } else {
        finish()
      }
    }
    finish()
    return list
  }

  /// The words of any text.
  package static func any(_ text: String) -> [String] {
    var list: [String] = []
    var word = ""
    // What stood last is kept only if a letter follows it.
    var joint = ""
    for character in text.lowercased() {
      if character.isLetter || character.isNumber {
        // A point or a comma is part of a number only.
        let isNumber = character.isNumber && word.last?.isNumber == true
        if joint == "." || joint == ",", !isNumber {
          list.append(word)
          (word, joint) = ("", "")
        }
        word += joint
        word.append(character)
        joint = ""
      } else if !word.isEmpty, joint.isEmpty, let plain = Self.joints[character] {
        joint = plain
      } else if !word.isEmpty {
        list.append(word)
        (word, joint) = ("", "")
      }
    }
    if !word.isEmpty { list.append(word) }
    return list
  }

  private static let joints: [Character: String] = ["'": "'", "’": "'", "-": "-", ".": ".", ",": ","]

  /// The stems of the words that carry meaning: all but function words and numbers.
  var contentStems: Set<String> {
    var stems = Set<String>()
    for word in list.flatMap({ $0.split(separator: "-").map(String.init) })
    where !FunctionWords.all.contains(word) && Numbers.value(of: word) == nil {
      stems.insert(EnglishStemmer.stem(word.hasSuffix("'s") ? String(word.dropLast(2)) : word))
    }
    return stems
  }
}

/// English words that join others and carry little meaning of their own.
enum FunctionWords {
  static let all = Set(
    """
    a an the this that these those some any each every all both either another other such same
    i you he she it we they me him her us them my your his its our their mine yours hers ours theirs
    myself himself herself itself themselves one ones who whom whose which what
    and or but nor so yet if than as while when where because though although until since
    of in on at by for with without from to into onto over under above below between among through across along
    around behind beside besides near next off out outside inside within up down upon toward towards against during
    after before about like via per
    is are was were be been being am do does did done has have had having can could will would shall should may might
    must not no never there here then just also too very really quite
    """.split(whereSeparator: \.isWhitespace).map(String.init))
}
