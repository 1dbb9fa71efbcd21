import Foundation
import JSON
import Retrieval

/// A term of a query as a client sends it.
struct TermRequest: Sendable, Equatable {
  /// What it is.
  enum Content: Sendable, Equatable {
    case text(String)
    case image(Int)
    case upload(String)

    /// With the embedding of an upload. Throws what `uploads` throws.
    func resolved(_ uploads: (String) throws -> [Float]) throws -> SearchTask.Content {
      switch self {
      case .text(let text): .text(text)
      case .image(let image): .image(image)
      case .upload(let id): .embedding(try uploads(id))
      }
    }
  }

  var content: Content
  var weight: Double

  /// Reads `{"text": …}` or `{"image": …}` with a weight.
  init(_ value: JSONValue) throws(APIError) {
    let fields = try RequestFields(value, ["text", "image", "weight"], at: "a term")
    weight = try fields.number("weight", -10...10, or: 1)
    guard fields.has("text") != fields.has("image") else {
      throw .badRequest("a term: expected either \"text\" or \"image\".")
    }
    if fields.has("text") {
      let text = try fields.text("text")
      guard text.contains(where: { !$0.isWhitespace }) else {
        throw .badRequest("a term: its text is blank.")
      }
      content = .text(text)
    } else {
      let id = try fields.text("image", 1...40)
      if Uploads.isID(id) {
        content = .upload(id)
      } else if let image = ImageID.number(id) {
        content = .image(image)
      } else {
        throw .badRequest("a term: \"\(id)\" is no image id.")
      }
    }
  }

  /// Reads the terms of a query, of which something must be wanted.
  static func list(_ fields: RequestFields) throws(APIError) -> [TermRequest] {
    let terms = try fields.list("terms", atMost: 16).map { value throws(APIError) in try TermRequest(value) }
    guard terms.contains(where: { $0.weight != 0 }) else {
      throw .badRequest("\"terms\" must be a list of 1 to 16 terms, one of a weight other than 0.")
    }
    return terms
  }

  var json: JSONValue {
    switch content {
    case .text(let text): ["text": .string(text), "weight": .number(weight)]
    case .image(let image): ["image": .string(ImageID.text(image)), "weight": .number(weight)]
    case .upload(let id): ["image": .string(id), "weight": .number(weight)]
    }
  }
}

/// Which files count, as a client says it.
struct FilterRequest: Sendable, Equatable {
  var filter: SearchFilter
  /// As it was sent.
  var json: JSONValue

  /// Reads a filter; without one all files count.
  init(_ value: JSONValue?) throws(APIError) {
    json = value ?? .object([])
    let fields = try RequestFields(
      json, ["folder", "glob", "since", "before", "min_bytes", "max_bytes"], at: "the filter")
    filter = SearchFilter()
    if fields.has("folder") {
      let folder = try fields.text("folder", 1...4096)
      guard folder.hasPrefix("/") else { throw .badRequest("the filter: \"folder\" must begin with /.") }
      filter.folder = folder
    }
    if fields.has("glob") { filter.pattern = try fields.text("glob") }
    let since = fields.has("since") ? try Self.day(fields.text("since", 10...10)) : .distantPast
    let before = fields.has("before") ? try Self.day(fields.text("before", 10...10)) : .distantFuture
    filter.changed = since..<max(since, before)
    // JSON's numbers are whole to 2⁵³.
    let largest = (1 << 53) - 1
    let least = try fields.integer("min_bytes", 0...largest, or: 0)
    let most = try fields.integer("max_bytes", 0...largest, or: largest)
    guard least <= most else { throw .badRequest("the filter: \"min_bytes\" exceeds \"max_bytes\".") }
    filter.bytes = Int64(least)...Int64(most)
  }

  private static func day(_ text: String) throws(APIError) -> Date {
    guard let date = SearchFilter.day(text) else {
      throw .badRequest("the filter: \"\(text)\" is not a day such as 2024-05-31.")
    }
    return date
  }
}
