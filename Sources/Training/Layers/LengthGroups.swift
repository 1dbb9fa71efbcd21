/// The texts of a large batch in groups of about the same length.
///
/// Attention needs a rectangle as long as the longest text: with a text of 60 tokens among a thousand of 12, most of its maps are
/// padding. Each group has a rectangle of its own.
struct LengthGroups {
  /// The numbers of the texts, shortest first.
  let groups: [[Int]]

  /// Fewer texts than these are not worth products of their own.
  private static let smallest = 64
  /// The sizes of all groups but the last are multiples of it, so that few different products are compiled.
  private static let step = 32

  /// Groups whose longest text is at most a quarter longer than the shortest, where they have enough texts.
  init(_ lengths: [Int]) {
    let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    var groups: [[Int]] = []
    for index in order {
      if let group = groups.last,
        group.count < Self.smallest || group.count % Self.step != 0
          || 4 * lengths[index] <= 5 * lengths[group[0]]
      {
        groups[groups.count - 1].append(index)
      } else {
        groups.append([index])
      }
    }
    self.groups = groups
  }

  /// Where each text's row lies when the groups' rows stand one after another.
  var places: [Int] {
    let order = groups.flatMap(\.self)
    var places = [Int](repeating: 0, count: order.count)
    for (place, index) in order.enumerated() { places[index] = place }
    return places
  }
}
