/// The known name that a wrong one was probably meant to be.
package enum NearestName {
  /// The name of `names` that takes the fewest changes, if they are fewer than half of the letters; nil otherwise.
  package static func of(_ name: String, among names: some Sequence<String>) -> String? {
    let plain = fold(name)
    guard plain.count <= 100 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in names {
      let other = fold(candidate)
      var distance = EditDistance.between(plain, other)
      // Letters in another order.
      if distance <= 2, plain.sorted() == other.sorted() { distance = 1 }
      // A name that was cut short, or written out.
      if min(plain.count, other.count) >= 3, plain.hasPrefix(other) || other.hasPrefix(plain) {
        distance = min(distance, 2)
      }
      if distance < best?.distance ?? max(2, (max(plain.count, other.count) + 1) / 2) {
        best = (candidate, distance)
      }
    }
    return best?.name
  }

  private static func fold(_ name: String) -> String {
    String(name.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
  }
}
