/// An array in a MATLAB file: numbers, characters, cells or structures, read where it is asked.
struct MATArray {
  /// The deepest nesting that is followed where a text is looked for.
  private static let depthLimit = 8

  /// The kinds of arrays that are told apart.
  enum Kind {
    case cells
    case structures
    case characters
    case numbers
    /// Objects, functions, sparse matrices.
    case other
  }

  /// What it holds.
  let kind: Kind
  /// The name; empty within other arrays.
  let name: String
  /// The product of the extents.
  let count: Int
  /// The names of a structure's fields.
  let fields: [String]
  private let source: MATSource
  /// Where the contents are.
  private let contents: Range<Int>

  /// Reads what stands before the contents of the array whose data is at `range`.
  init(_ source: MATSource, _ range: Range<Int>) throws {
    self.source = source
    guard !range.isEmpty else {
      (kind, name, count, fields, contents) = (.numbers, "", 0, [], range)
      return
    }
    let flags = try source.element(at: range.lowerBound, end: range.upperBound)
    let extents = try source.element(at: flags.next, end: range.upperBound)
    let name = try source.element(at: extents.next, end: range.upperBound)
    guard flags.range.count >= 4 else { throw source.damaged() }
    self.name = String(decoding: source.bytes[name.range], as: UTF8.self)
    var count = 1
    for extent in try source.numbers(extents) {
      guard let extent = Int(exactly: extent), extent >= 0 else { throw source.damaged() }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw source.damaged() }
      count = product
    }
    self.count = count
    let number = source.integer(at: flags.range.lowerBound, width: 4) & 0xFF
    switch number {
    case 1: kind = .cells
    case 2: kind = .structures
    case 4: kind = .characters
    case 6...15: kind = .numbers
    default: kind = .other
    }
    guard kind == .structures else {
      fields = []
      contents = name.next..<range.upperBound
      return
    }
    let width = try source.element(at: name.next, end: range.upperBound)
    let names = try source.element(at: width.next, end: range.upperBound)
    guard let length = try source.numbers(width).first.flatMap(Int.init(exactly:)), length > 0 else {
      throw source.damaged()
    }
    fields = stride(from: names.range.lowerBound, to: names.range.upperBound, by: length).map { start in
      let bytes = source.bytes[start..<min(start + length, names.range.upperBound)]
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    contents = names.next..<range.upperBound
  }

  /// The arrays within: the cells, or the fields of each structure, those of one structure together.
  func children() throws -> [MATArray] {
    guard kind == .cells || kind == .structures else { return [] }
    var children: [MATArray] = []
    var at = contents.lowerBound
    while at + 8 <= contents.upperBound {
      let element = try source.element(at: at, end: contents.upperBound)
      guard element.type == .matrix else { throw source.damaged() }
      children.append(try MATArray(source, element.range))
      at = element.next
    }
    let (expected, overflow) = count.multipliedReportingOverflow(by: max(1, fields.count))
    guard !overflow, children.count == expected else { throw source.damaged() }
    return children
  }

  /// The records of a list: of structures their fields, of cells what each cell holds.
  func records() throws -> [[MATArray]] {
    let children = try children()
    if kind == .cells { return try children.map { try $0.children() } }
    guard !fields.isEmpty else { return [] }
    return stride(from: 0, to: children.count, by: fields.count).map {
      Array(children[$0..<$0 + fields.count])
    }
  }

  /// The text, where it is one or a cell with one.
  func text() throws -> String {
    var array = self
    for _ in 0..<Self.depthLimit {
      if array.kind == .characters {
        return try source.text(source.element(at: array.contents.lowerBound, end: array.contents.upperBound))
      }
      guard array.kind == .cells, let first = try array.children().first else { break }
      array = first
    }
    throw MATFile.malformed(source.file, "a text is expected where it has something else")
  }

  /// The numbers, column by column, where it holds some, or a cell with some.
  func numbers() throws -> [Double] {
    var array = self
    for _ in 0..<Self.depthLimit {
      if array.kind == .numbers {
        guard array.count > 0 else { return [] }
        let numbers = try source.numbers(
          source.element(at: array.contents.lowerBound, end: array.contents.upperBound))
        guard numbers.count == array.count else { throw source.damaged() }
        return numbers
      }
      guard array.kind == .cells, let first = try array.children().first else { break }
      array = first
    }
    throw MATFile.malformed(source.file, "a number is expected where it has something else")
  }
}
