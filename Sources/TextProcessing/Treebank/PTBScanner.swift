/// Finds the tokens of texts. Belongs to one thread at a time.
final class PTBScanner {
  /// How far past the longest token so far the scanner looks for a longer one. What damaged markup or an endless
  /// address can cost is bounded by it.
  static let reach = 4096

  private static let compiled: [(pattern: TokenPattern, body: TokenPattern, context: TokenPattern?)]? = {
    var definitions: [String: TokenPattern] = [:]
    for (name, text) in PTBRules.definitions {
      guard let pattern = TokenPatternReader.pattern(text, definitions) else { return nil }
      definitions[name] = pattern
    }
    var compiled: [(TokenPattern, TokenPattern, TokenPattern?)] = []
    for rule in PTBRules.rules {
      guard let body = TokenPatternReader.pattern(rule.body, definitions) else { return nil }
      var context: TokenPattern?
      if let text = rule.context {
        guard let pattern = TokenPatternReader.pattern(text, definitions) else { return nil }
        context = pattern
      }
      compiled.append((context.map { .sequence([body, $0]) } ?? body, body, context))
    }
    return compiled
  }()

  private static let states = PatternStates((compiled ?? []).map(\.pattern))

  /// Whether the rules could be read: a test holds that they can.
  static var rulesAreSound: Bool { compiled != nil }

  private let automaton = LazyAutomaton(PTBScanner.states)
  private let actions = PTBRules.rules.map(\.action)
  private let hasContext = PTBRules.rules.map { $0.context != nil }
  private var bodies: [LazyAutomaton?] = Array(repeating: nil, count: PTBRules.rules.count)
  private var contexts: [LazyAutomaton?] = Array(repeating: nil, count: PTBRules.rules.count)

  /// How many states the automaton has met.
  var stateCount: Int { automaton.stateCount }

  /// Calls `emit` with the rule and the range of each token that begins before `end`; what follows `end` is looked
  /// at, but not read.
  func scan(_ classes: UnsafeBufferPointer<UInt8>, until end: Int, emit: (TokenAction, Range<Int>) -> Void) {
    automaton.startText()
    var at = 0
    while at < end {
      guard let match = automaton.longestMatch(classes, from: at, reach: Self.reach) else {
        at += 1
        continue
      }
      let action = actions[match.rule]
      var stop = match.end
      if hasContext[match.rule] { stop = bodyEnd(classes, from: at, to: match.end, rule: match.rule) }
      switch action {
      case .skip: break
      case .cut(let rest):
        stop = max(at + 1, stop - rest)
        emit(.word, at..<stop)
      case .sentenceEnd:
        emit(.word, at..<(stop - at == 2 ? stop - 1 : stop))
        stop = max(at + 1, stop - 1)
      default: emit(action, at..<min(stop, end))
      }
      at = stop
    }
  }

  /// Where the token ends, when rule number `rule` matched together with its context up to `end`: as late as the
  /// context allows.
  private func bodyEnd(_ classes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, rule: Int) -> Int
  {
    guard let compiled = Self.compiled?[rule], let context = compiled.context else { return end }
    let body = bodies[rule] ?? LazyAutomaton(PatternStates([compiled.body]))
    let rest = contexts[rule] ?? LazyAutomaton(PatternStates([context]))
    bodies[rule] = body
    contexts[rule] = rest
    var found = start
    body.forEachMatch(classes, from: start, to: end) { candidate in
      var fits = false
      rest.forEachMatch(classes, from: candidate, to: end) { fits = fits || $0 == end }
      if fits { found = candidate }
    }
    return found > start ? found : end
  }
}
