/// Which rows are images, and which image each text belongs to.
public struct RetrievalPairs: Sendable, Equatable {
  /// The row of each image.
  public let imageRows: [Int]
  /// The image of each text: a place in ``imageRows``.
  public let imageOfText: [Int]

  /// Text `i` belongs to image row `imageRowOfText[i]`; every image row is an image of its own, with texts or without.
  public init(imageRowOfText: [Int], imageCount: Int) {
    imageRows = Array(0..<max(0, imageCount))
    imageOfText = imageRowOfText
  }

  /// Text `i` belongs to the image that `names[i]` tells. Where there are as many image rows as names, row `i` has the
  /// name of text `i`, and of several rows with one name the first is the image; where there are as many as different
  /// names, they follow the order in which the names first come.
  ///
  /// - Throws: ``EvaluationError/pairsDoNotFit(pairs:images:texts:)`` for any other number of image rows.
  public init(names: [String], imageCount: Int) throws(EvaluationError) {
    var indices: [String: Int] = [:]
    var firstRows: [Int] = []
    let images = names.enumerated().map { row, name in
      if let index = indices[name] { return index }
      indices[name] = firstRows.count
      firstRows.append(row)
      return firstRows.count - 1
    }
    imageOfText = images
    switch imageCount {
    case names.count: imageRows = firstRows
    case firstRows.count: imageRows = Array(0..<imageCount)
    default: throw .pairsDoNotFit(pairs: names.count, images: imageCount, texts: firstRows.count)
    }
  }

  /// Without a table: row `i` belongs to row `i`, or, where there are k times as many texts as images, the texts of a
  /// image follow each other.
  ///
  /// - Throws: ``EvaluationError/countsDoNotFit(images:texts:)``.
  public init(imageCount: Int, textCount: Int) throws(EvaluationError) {
    guard imageCount > 0, textCount >= imageCount, textCount.isMultiple(of: imageCount) else {
      throw .countsDoNotFit(images: imageCount, texts: textCount)
    }
    let captions = textCount / imageCount
    imageRows = Array(0..<imageCount)
    imageOfText = (0..<textCount).map { $0 / captions }
  }

  /// What a table tells of `textCount` text rows, each of which it must name once.
  ///
  /// - Throws: ``EvaluationError``.
  public init(_ table: EmbeddingPairs, imageCount: Int, textCount: Int) throws(EvaluationError) {
    let texts = try table.textRows(textCount: textCount)
    guard Set(texts).count == textCount, texts.count == textCount else {
      throw .tableDoesNotFit(
        file: table.name, line: nil,
        problem: "it must name every text row once, and names \(Set(texts).count) of \(textCount)")
    }
    let images = try Self.images(of: table, imageCount: imageCount)
    imageRows = images.rows
    var imageOfText = [Int](repeating: 0, count: textCount)
    for (text, image) in zip(texts, images.indices) { imageOfText[text] = image }
    self.imageOfText = imageOfText
  }

  /// The image of each row of a table, as an index of the rows that are images.
  static func images(
    of table: EmbeddingPairs, imageCount: Int
  ) throws(EvaluationError) -> (rows: [Int], indices: [Int]) {
    var names: [String] = []
    var numbers: [Int] = []
    for row in table.rows {
      switch row.image {
      case .name(let name): names.append(name)
      case .row(let number):
        guard (0..<imageCount).contains(number) else {
          throw .tableDoesNotFit(
            file: table.name, line: row.line, problem: "there is no image row \(number) among \(imageCount)")
        }
        numbers.append(number)
      }
    }
    if names.isEmpty { return (Array(0..<imageCount), numbers) }
    guard numbers.isEmpty else {
      throw .tableDoesNotFit(
        file: table.name, line: nil, problem: "some rows tell an image row and others a name")
    }
    let pairs = try RetrievalPairs(names: names, imageCount: imageCount)
    return (pairs.imageRows, pairs.imageOfText)
  }

  /// The texts of each image.
  public var textsOfImage: [[Int]] {
    var texts = [[Int]](repeating: [], count: imageRows.count)
    for (text, image) in imageOfText.enumerated() where texts.indices.contains(image) {
      texts[image].append(text)
    }
    return texts
  }
}
