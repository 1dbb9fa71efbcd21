/// Unicode's normal form C, over the decompositions that the reference tokenizer knows.
enum CanonicalComposition {
  private static let hangulBase: UInt32 = 0xAC00
  private static let hangulCount: UInt32 = 11172

  /// Puts `scalars` into normal form C.
  static func normalize(_ scalars: inout [UInt32], classes: UnicodeClasses) {
    guard scalars.contains(where: { classes.flags(of: $0) & UnicodeClasses.unsettled != 0 }) else { return }
    var decomposed: [UInt32] = []
    decomposed.reserveCapacity(scalars.count + scalars.count / 4)
    for scalar in scalars { decompose(scalar, into: &decomposed, classes: classes) }
    order(&decomposed, classes: classes)
    scalars = compose(decomposed, classes: classes)
  }

  /// Hangul syllables stay whole: they compose again whatever follows them.
  private static func decompose(_ scalar: UInt32, into output: inout [UInt32], classes: UnicodeClasses) {
    guard let (first, second) = classes.decomposition(of: scalar) else { return output.append(scalar) }
    decompose(first, into: &output, classes: classes)
    if let second { output.append(second) }
  }

  /// Sorts every run of combining marks by class; equal classes keep their order.
  private static func order(_ scalars: inout [UInt32], classes: UnicodeClasses) {
    var start = 0
    while start < scalars.count {
      guard classes.combiningClass(of: scalars[start]) != 0 else {
        start += 1
        continue
      }
      var end = start + 1
      while end < scalars.count, classes.combiningClass(of: scalars[end]) != 0 { end += 1 }
      if end - start > 1 {
        let marks = scalars[start..<end].enumerated().map {
          (mark: $1, rank: UInt64(classes.combiningClass(of: $1)) << 48 | UInt64($0))
        }
        for (index, mark) in marks.sorted(by: { $0.rank < $1.rank }).enumerated() {
          scalars[start + index] = mark.mark
        }
      }
      start = end
    }
  }

  private static func compose(_ scalars: [UInt32], classes: UnicodeClasses) -> [UInt32] {
    var output: [UInt32] = []
    output.reserveCapacity(scalars.count)
    var starter: Int?
    var lastClass = -1  // −1: nothing stands between the starter and the next one
    for scalar in scalars {
      let combiningClass = Int(classes.combiningClass(of: scalar))
      if let starter, lastClass < combiningClass,
        let composite = composition(output[starter], scalar, classes: classes)
      {
        output[starter] = composite
        continue
      }
      if combiningClass == 0 {
        starter = output.count
        lastClass = -1
      } else {
        lastClass = combiningClass
      }
      output.append(scalar)
    }
    return output
  }

  private static func composition(_ first: UInt32, _ second: UInt32, classes: UnicodeClasses) -> UInt32? {
    if (0x1100...0x1112).contains(first), (0x1161...0x1175).contains(second) {
      return hangulBase + ((first - 0x1100) * 21 + (second - 0x1161)) * 28
    }
    if first >= hangulBase, first < hangulBase + hangulCount, (first - hangulBase) % 28 == 0,
      (0x11A8...0x11C2).contains(second)
    {
      return first + (second - 0x11A7)
    }
    return classes.composition(first, second)
  }
}
