import CaptionData
public import CaptionMetrics
import Files
public import Foundation
import JSON

extension SystemReport {
  /// The captions of one image, and their values.
  struct Item: Sendable {
    var id: String
    /// A caption a system, in the order of ``SystemReport/names``.
    var captions: [String]
    /// The values of each metric, in the order of ``SystemReport/rows``: a value a system.
    var values: [[Double]]
  }

  /// The items that all systems were scored on.
  static func items(_ scored: [ScoredDataset]) -> [Item] {
    guard let first = scored.first else { return [] }
    return first.items.indices.map { index in
      Item(
        id: first.items[index].id, captions: scored.map { $0.items[index].candidate },
        values: first.results.indices.map { metric in scored.map { $0.results[metric].perItem[index] } })
    }
  }

  /// One image's line: `{"id": …, "captions": {"before": …, "after": …}, "CIDEr": {"before": …, "after": …}}`.
  ///
  /// - Throws: `ReportError` where a value is not a finite number.
  public func line(for index: Int) throws -> String {
    let item = items[index]
    func bySystem(_ values: [JSONValue]) -> JSONValue {
      .object(zip(names, values).map { .init($0, $1) })
    }
    var members: [JSONValue.Member] = [
      .init("id", .string(item.id)), .init("captions", bySystem(item.captions.map(JSONValue.string))),
    ]
    for (row, values) in zip(rows, item.values) {
      guard values.allSatisfy(\.isFinite) else { throw ReportError.notFinite(name: row.scale.name) }
      members.append(.init(row.scale.name, bySystem(values.map(JSONValue.number))))
    }
    return try JSONValue.object(members).text()
  }

  /// Writes a line an image; the file appears when it is whole.
  ///
  /// - Throws: `ReportError`, `FileWriteError`.
  public func writeLines(to url: URL) throws {
    let file = try AtomicFile(url)
    for index in items.indices { try file.write(line(for: index) + "\n") }
    try file.commit()
  }
}
