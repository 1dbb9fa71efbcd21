import Foundation

/// SplitMix64: a small generator whose sequence is the same on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts the sequence of `seed`.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Feeds damaged copies of good inputs to a reader, which must neither crash nor hang.
public enum Fuzzing {
  /// Calls `body` with mutated copies of `corpus`: 400 of them, or as many as fit in the number of seconds that
  /// the environment variable `PLUMB_FUZZ_SECONDS` gives.
  ///
  /// Whatever `body` throws is fine; a trap ends the process, and `PLUMB_FUZZ_TRACE` names a file that then
  /// holds the guilty input.
  public static func run(corpus: [Data], seed: UInt64 = 1, iterations: Int = 400, body: (Data) throws -> Void)
  {
    var generator = SeededGenerator(seed: seed)
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["PLUMB_FUZZ_SECONDS"].flatMap(Double.init)
    let trace = environment["PLUMB_FUZZ_TRACE"].map { URL(fileURLWithPath: $0) }
    let deadline = seconds.map { Date(timeIntervalSinceNow: $0) }
    var done = 0
    while deadline.map({ Date() < $0 }) ?? (done < iterations) {
      guard let original = corpus.randomElement(using: &generator) else { return }
      let input = mutate(original, corpus: corpus, using: &generator)
      if let trace { try? input.write(to: trace) }
      try? body(input)
      done += 1
    }
  }

  /// A copy of `input` with one to eight small damages: flipped bits, replaced, removed, repeated or foreign
  /// runs, extreme integers, a cut end.
  public static func mutate(
    _ input: Data, corpus: [Data], using generator: inout some RandomNumberGenerator
  ) -> Data {
    var bytes = [UInt8](input)
    for _ in 0..<Int.random(in: 1...8, using: &generator) {
      if bytes.isEmpty { bytes = [0] }
      let at = Int.random(in: 0..<bytes.count, using: &generator)
      let run = min(Int.random(in: 1...16, using: &generator), bytes.count - at)
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[at] = UInt8.random(in: 0...255, using: &generator)
      case 2: bytes.removeSubrange(at..<(at + run))
      case 3: bytes.insert(contentsOf: bytes[at..<(at + run)], at: at)
      case 4:
        let extreme: [UInt8] = [[0xFF], [0x7F], [0x80], [0x00]].randomElement(using: &generator) ?? [0]
        for i in at..<(at + run) { bytes[i] = extreme[0] }
      case 5: bytes.removeSubrange(at...)
      case 6:
        if let other = corpus.randomElement(using: &generator), !other.isEmpty {
          let start = Int.random(in: 0..<other.count, using: &generator)
          let end = min(other.count, start + Int.random(in: 1...64, using: &generator))
          bytes.insert(contentsOf: other[other.startIndex + start..<other.startIndex + end], at: at)
        }
      default:
        let digits = Array("99999999999999999999".utf8.prefix(run))
        bytes.replaceSubrange(at..<(at + run), with: digits)
      }
    }
    return Data(bytes)
  }
}
