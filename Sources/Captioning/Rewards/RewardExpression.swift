/// A reward as a weighted sum: `2*lclip + 1*cider`.
public struct RewardExpression: Sendable, Equatable, CustomStringConvertible {
  /// What a caption is rewarded for.
  public enum Name: String, Sendable, CaseIterable {
    /// CLIPScore by the reward model, an L-CLIPScore where that is lightweight.
    case lclip
    /// The same under the name that it has for a full model.
    case clip
    /// RefCLIPScore by the reward model.
    case reflclip
    /// CIDEr-D with the document frequencies of the training references.
    case cider
    /// BLEU up to so many words, of the caption alone.
    case bleu1, bleu2, bleu3, bleu4
    /// METEOR.
    case meteor
    /// ROUGE-L.
    case rouge
    /// The probability that a caption is an undamaged sentence, by the head that `plumb caption grammar` trains.
    case grammar
  }

  /// A part of the sum.
  public struct Term: Sendable, Equatable {
    /// The weight.
    public var weight: Double
    /// What is weighted.
    public var name: Name
  }

  /// The parts, each name once.
  public let terms: [Term]

  /// Reads an expression: names with weights, `2*lclip + cider - 0.5*rouge`.
  ///
  /// - Throws: ``CaptioningError/badReward(expression:offset:expected:)``.
  public init(_ text: String) throws(CaptioningError) {
    let characters = Array(text)
    var place = 0
    func skipBlanks() { while place < characters.count, characters[place].isWhitespace { place += 1 } }
    func word(_ belongs: (Character) -> Bool) -> String {
      let start = place
      while place < characters.count, belongs(characters[place]) { place += 1 }
      return String(characters[start..<place])
    }
    var terms: [Term] = []
    skipBlanks()
    while place < characters.count || terms.isEmpty {
      var sign = 1.0
      if !terms.isEmpty || (place < characters.count && characters[place] == "-") {
        guard place < characters.count, "+-".contains(characters[place]) else {
          throw .badReward(expression: text, offset: place, expected: "+ or -")
        }
        sign = characters[place] == "-" ? -1 : 1
        place += 1
        skipBlanks()
      }
      var weight = 1.0
      let start = place
      let number = word { $0.isNumber || $0 == "." }
      if !number.isEmpty {
        guard let value = Double(number) else {
          throw .badReward(expression: text, offset: start, expected: "a number")
        }
        weight = value
        skipBlanks()
        guard place < characters.count, characters[place] == "*" else {
          throw .badReward(expression: text, offset: place, expected: "*")
        }
        place += 1
        skipBlanks()
      }
      let nameStart = place
      let written = word { $0.isLetter || $0.isNumber }
      guard let name = Name(rawValue: written.lowercased()), !terms.contains(where: { $0.name == name })
      else {
        let names = Name.allCases.map(\.rawValue).filter { name in
          !terms.contains { $0.name.rawValue == name }
        }
        throw .badReward(
          expression: text, offset: nameStart, expected: "one of \(names.joined(separator: ", "))")
      }
      terms.append(Term(weight: sign * weight, name: name))
      skipBlanks()
    }
    self.terms = terms
  }

  /// Whether a part of it looks at a model.
  var needsModel: Bool { terms.contains { $0.name.needsModel } }

  /// The expression with every weight.
  public var description: String {
    terms.enumerated().map { index, term in
      let sign = term.weight < 0 ? (index == 0 ? "-" : " - ") : index == 0 ? "" : " + "
      return "\(sign)\(abs(term.weight))*\(term.name.rawValue)"
    }.joined()
  }
}
