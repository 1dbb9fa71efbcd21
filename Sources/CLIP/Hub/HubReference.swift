/// The name of a model on a hub: `owner/name`, with `@revision` for another than `main`.
public struct HubReference: Sendable, Equatable {
  /// Whose it is.
  public let owner: String
  /// What it is called.
  public let name: String
  /// The branch, the tag or the commit.
  public let revision: String

  /// Reads `owner/name` or `owner/name@revision`; throws ``HubError/badName(_:)``.
  public init(_ text: String) throws {
    let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    let revision = halves.count == 2 ? halves[1] : "main"
    guard parts.count == 2, Self.isPlain(parts[0]), Self.isPlain(parts[1]),
      revision.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(Self.isPlain)
    else { throw HubError.badName(text) }
    owner = String(parts[0])
    name = String(parts[1])
    self.revision = String(revision)
  }

  /// `owner/name`.
  public var path: String { "\(owner)/\(name)" }

  /// Whether a text can stand for one step of a path: no separator, no space, not `.` or `..`.
  static func isPlain(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "."), text.utf8.count <= 200 else {
      return false
    }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}
