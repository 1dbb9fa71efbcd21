/// What a code point is to the reference tokenizer, unpacked once from ``UnicodeTables``.
final class UnicodeClasses: Sendable {
  /// The tables, made when the first text that is not ASCII comes.
  static let shared = UnicodeClasses()

  /// The flags of a code point.
  static let letter: UInt8 = 1
  static let number: UInt8 = 2
  static let whitespace: UInt8 = 4
  /// It has a lower case.
  static let capital: UInt8 = 8
  /// A text that holds it may not be in normal form C.
  static let unsettled: UInt8 = 16
  /// Its combining class is not zero.
  static let combining: UInt8 = 32
  /// It has a canonical decomposition.
  static let composite: UInt8 = 64

  private struct LowercaseRun {
    var first: UInt32
    var last: UInt32
    var offset: Int32
  }

  private struct CombiningRun {
    var first: UInt32
    var last: UInt32
    var combiningClass: UInt8
  }

  private let flags: [UInt8]
  private let lowercaseRuns: [LowercaseRun]
  private let combiningRuns: [CombiningRun]
  private let decompositions: [UInt32: (first: UInt32, second: UInt32?)]
  private let compositions: [UInt64: UInt32]

  private init() {
    var flags = [UInt8](repeating: 0, count: 0x110000)
    for (table, flag) in [
      (UnicodeTables.letters, Self.letter), (UnicodeTables.numbers, Self.number),
      (UnicodeTables.whitespace, Self.whitespace),
    ] {
      var numbers = PackedNumbers(table)
      var end = 0
      while let gap = numbers.next(), let more = numbers.next() {
        for point in (end + gap)...(end + gap + more) { flags[point] |= flag }
        end += gap + more + 1
      }
    }
    lowercaseRuns = Self.readLowercase(into: &flags)
    combiningRuns = Self.readCombining(into: &flags)
    (decompositions, compositions) = Self.readDecompositions(into: &flags)
    for point in 0x1161...0x1175 { flags[point] |= Self.unsettled }  // Hangul vowels
    for point in 0x11A8...0x11C2 { flags[point] |= Self.unsettled }  // Hangul finals
    flags[0x130] |= Self.capital
    self.flags = flags
  }

  /// The flags of `point`; none for a number that is no code point.
  @inline(__always)
  func flags(of point: UInt32) -> UInt8 {
    point < 0x110000 ? flags[Int(point)] : 0
  }

  /// The lower case of one code point, without regard to its neighbours; U+0130 gives two.
  func appendLowercase(of point: UInt32, to scalars: inout [UInt32]) {
    guard flags(of: point) & Self.capital != 0 else { return scalars.append(point) }
    if point == 0x130 {
      scalars.append(0x69)
      return scalars.append(0x307)
    }
    var low = 0
    var high = lowercaseRuns.count
    while low < high {
      let middle = (low + high) / 2
      let run = lowercaseRuns[middle]
      if point < run.first {
        high = middle
      } else if point > run.last {
        low = middle + 1
      } else {
        return scalars.append(UInt32(truncatingIfNeeded: Int64(point) + Int64(run.offset)))
      }
    }
    scalars.append(point)
  }

  /// The canonical combining class.
  func combiningClass(of point: UInt32) -> UInt8 {
    guard flags(of: point) & Self.combining != 0 else { return 0 }
    var low = 0
    var high = combiningRuns.count
    while low < high {
      let middle = (low + high) / 2
      let run = combiningRuns[middle]
      if point < run.first {
        high = middle
      } else if point > run.last {
        low = middle + 1
      } else {
        return run.combiningClass
      }
    }
    return 0
  }

  /// One step of the canonical decomposition, Hangul left out.
  func decomposition(of point: UInt32) -> (first: UInt32, second: UInt32?)? {
    flags(of: point) & Self.composite != 0 ? decompositions[point] : nil
  }

  /// The code point that two make in normal form C, Hangul left out.
  func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    compositions[UInt64(first) << 32 | UInt64(second)]
  }

  private static func readLowercase(into flags: inout [UInt8]) -> [LowercaseRun] {
    var numbers = PackedNumbers(UnicodeTables.lowercase)
    var runs: [LowercaseRun] = []
    var end = 0
    while let gap = numbers.next(), let more = numbers.next(), let step = numbers.next(),
      let offset = numbers.nextSigned()
    {
      // Every second letter of a run that steps by two is small already: only flagged ones are looked up.
      let last = end + gap + more * (step + 1)
      for point in stride(from: end + gap, through: last, by: step + 1) { flags[point] |= capital }
      runs.append(LowercaseRun(first: UInt32(end + gap), last: UInt32(last), offset: Int32(offset)))
      end = last + 1
    }
    return runs
  }

  private static func readCombining(into flags: inout [UInt8]) -> [CombiningRun] {
    var numbers = PackedNumbers(UnicodeTables.combining)
    var runs: [CombiningRun] = []
    var end = 0
    while let gap = numbers.next(), let more = numbers.next(), let value = numbers.next() {
      let last = end + gap + more
      for point in (end + gap)...last { flags[point] |= combining | unsettled }
      runs.append(
        CombiningRun(
          first: UInt32(end + gap), last: UInt32(last), combiningClass: UInt8(truncatingIfNeeded: value)))
      end = last + 1
    }
    return runs
  }

  private static func readDecompositions(
    into flags: inout [UInt8]
  ) -> ([UInt32: (first: UInt32, second: UInt32?)], [UInt64: UInt32]) {
    var decompositions: [UInt32: (first: UInt32, second: UInt32?)] = [:]
    var compositions: [UInt64: UInt32] = [:]
    var numbers = PackedNumbers(UnicodeTables.decompositions)
    var point = 0
    while let gap = numbers.next(), let kind = numbers.next(), let offset = numbers.nextSigned() {
      point += gap
      let first = UInt32(point + offset)
      let second = kind == 2 ? nil : numbers.next().map { UInt32($0) }
      decompositions[UInt32(point)] = (first, second)
      flags[point] |= composite
      if kind == 0, let second {
        compositions[UInt64(first) << 32 | UInt64(second)] = UInt32(point)
        flags[Int(second)] |= unsettled
      } else {
        flags[point] |= unsettled
      }
    }
    return (decompositions, compositions)
  }
}

/// Reads the numbers of a table in ``UnicodeTables``.
private struct PackedNumbers {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ table: StaticString) {
    bytes = UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount)
  }

  mutating func next() -> Int? {
    var value = 0
    var shift = 0
    while position < bytes.count {
      let byte = Int(bytes[position])
      position += 1
      guard byte >= 48 else { continue }  // the line breaks of the literal
      value |= ((byte - 48) & 31) << shift
      shift += 5
      if byte - 48 < 32 { return value }
    }
    return nil
  }

  mutating func nextSigned() -> Int? {
    next().map { $0 & 1 == 0 ? $0 / 2 : -($0 + 1) / 2 }
  }
}
