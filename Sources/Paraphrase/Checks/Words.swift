import CaptionMetrics

/// The words of a caption: runs of letters and digits in lower case, with apostrophes and hyphens inside them.
struct Words: Sendable, Equatable {
  /// The words, in their order.
  let list: [String]

  init(_ text: String) {
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
    self.list = list
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
