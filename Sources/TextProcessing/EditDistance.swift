/// How many letters must be put in, taken out or exchanged to make one text of another (Levenshtein 1966).
package enum EditDistance {
  /// The distance of two texts; time and memory are those of their lengths' product and of one length.
  package static func between(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first.unicodeScalars), Array(second.unicodeScalars))
    var row = Array(0...second.count)
    for (i, letter) in first.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in second.enumerated() {
        let exchanged = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(exchanged, row[j] + 1, diagonal + 1)
      }
    }
    return row[second.count]
  }
}
