import Foundation
import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// The fields of a JSON object that a client has sent. Each is checked when it is read; what nobody reads is refused first.
struct RequestFields {
  private let fields: [String: JSONValue]
  private let place: String

  /// The largest body of a request but for uploads.
  static let bodyLimit = 256 << 10

  /// Reads the body of a request.
  ///
  /// - Parameter names: the fields that it may have.
  /// - Throws: ``APIError``.
  init(_ request: Request, _ names: String...) async throws {
    let type = request.headers[.contentType]?.split(separator: ";").first.map {
      $0.trimmingCharacters(in: .whitespaces).lowercased()
    }
    guard type == "application/json" else {
      throw APIError(.unsupportedMediaType, "the body must be application/json.")
    }
    let body = try await request.body.bytes(atMost: Self.bodyLimit)
    let value: JSONValue
    do {
      value = try JSONValue(parsing: body.readableBytesView, duplicates: .refused, depthLimit: 16)
    } catch {
      throw APIError.badRequest((error as? any LocalizedError)?.errorDescription ?? "the body is not JSON.")
    }
    try self.init(value, names, at: "the body")
  }

  /// Takes an object in the body.
  init(_ value: JSONValue, _ names: [String], at place: String) throws(APIError) {
    guard let fields = value.object else {
      throw .badRequest("\(place): expected an object, found \(value.summary).")
    }
    for name in fields.keys.sorted() where !names.contains(name) {
      throw .badRequest(
        "\(place): \"\(name.prefix(40))\" is not known"
          + (names.isEmpty ? "; nothing is expected." : "; expected \(names.joined(separator: ", "))."))
    }
    self.fields = fields
    self.place = place
  }

  private func failure(_ name: String, _ expected: String) -> APIError {
    .badRequest("\(place): \"\(name)\" must be \(expected), found \(fields[name]?.summary ?? "nothing").")
  }

  /// Whether a field is there.
  func has(_ name: String) -> Bool { fields[name] != nil }

  /// The value of a field that may be missing.
  func value(_ name: String) -> JSONValue? { fields[name] }

  /// Text of some length.
  func text(_ name: String, _ length: ClosedRange<Int> = 1...1000) throws(APIError) -> String {
    guard let text = fields[name]?.string, length.contains(text.unicodeScalars.count),
      !text.unicodeScalars.contains("\0")
    else {
      throw failure(name, "a text of \(length.lowerBound) to \(length.upperBound) characters without NUL")
    }
    return text
  }

  /// A whole number, or what it is where it is missing.
  func integer(_ name: String, _ range: ClosedRange<Int>, or other: Int) throws(APIError) -> Int {
    guard let value = fields[name] else { return other }
    guard let number = value.integer, range.contains(number) else {
      throw failure(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number, or what it is where it is missing.
  func number(_ name: String, _ range: ClosedRange<Double>, or other: Double) throws(APIError) -> Double {
    guard let value = fields[name] else { return other }
    guard let number = value.number, range.contains(number) else {
      throw failure(name, "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A list, empty where it is missing.
  func list(_ name: String, atMost: Int) throws(APIError) -> [JSONValue] {
    guard let value = fields[name] else { return [] }
    guard let list = value.array, list.count <= atMost else {
      throw failure(name, "a list of at most \(atMost)")
    }
    return list
  }

  /// A list of image numbers, empty where it is missing.
  func images(_ name: String) throws(APIError) -> [Int] {
    try list(name, atMost: 1000).map { value throws(APIError) in
      guard let id = value.string, let image = ImageID.number(id) else {
        throw failure(name, "a list of image ids")
      }
      return image
    }
  }
}

/// The name of an indexed image for clients: it says nothing of where the image is.
enum ImageID {
  static func text(_ image: Int) -> String { String(image, radix: 36) }

  /// The number of an image; nil where the text is none of ours.
  static func number(_ id: String) -> Int? {
    guard (1...12).contains(id.utf8.count),
      id.utf8.allSatisfy({
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
      })
    else { return nil }
    return Int(id, radix: 36)
  }
}

extension RequestBody {
  /// How many times its limit a body is read on and thrown away, so that the client hears why it is refused.
  private static let patience = 8

  /// After so long a body must come at no less than ``leastBytesPerSecond``.
  private static let secondsToStart = 30.0
  private static let leastBytesPerSecond = 8192.0

  /// The whole body. Throws ``APIError`` where it is longer than it may be, comes too slowly, or is not framed as HTTP wants it.
  func bytes(atMost limit: Int) async throws -> ByteBuffer {
    var bytes = ByteBuffer()
    var count = 0
    let start = ContinuousClock.now
    var isTooSlow = false
    do {
      for try await part in self {
        count += part.readableBytes
        if count <= limit { bytes.writeImmutableBuffer(part) }
        if count > limit * Self.patience { break }
        let seconds = start.duration(to: .now) / .seconds(1)
        isTooSlow =
          seconds > Self.secondsToStart && Double(count) < seconds * Self.leastBytesPerSecond
        if isTooSlow { break }
      }
    } catch {
      throw APIError.badRequest("the body is cut short, or not framed as HTTP wants it.")
    }
    guard !isTooSlow else { throw APIError(.requestTimeout, "the body comes too slowly.") }
    guard count <= limit else {
      throw APIError(.contentTooLarge, "the body has more than \(limit) bytes.")
    }
    return bytes
  }
}
