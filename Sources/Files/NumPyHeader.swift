/// The header of a NumPy `.npy` file, versions 1 to 3
/// (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
package struct NumPyHeader: Equatable {
  /// How the elements are stored.
  package var type: NumPyType
  package var shape: [Int]
  /// Where the elements begin.
  package var dataOffset: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The size of the header that is written: that of NumPy for every matrix.
  static let writtenSize = 128

  /// The header of an array of two or three dimensions, byte for byte as `numpy.save` writes it.
  static func bytes(shape: [Int], type: NumPyType) -> [UInt8] {
    let extents = shape.map(String.init).joined(separator: ", ")
    let text = "{'descr': '\(type.descriptor)', 'fortran_order': False, 'shape': (\(extents)), }"
    let padding = String(repeating: " ", count: max(0, writtenSize - magic.count - 5 - text.utf8.count))
    let length = writtenSize - magic.count - 4
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array((text + padding + "\n").utf8)
  }

  /// The number of elements, after checking that the file has the bytes of exactly so many.
  package func elementCount(fileSize: Int, file: String) throws(NumPyError) -> Int {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .damaged(file: file, problem: "its shape is larger than any memory") }
      count = product
    }
    let (size, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    let found = fileSize - dataOffset
    guard !overflow, size == found else {
      throw .damaged(
        file: file, problem: "it has \(found) bytes of numbers where its shape \(shape) needs another count")
    }
    return count
  }

  /// Reads a header.
  package init(_ bytes: [UInt8], file: String) throws(NumPyError) {
    guard bytes.starts(with: Self.magic), bytes.count >= 10 else { throw .notNumPy(file: file) }
    let version = bytes[6]
    let lengthSize = version == 1 ? 2 : 4
    guard (1...3).contains(version), bytes.count >= 8 + lengthSize else {
      throw .damaged(file: file, problem: "its version is \(version)")
    }
    let length = bytes[8..<8 + lengthSize].reversed().reduce(0) { $0 << 8 | Int($1) }
    dataOffset = 8 + lengthSize + length
    guard dataOffset <= bytes.count else {
      throw .damaged(file: file, problem: "it ends within its header")
    }
    guard let text = String(validating: bytes[8 + lengthSize..<dataOffset], as: UTF8.self) else {
      throw .damaged(file: file, problem: "its header is not text")
    }
    var parser = NumPyHeaderParser(text)
    guard let fields = parser.fields(), let shape = fields.shape, let descriptor = fields.descriptor else {
      throw .damaged(file: file, problem: "its header does not tell the type and the shape")
    }
    guard let type = NumPyType(descriptor: descriptor) else {
      throw .unsupported(file: file, found: "elements of the type \"\(descriptor)\"")
    }
    guard fields.isFortran == false || shape.count < 2 else {
      throw .unsupported(file: file, found: "columns one after the other (fortran_order)")
    }
    self.type = type
    self.shape = shape
  }
}

/// Reads the Python dictionary of a header, and nothing else that Python could hold.
struct NumPyHeaderParser {
  struct Fields {
    var descriptor: String?
    var isFortran: Bool?
    var shape: [Int]?
  }

  private var rest: Substring.UnicodeScalarView

  package init(_ text: String) { rest = Substring(text).unicodeScalars }

  mutating func fields() -> Fields? {
    var fields = Fields()
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = quoted(), take(":") else { return nil }
      switch key {
      case "descr": fields.descriptor = quoted()
      case "fortran_order": fields.isFortran = take("True") ? true : take("False") ? false : nil
      case "shape": fields.shape = tuple()
      default: return nil
      }
      guard take(",") || rest.first == "}" else { return nil }
    }
    skipBlanks()
    return rest.isEmpty && fields.isFortran != nil ? fields : nil
  }

  private mutating func skipBlanks() {
    rest = rest.drop { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" }
  }

  private mutating func take(_ word: String) -> Bool {
    skipBlanks()
    guard rest.starts(with: word.unicodeScalars) else { return false }
    rest = rest.dropFirst(word.unicodeScalars.count)
    skipBlanks()
    return true
  }

  private mutating func quoted() -> String? {
    skipBlanks()
    guard let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
    let inner = rest.dropFirst()
    guard let end = inner.firstIndex(of: quote) else { return nil }
    let text = String(inner[..<end])
    rest = inner[inner.index(after: end)...]
    return text
  }

  private mutating func tuple() -> [Int]? {
    guard take("(") else { return nil }
    var shape: [Int] = []
    while !take(")") {
      let digits = rest.prefix { ("0"..."9").contains($0) }
      guard let extent = Int(String(digits)), shape.count < 32 else { return nil }
      rest = rest.dropFirst(digits.count)
      _ = take("L")
      shape.append(extent)
      guard take(",") || rest.first == ")" else { return nil }
    }
    return shape
  }
}
