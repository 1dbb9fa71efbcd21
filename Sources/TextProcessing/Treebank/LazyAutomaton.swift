/// The states of a set of numbered patterns, by Thompson's construction.
struct PatternStates: Sendable {
  private(set) var sets: [SymbolSet] = []
  private(set) var targets: [[Int32]] = []
  private(set) var rules: [Int32] = []
  private var isJump: [Bool] = []

  /// One machine for all of `patterns`; state 0 is the start.
  init(_ patterns: [TokenPattern]) {
    let start = add()
    for (rule, pattern) in patterns.enumerated() {
      let end = add()
      rules[end] = Int32(rule)
      targets[start].append(Int32(build(pattern, to: end)))
    }
  }

  private mutating func add() -> Int {
    sets.append(SymbolSet())
    targets.append([])
    rules.append(-1)
    isJump.append(true)
    return sets.count - 1
  }

  private mutating func add(jumps: [Int]) -> Int {
    let state = add()
    targets[state] = jumps.map { Int32($0) }
    return state
  }

  /// Adds states that read `pattern` and go on to `end`; returns the first.
  private mutating func build(_ pattern: TokenPattern, to end: Int) -> Int {
    switch pattern {
    case .set(let set):
      let state = add(jumps: [end])
      sets[state] = set
      isJump[state] = false
      return state
    case .sequence(let parts):
      var next = end
      for part in parts.reversed() { next = build(part, to: next) }
      return next
    case .choice(let alternatives):
      let starts = alternatives.map { build($0, to: end) }
      return add(jumps: starts)
    case .repetition(let inner, let minimum, let maximum):
      var next = end
      if let maximum {
        for _ in minimum..<max(minimum, maximum) {
          let start = build(inner, to: next)
          next = add(jumps: [start, end])
        }
      } else {
        let loop = add(jumps: [end])
        let start = build(inner, to: loop)
        targets[loop].append(Int32(start))
        next = loop
      }
      for _ in 0..<minimum { next = build(inner, to: next) }
      return next
    }
  }

  /// The reading and ending states that `states` reach without reading, sorted.
  func closure(of states: [Int32]) -> [Int32] {
    var seen = Set<Int32>()
    var pending = states
    var found: [Int32] = []
    while let state = pending.popLast() {
      guard seen.insert(state).inserted else { continue }
      let i = Int(state)
      if !isJump[i] || rules[i] >= 0 { found.append(state) }
      if isJump[i] { pending.append(contentsOf: targets[i]) }
    }
    return found.sorted()
  }

  /// Where `states` are after reading `symbol`.
  func step(_ states: [Int32], _ symbol: UInt8) -> [Int32] {
    var next: [Int32] = []
    for state in states where !isJump[Int(state)] && sets[Int(state)].contains(symbol) {
      next.append(contentsOf: targets[Int(state)])
    }
    return next
  }
}

/// A deterministic automaton whose states are worked out the first time that they are met.
///
/// Belongs to one thread at a time.
final class LazyAutomaton {
  private static let unknown: Int32 = -1
  private static let dead: Int32 = -2
  /// How many symbols must be looked at in vain to be worth remembering.
  private static let longSearch = 32

  private let states: PatternStates
  private var members: [[Int32]] = []
  private var numbers: [[Int32]: Int32] = [:]
  private var transitions: [Int32] = []
  private var accepted: [Int32] = []
  private var trail: [Int32] = []
  private var trailStart = 0

  init(_ states: PatternStates) {
    self.states = states
    _ = number(of: states.closure(of: [0]))
  }

  /// How many states have been met.
  var stateCount: Int { members.count }

  private func number(of closure: [Int32]) -> Int32 {
    if let known = numbers[closure] { return known }
    let number = Int32(members.count)
    numbers[closure] = number
    members.append(closure)
    accepted.append(closure.map { states.rules[Int($0)] }.filter { $0 >= 0 }.min() ?? -1)
    transitions.append(contentsOf: repeatElement(Self.unknown, count: SymbolSet.alphabetSize))
    return number
  }

  private func discover(_ state: Int32, _ symbol: UInt8) -> Int32 {
    let next = states.step(members[Int(state)], symbol)
    let target = next.isEmpty ? Self.dead : number(of: states.closure(of: next))
    transitions[Int(state) * SymbolSet.alphabetSize + Int(symbol)] = target
    return target
  }

  /// The longest match at `start` and, of the rules that match as much, the first; nil where none matches.
  ///
  /// Gives up looking for a longer match `reach` symbols after the longest so far. What was looked at in vain is
  /// remembered, and not looked at again from a later start in the same text, so that the time is linear
  /// (Reps 1998, with one trail in place of his table).
  func longestMatch(_ text: UnsafeBufferPointer<UInt8>, from start: Int, reach: Int) -> (rule: Int, end: Int)?
  {
    var state: Int32 = 0
    var rule: Int32 = -1
    var end = start
    var at = start
    var limit = min(text.count, start + reach)
    while at < limit {
      state = next(state, text[at])
      if state < 0 { break }
      at += 1
      let accepted = accepted[Int(state)]
      if accepted >= 0 {
        rule = accepted
        end = at
        limit = min(text.count, at + reach)
      } else if at >= trailStart, at - trailStart < trail.count, trail[at - trailStart] == state {
        return rule < 0 ? nil : (Int(rule), end)
      }
    }
    if at - end > Self.longSearch, at >= trailStart + trail.count {
      leaveTrail(text, from: start, after: end, to: at)
    }
    return rule < 0 ? nil : (Int(rule), end)
  }

  /// Forgets what an earlier text taught.
  func startText() {
    trail.removeAll(keepingCapacity: true)
    trailStart = 0
  }

  /// Remembers the states after each symbol from `end` to `last`, from none of which a match was found.
  private func leaveTrail(_ text: UnsafeBufferPointer<UInt8>, from start: Int, after end: Int, to last: Int) {
    trail.removeAll(keepingCapacity: true)
    trailStart = end + 1
    var state: Int32 = 0
    for at in start..<last {
      state = next(state, text[at])
      if at >= end { trail.append(state) }
    }
  }

  @inline(__always)
  private func next(_ state: Int32, _ symbol: UInt8) -> Int32 {
    let next = transitions[Int(state) * SymbolSet.alphabetSize + Int(symbol)]
    return next == Self.unknown ? discover(state, symbol) : next
  }

  /// Calls `body` with each end of a match at `start`, shortest first, up to `end`.
  func forEachMatch(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int, _ body: (Int) -> Void
  ) {
    var state: Int32 = 0
    for at in start..<max(start, min(end, text.count)) {
      state = next(state, text[at])
      if state < 0 { return }
      if accepted[Int(state)] >= 0 { body(at + 1) }
    }
  }
}
