import CaptionData
public import Foundation

/// The labels that images are classified by, each with one name or several.
public struct LabelSet: Sendable, Equatable {
  /// A label.
  public struct Label: Sendable, Equatable {
    /// Its names: the first is the one that is shown, the others are synonyms.
    public var names: [String]
    /// What is shown.
    public var name: String { names.first ?? "" }
  }

  /// The labels, in their order.
  public let labels: [Label]
  private let places: [String: Int]

  /// Takes labels with a name each, or reads names with commas between: `cat,dog,horse`.
  ///
  /// - Throws: ``EvaluationError/labelsDoNotFit(file:line:problem:)``.
  public init(list: String) throws {
    try self.init(
      list.split(separator: ",").map { [String($0)] }, file: "--labels", isFile: false)
  }

  /// Reads a file with a label a line; see ``init(lines:file:)``.
  ///
  /// - Throws: `DatasetError`, ``EvaluationError/labelsDoNotFit(file:line:problem:)``.
  public init(contentsOf url: URL) throws {
    let file = try TextFile(contentsOf: url)
    try self.init(lines: String(decoding: file.bytes, as: UTF8.self), file: file.name)
  }

  /// Reads a label a line; synonyms stand behind it with commas between: `goldfish, Carassius auratus`.
  ///
  /// - Throws: ``EvaluationError/labelsDoNotFit(file:line:problem:)``.
  public init(lines: String, file: String) throws {
    try self.init(
      lines.split(whereSeparator: \.isNewline).map { line in
        line.split(separator: ",").map(String.init)
      }, file: file, isFile: true)
  }

  private init(_ given: [[String]], file: String, isFile: Bool) throws {
    var labels: [Label] = []
    var places: [String: Int] = [:]
    for (index, names) in given.enumerated() {
      let names = names.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
      guard !names.isEmpty else { continue }
      for key in Set(names.prefix(1) + [names.joined(separator: ", ")]).map(Self.key) {
        guard places.updateValue(labels.count, forKey: key) == nil else {
          throw EvaluationError.labelsDoNotFit(
            file: file, line: isFile ? index + 1 : nil, problem: "\"\(names[0])\" is there twice")
        }
      }
      labels.append(Label(names: names))
    }
    guard labels.count > 1 else {
      throw EvaluationError.labelsDoNotFit(
        file: file, line: nil, problem: "there are \(labels.count) labels, and two are the fewest")
    }
    self.labels = labels
    self.places = places
  }

  /// How many labels there are.
  public var count: Int { labels.count }

  /// The place of a label that is written as its first name or as all of them, in any case; nil where none is.
  public func place(of text: String) -> Int? { places[Self.key(text)] }

  private static func key(_ name: String) -> String {
    name.lowercased().replacing("_", with: " ").split(separator: ",")
      .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: ", ")
  }
}
