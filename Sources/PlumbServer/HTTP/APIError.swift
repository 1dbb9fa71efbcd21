import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Retrieval

/// What a request is answered with that cannot be served: a status and a sentence for people.
struct APIError: Error, HTTPResponseError {
  let status: HTTPResponse.Status
  let message: String

  init(_ status: HTTPResponse.Status, _ message: String) {
    self.status = status
    self.message = message
  }

  static func badRequest(_ message: String) -> APIError { APIError(.badRequest, message) }
  static func notFound(_ message: String) -> APIError { APIError(.notFound, message) }
  static func conflict(_ message: String) -> APIError { APIError(.conflict, message) }

  /// What any other error comes to. What a user did not cause is not told in detail.
  init(_ error: any Error) {
    switch error {
    case let error as APIError: self = error
    case let error as RetrievalError:
      let isUsers = if case .badQuery = error { true } else { false }
      self.init(isUsers ? .badRequest : .internalServerError, error.errorDescription ?? "\(error)")
    case let error as any HTTPResponseError:
      self.init(error.status, "\(error.status.reasonPhrase.lowercased()).")
    default:
      self.init(.internalServerError, (error as? any LocalizedError)?.errorDescription ?? "\(error)")
    }
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    .json(["error": .string(message)], status: status)
  }
}

extension Response {
  /// A JSON document.
  static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
    // Scores are finite, and so are all other numbers here.
    let text = (try? value.text()) ?? "null"
    return Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  /// Bytes of a type.
  static func bytes(_ bytes: some Sequence<UInt8>, type: String, headers: HTTPFields = [:]) -> Response {
    var headers = headers
    headers[.contentType] = type
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
