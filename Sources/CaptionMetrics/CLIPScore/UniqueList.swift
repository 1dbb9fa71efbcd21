/// Gives equal strings one index, in the order in which they first appear.
///
/// Equal means the same bytes: a composed and a decomposed accent stay apart, because an embedder may tell
/// them apart although Swift's `String` does not.
struct UniqueList {
  private(set) var elements: [String] = []
  private var indices: [ExactString: Int] = [:]

  /// The index of `element`, which is added where it is new.
  mutating func index(of element: String) -> Int {
    let key = ExactString(string: element)
    if let index = indices[key] { return index }
    let index = elements.count
    elements.append(element)
    indices[key] = index
    return index
  }

  private struct ExactString: Hashable {
    let string: String

    static func == (a: ExactString, b: ExactString) -> Bool {
      a.string.utf8.count == b.string.utf8.count && a.string.utf8.elementsEqual(b.string.utf8)
    }

    func hash(into hasher: inout Hasher) {
      var copy = string
      copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }
}
