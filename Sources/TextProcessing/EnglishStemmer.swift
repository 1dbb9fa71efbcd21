/// The English stemmer of Snowball (Porter2) as of 2010, which METEOR 1.5 carries.
///
/// It looks at UTF-16 units in lower case; what is not a letter of English counts as a consonant.
package struct EnglishStemmer {
  private var word: [UInt16] = []
  private var region1 = 0
  private var region2 = 0

  /// The stem of `text`.
  package static func stem(_ text: String) -> String {
    let units = Array(text.utf16)
    guard units.count > 2 else { return text }
    if let stem = exceptions[text] { return stem }
    var stemmer = EnglishStemmer()
    stemmer.word = units
    stemmer.run()
    return String(decoding: stemmer.word.map { $0 == Y ? y : $0 }, as: UTF16.self)
  }

  private mutating func run() {
    if word.first == Self.apostrophe { word.removeFirst() }
    for i in word.indices where word[i] == Self.y && (i == 0 || isVowel(i - 1)) { word[i] = Self.Y }
    findRegions()
    if let suffix = longest(["'s'", "'s", "'"]) { word.removeLast(suffix.utf8.count) }
    removePlural()
    if Self.unchanged.contains(where: { word.elementsEqual($0.utf16) }) { return }
    removePast()
    let end = word.count
    if end > 2, word[end - 1] == Self.y || word[end - 1] == Self.Y, !isVowel(end - 2) {
      word[end - 1] = UInt16(UInt8(ascii: "i"))
    }
    replaceLongSuffix()
    replaceSuffix()
    removeSuffix()
    removeEnd()
  }
}

extension EnglishStemmer {
  private static let y = UInt16(UInt8(ascii: "y"))
  /// A y that counts as a consonant.
  private static let Y = UInt16(UInt8(ascii: "Y"))
  private static let apostrophe = UInt16(UInt8(ascii: "'"))
  private static let vowels = Set("aeiouy".utf16)
  private static let doubles = Set("bdfgmnprt".utf16)
  private static let beforeLi = Set("cdeghkmnrt".utf16)

  private static let exceptions = [
    "skis": "ski", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "idly": "idl",
    "gently": "gentl", "ugly": "ugli", "early": "earli", "only": "onli", "singly": "singl", "sky": "sky",
    "news": "news", "howe": "howe", "atlas": "atlas", "cosmos": "cosmos", "bias": "bias", "andes": "andes",
  ]
  private static let unchanged = [
    "inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed",
  ]

  private func isVowel(_ index: Int) -> Bool { Self.vowels.contains(word[index]) }

  private func ends(_ suffix: String) -> Bool {
    let count = suffix.utf8.count
    return word.count >= count && word.suffix(count).elementsEqual(suffix.utf16)
  }

  /// The first of `suffixes`, which come longest first, that the word ends in.
  private func longest(_ suffixes: [String]) -> String? { suffixes.first(where: ends) }

  private mutating func replace(_ suffix: String, by replacement: String) {
    word.removeLast(suffix.utf8.count)
    word.append(contentsOf: replacement.utf16)
  }

  /// Whether what stands before the last `count` letters has a vowel.
  private func hasVowel(before count: Int) -> Bool {
    word.dropLast(count).contains(where: Self.vowels.contains)
  }

  private mutating func findRegions() {
    func region(after start: Int) -> Int {
      var i = start
      while i < word.count, !isVowel(i) { i += 1 }
      while i < word.count, isVowel(i) { i += 1 }
      return min(i + 1, word.count)
    }
    let prefix = ["gener", "commun", "arsen"].first { word.starts(with: $0.utf16) }
    region1 = prefix.map(\.utf8.count) ?? region(after: 0)
    region2 = region(after: region1)
  }

  private func isInRegion1(_ suffix: String) -> Bool { word.count - suffix.utf8.count >= region1 }
  private func isInRegion2(_ suffix: String) -> Bool { word.count - suffix.utf8.count >= region2 }

  /// Whether the letters up to `end` end in a short syllable.
  private func isShortSyllable(_ end: Int) -> Bool {
    if end == 2 { return isVowel(0) && !isVowel(1) }
    guard end > 2 else { return false }
    let last = word[end - 1]
    return !isVowel(end - 3) && isVowel(end - 2) && !isVowel(end - 1)
      && last != UInt16(UInt8(ascii: "w")) && last != UInt16(UInt8(ascii: "x")) && last != Self.Y
  }
}

extension EnglishStemmer {
  /// Step 1a.
  private mutating func removePlural() {
    guard let suffix = longest(["sses", "ied", "ies", "us", "ss", "s"]) else { return }
    switch suffix {
    case "sses": replace(suffix, by: "ss")
    case "ied", "ies": replace(suffix, by: word.count > 4 ? "i" : "ie")
    case "s" where word.count > 1 && hasVowel(before: 2): word.removeLast()
    default: break
    }
  }

  /// Step 1b.
  private mutating func removePast() {
    guard let suffix = longest(["eedly", "ingly", "edly", "eed", "ing", "ed"]) else { return }
    if suffix.hasPrefix("ee") {
      if isInRegion1(suffix) { replace(suffix, by: "ee") }
      return
    }
    guard hasVowel(before: suffix.utf8.count) else { return }
    word.removeLast(suffix.utf8.count)
    if longest(["at", "bl", "iz"]) != nil {
      word.append(UInt16(UInt8(ascii: "e")))
    } else if let last = word.last, word.count > 1, word[word.count - 2] == last, Self.doubles.contains(last)
    {
      word.removeLast()
    } else if word.count == region1, isShortSyllable(word.count) {
      word.append(UInt16(UInt8(ascii: "e")))
    }
  }

  /// Step 2.
  private mutating func replaceLongSuffix() {
    let replacements = [
      ("ational", "ate"), ("fulness", "ful"), ("iveness", "ive"), ("ization", "ize"), ("ousness", "ous"),
      ("biliti", "ble"), ("lessli", "less"), ("tional", "tion"), ("alism", "al"), ("aliti", "al"),
      ("ation", "ate"), ("entli", "ent"), ("fulli", "ful"), ("iviti", "ive"), ("ousli", "ous"),
      ("abli", "able"), ("alli", "al"), ("anci", "ance"), ("ator", "ate"), ("enci", "ence"), ("izer", "ize"),
      ("bli", "ble"), ("ogi", "og"), ("li", ""),
    ]
    guard let (suffix, replacement) = replacements.first(where: { ends($0.0) }), isInRegion1(suffix) else {
      return
    }
    let before = word.dropLast(suffix.utf8.count).last
    if suffix == "ogi", before != UInt16(UInt8(ascii: "l")) { return }
    if suffix == "li", !(before.map(Self.beforeLi.contains) ?? false) { return }
    replace(suffix, by: replacement)
  }

  /// Step 3.
  private mutating func replaceSuffix() {
    let replacements = [
      ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("ative", ""), ("icate", "ic"),
      ("iciti", "ic"),
      ("ical", "ic"), ("ness", ""), ("ful", ""),
    ]
    guard let (suffix, replacement) = replacements.first(where: { ends($0.0) }), isInRegion1(suffix) else {
      return
    }
    if suffix == "ative", !isInRegion2(suffix) { return }
    replace(suffix, by: replacement)
  }

  /// Step 4.
  private mutating func removeSuffix() {
    let suffixes = [
      "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize",
      "ion", "al", "er", "ic",
    ]
    guard let suffix = longest(suffixes), isInRegion2(suffix) else { return }
    if suffix == "ion" {
      let before = word.dropLast(3).last
      guard before == UInt16(UInt8(ascii: "s")) || before == UInt16(UInt8(ascii: "t")) else { return }
    }
    word.removeLast(suffix.utf8.count)
  }

  /// Step 5.
  private mutating func removeEnd() {
    if ends("e") {
      if isInRegion2("e") || (isInRegion1("e") && !isShortSyllable(word.count - 1)) { word.removeLast() }
    } else if ends("ll"), isInRegion2("l") {
      word.removeLast()
    }
  }
}
