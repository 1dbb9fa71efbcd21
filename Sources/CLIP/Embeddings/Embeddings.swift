package import Files

/// The embeddings of a list of images or texts, one row each: in memory, or mapped from a file of which only the rows that are
/// asked for are read.
///
/// ```swift
/// let images = try Embeddings(contentsOf: URL(fileURLWithPath: "photos.npy"))
/// print(images.count, images.dimension, images[0].prefix(3))
/// ```
public struct Embeddings: Sendable {
  /// What messages call them: a file, or what they are of.
  public var name: String
  /// The id of each item, where they have ids; as many as there are embeddings.
  public var ids: [String]?
  /// The number of embeddings.
  public let count: Int
  /// The dimension, 512 for ViT-B/32.
  public let dimension: Int
  private var storage: EmbeddingStorage

  /// What embeddings that nobody has named are called.
  private static let unnamed = "the embeddings"

  /// Creates embeddings of zeros.
  public init(count: Int, dimension: Int, name: String? = nil) {
    self.name = name ?? Self.unnamed
    self.count = max(0, count)
    self.dimension = max(0, dimension)
    storage = .numbers([Float](repeating: 0, count: self.count * self.dimension))
  }

  /// Takes embeddings from their numbers.
  ///
  /// - Parameters:
  ///   - values: (count, dimension), row-major.
  ///   - name: what messages call them.
  /// - Throws: ``EmbeddingError/incompleteRows(name:numbers:width:)``.
  public init(values: [Float], dimension: Int, name: String? = nil) throws(EmbeddingError) {
    self.name = name ?? Self.unnamed
    guard dimension > 0 ? values.count.isMultiple(of: dimension) : values.isEmpty else {
      throw .incompleteRows(name: self.name, numbers: values.count, width: dimension)
    }
    count = dimension > 0 ? values.count / dimension : 0
    self.dimension = max(0, dimension)
    storage = .numbers(values)
  }

  /// Embeddings that are stored as something else than 32-bit numbers in memory.
  init(_ rows: StoredRows, count: Int, name: String) {
    self.name = name
    self.count = count
    dimension = rows.dimension
    storage = .stored(rows)
  }

  /// One embedding; empty where `row` is out of range.
  public subscript(row: Int) -> ArraySlice<Float> {
    guard row >= 0, row < count else { return [] }
    switch storage {
    case .numbers(let numbers): return numbers[row * dimension..<(row + 1) * dimension]
    case .stored: return self.values(of: [row])[...]
    }
  }

  /// All numbers, row-major.
  public var values: [Float] {
    if case .numbers(let numbers) = storage { return numbers }
    return values(of: Array(0..<count))
  }

  /// Some embeddings one after the other, row-major; an embedding that is not there is all zeros.
  public func values(of rows: [Int]) -> [Float] {
    var values = [Float](repeating: 0, count: rows.count * dimension)
    values.withUnsafeMutableBufferPointer { values in
      guard let start = values.baseAddress else { return }
      for (place, row) in rows.enumerated() { copyRow(row, to: start + place * dimension) }
    }
    return values
  }

  /// Calls `body` with all numbers, to be filled in; embeddings of a file are brought into memory.
  public mutating func withMutableValues<R>(
    _ body: (inout UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    var numbers = values
    storage = .numbers([])
    defer { storage = .numbers(numbers) }
    return try numbers.withUnsafeMutableBufferPointer(body)
  }

  /// Some embeddings, in the order given, with their ids.
  ///
  /// - Parameter name: what messages call them; nil for the name of these.
  /// - Throws: ``EmbeddingError/noSuchRow(name:row:)`` where one is not there.
  public func selecting(_ rows: some Collection<Int>, name: String? = nil) throws(EmbeddingError)
    -> Embeddings
  {
    if let stranger = rows.first(where: { !(0..<count).contains($0) }) {
      throw .noSuchRow(name: self.name, row: stranger)
    }
    var selection = self
    selection.name = name ?? self.name
    if rows.elementsEqual(0..<count) { return selection }
    selection = try Embeddings(values: values(of: Array(rows)), dimension: dimension, name: selection.name)
    selection.ids = ids.map { ids in rows.map { ids.indices.contains($0) ? ids[$0] : "" } }
    return selection
  }

  /// Calls `body` with all rows as they are stored, one after the other.
  package func withStoredRows<R>(
    _ body: (_ type: NumPyType, _ rows: UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    switch storage {
    case .numbers(let numbers): return try numbers.withUnsafeBytes { try body(.float32, $0) }
    case .stored(let rows): return try body(rows.type, rows.bytes)
    }
  }

  /// Copies one embedding, `dimension` numbers; nothing where there is no such row. Any thread may call it.
  package func copyRow(_ row: Int, to destination: UnsafeMutablePointer<Float>) {
    copyRows(row..<(row + 1), to: destination)
  }

  /// Copies embeddings one after the other; nothing where one of them is not there. Any thread may call it.
  package func copyRows(_ rows: Range<Int>, to destination: UnsafeMutablePointer<Float>) {
    guard rows.lowerBound >= 0, rows.upperBound <= count else { return }
    switch storage {
    case .numbers(let numbers):
      numbers.withUnsafeBufferPointer { numbers in
        guard let start = numbers.baseAddress else { return }
        destination.update(from: start + rows.lowerBound * dimension, count: rows.count * dimension)
      }
    case .stored(let stored): stored.copyRows(rows, to: destination)
    }
  }
}

extension Embeddings: Equatable {
  /// Whether the numbers and the ids are the same, whatever the name and wherever they are.
  public static func == (a: Embeddings, b: Embeddings) -> Bool {
    a.count == b.count && a.dimension == b.dimension && a.ids == b.ids
      && (0..<a.count).allSatisfy { a[$0] == b[$0] }
  }
}

/// Where numbers are.
private enum EmbeddingStorage: Sendable {
  case numbers([Float])
  case stored(StoredRows)
}
