import Foundation
import JSON
import PlumbWorker
import Testing

/// Requests, and what a worker answers to them.
struct WorkerConversation {
  private var input = Data()

  /// An answer of a worker.
  struct Answer {
    var header: [String: JSONValue]
    var payload: Data

    var isOK: Bool { header["ok"]?.bool == true }
    var error: String { header["error"]?.string ?? "" }
    /// The reasons of failed items by their index.
    var failures: [Int: String] {
      Dictionary(
        uniqueKeysWithValues: (header["failures"]?.array ?? []).compactMap { failure in
          failure.object.flatMap { object in
            object["index"]?.integer.flatMap { index in object["reason"]?.string.map { (index, $0) } }
          }
        })
    }
    /// The values of the corpus by their names.
    var values: [String: Double] {
      Dictionary(
        uniqueKeysWithValues: (header["values"]?.array ?? []).compactMap { value in
          value.object.flatMap { object in
            object["name"]?.string.flatMap { name in object["value"]?.number.map { (name, $0) } }
          }
        })
    }
    var shape: [Int] { (header["shape"]?.array ?? []).compactMap(\.integer) }
    /// The array of the payload.
    func numbers<Number>(_ type: Number.Type) -> [Number] {
      let count = shape.reduce(1, *)
      return payload.withUnsafeBytes { bytes in
        (0..<count).map {
          bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self)
        }
      }
    }
    /// What stands in the payload after the array.
    var statistics: Data { payload.suffix(header["statistics"]?.integer ?? 0) }
  }

  /// Asks, with `bytes` as the payload.
  mutating func ask(_ action: String, _ members: KeyValuePairs<String, JSONValue> = [:], bytes: Data = Data())
    throws
  {
    var all = [JSONValue.Member("do", .string(action))] + members.map { JSONValue.Member($0.key, $0.value) }
    if !bytes.isEmpty { all.append(.init("bytes", .integer(bytes.count))) }
    input += Data(try JSONValue.object(all).text().utf8) + Data("\n".utf8) + bytes
  }

  /// What was asked, as it is sent.
  var requests: Data { input }

  /// All answers, and whether the worker could read all requests.
  func answers() throws -> (answers: [Answer], isRead: Bool) { try Self.answers(to: input) }

  /// The answer to one request.
  static func answer(
    to action: String, _ members: KeyValuePairs<String, JSONValue> = [:], bytes: Data = Data()
  ) throws -> Answer {
    var conversation = WorkerConversation()
    try conversation.ask(action, members, bytes: bytes)
    return try #require(conversation.answers().answers.first)
  }

  /// What a worker answers to any bytes.
  static func answers(to input: Data, of worker: PlumbWorker? = nil) throws -> (
    answers: [Answer], isRead: Bool
  ) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (asked, answered) = (folder.appendingPathComponent("in"), folder.appendingPathComponent("out"))
    try input.write(to: asked)
    try Data().write(to: answered)
    let (reading, writing) = (
      try FileHandle(forReadingFrom: asked), try FileHandle(forWritingTo: answered)
    )
    let isRead = try (worker ?? PlumbWorker(threads: 1)).run(
      input: reading.fileDescriptor, output: writing.fileDescriptor)
    var rest = try Data(contentsOf: answered)[...]
    var answers: [Answer] = []
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let header = try #require(JSONValue(parsing: rest[..<end]).object)
      let count = header["bytes"]?.integer ?? 0
      rest = rest[(end + 1)...]
      try #require(rest.count >= count)
      answers.append(Answer(header: header, payload: Data(rest.prefix(count))))
      rest = rest.dropFirst(count)
    }
    #expect(rest.isEmpty)
    return (answers, isRead)
  }
}

extension JSONValue: ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral
{
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// True or false.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
}
