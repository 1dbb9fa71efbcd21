/// The amounts that a caption names, in figures or in words.
enum Numbers {
  /// The amounts of a text. "One" and "a" are no amounts here: "one man" may become "a man".
  ///
  /// - Parameter loosely: whether words count that name an amount without stressing it: "two people" may become "a
  ///   couple", but "a couple" also "a man and a woman".
  static func values(in words: Words, loosely: Bool) -> Set<Double> {
    var values = Set<Double>()
    for word in words.list {
      if loosely, let value = loose[word] { values.insert(value) }
      if let value = value(of: word) {
        values.insert(value)
        continue
      }
      // "two-story", "twenty-one", "3-wheeled"
      let parts = word.split(separator: "-").map(String.init)
      guard parts.count > 1 else { continue }
      let found = parts.map { value(of: $0) }
      if parts.count == 2, let tens = found[0], (20..<100).contains(tens),
        tens.truncatingRemainder(dividingBy: 10) == 0,
        let units = found[1] ?? (parts[1] == "one" ? 1 : nil), units < 10
      {
        values.insert(tens + units)
      } else {
        values.formUnion(found.compactMap(\.self))
      }
    }
    return values
  }

  private static let loose: [String: Double] = [
    "both": 2, "couple": 2, "couples": 2, "pair": 2, "pairs": 2, "duo": 2, "twins": 2, "twin": 2, "twice": 2,
    "double": 2,
    "trio": 3, "triplets": 3, "triple": 3, "quartet": 4, "dozens": 12,
  ]

  /// The amount that a word is, or nil.
  static func value(of word: String) -> Double? {
    if let value = table[word] { return value }
    guard let first = word.first, first.isASCII, first.isNumber else { return nil }
    // 1,000 and 3.5; of "2nd", "50s" and "3d" the figure.
    let figures = word.filter { $0 != "," }.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    return Double(figures.hasSuffix(".") ? String(figures.dropLast()) : String(figures))
  }

  private static let table: [String: Double] = {
    var table: [String: Double] = [
      "zero": 0, "dozen": 12, "hundred": 100, "thousand": 1000, "million": 1_000_000,
    ]
    let units = [
      "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ]
    for (index, word) in units.enumerated() { table[word] = Double(index + 2) }
    let tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    for (index, word) in tens.enumerated() { table[word] = Double(index * 10 + 20) }
    return table
  }()
}
