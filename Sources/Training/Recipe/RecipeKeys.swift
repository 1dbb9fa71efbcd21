public import Foundation
import TextProcessing

/// The keys of one place in a recipe; it remembers which were asked for, so that the others can be refused.
///
/// A key without a value (`key:` or `key: null`) counts as not there.
public final class RecipeKeys {
  private let members: [RecipeValue.Member]
  private let node: RecipeNode
  private var asked: [String] = []

  init(_ members: [RecipeValue.Member], of node: RecipeNode) {
    self.members = members
    self.node = node
  }

  /// All keys, in the order of the file, for places where keys are names; they count as asked for.
  public var names: [String] {
    asked += members.map(\.key)
    return members.map(\.key)
  }

  /// Whether a key is there.
  public func has(_ key: String) -> Bool { optional(key) != nil }

  /// The value of a key; nil where it is not there.
  public func optional(_ key: String) -> RecipeNode? {
    asked.append(key)
    guard let member = members.first(where: { $0.key == key }), !member.value.isNull else { return nil }
    return RecipeNode(value: member.value, path: path(key), context: node.context)
  }

  /// The value of a key.
  ///
  /// - Throws: ``RecipeError/missing(at:path:similar:)``, ``RecipeError/otherName(at:path:key:unit:)``.
  public func node(_ key: String) throws -> RecipeNode {
    if let node = optional(key) { return node }
    if let member = members.first(where: { FamiliarKeys.key(for: $0.key, among: [key]) != nil }) {
      throw otherName(member, of: key)
    }
    let others = members.lazy.map(\.key).filter { [asked] in !asked.contains($0) }
    throw RecipeError.missing(
      at: node.place, path: path(key), similar: NearestName.of(key, among: others))
  }

  /// Refuses keys that nobody asked for; to be called when all have been read.
  ///
  /// - Throws: ``RecipeError/unknownKey(at:path:nearest:known:)``, ``RecipeError/otherName(at:path:key:unit:)``.
  public func end() throws {
    guard let member = members.first(where: { !asked.contains($0.key) }) else { return }
    let present = Set(members.map(\.key))
    var known: [String] = []
    for key in asked where !known.contains(key) { known.append(key) }
    if let key = FamiliarKeys.key(for: member.key, among: known) { throw otherName(member, of: key) }
    // In a file a key that is not used yet is more probably meant than one that is there already; a setting replaces the latter as well.
    let unused = member.setting == nil ? known.filter { !present.contains($0) } : known
    let nearest = NearestName.of(member.key, among: unused) ?? NearestName.of(member.key, among: known)
    throw RecipeError.unknownKey(
      at: node.place(line: member.line, setting: member.setting), path: path(member.key), nearest: nearest,
      known: known)
  }

  private func otherName(_ member: RecipeValue.Member, of key: String) -> RecipeError {
    .otherName(
      at: node.place(line: member.line, setting: member.setting), path: path(member.key), key: key,
      unit: FamiliarKeys.unit(of: key))
  }

  private func path(_ key: String) -> String { node.path.isEmpty ? key : "\(node.path).\(key)" }
}

extension RecipeKeys {
  /// The value of a key, read by `read`; `otherwise` where the key is not there and that is not nil.
  ///
  /// - Throws: ``RecipeError``, what `read` throws.
  public func value<T>(
    _ key: String, default otherwise: T? = nil, _ read: (RecipeNode) throws -> T
  ) throws -> T {
    if let otherwise { return try optional(key).map(read) ?? otherwise }
    return try read(node(key))
  }

  /// A text; required, unless a default is given. Throws ``RecipeError``.
  public func string(_ key: String, default otherwise: String? = nil) throws -> String {
    try value(key, default: otherwise) { try $0.string() }
  }

  /// A whole number; required, unless a default is given. Throws ``RecipeError``.
  public func int(
    _ key: String, in range: ClosedRange<Int> = Int.min...Int.max, default otherwise: Int? = nil
  ) throws -> Int {
    try value(key, default: otherwise) { try $0.int(in: range) }
  }

  /// A number; required, unless a default is given. Throws ``RecipeError``.
  public func number(
    _ key: String, in range: ClosedRange<Double> = -.infinity ... .infinity, default otherwise: Double? = nil
  ) throws -> Double {
    try value(key, default: otherwise) { try $0.number(in: range) }
  }

  /// `true` or `false`; required, unless a default is given. Throws ``RecipeError``.
  public func bool(_ key: String, default otherwise: Bool? = nil) throws -> Bool {
    try value(key, default: otherwise) { try $0.bool() }
  }

  /// A path; required, unless a default is given. Throws ``RecipeError``.
  public func url(_ key: String, default otherwise: URL? = nil) throws -> URL {
    try value(key, default: otherwise) { try $0.url() }
  }

  /// A path, or a list of them; none where the key is not there. Throws ``RecipeError``.
  public func urls(_ key: String) throws -> [URL] {
    try optional(key)?.listOrOne().map { try $0.url() } ?? []
  }

  /// A text, or a list of them; none where the key is not there. Throws ``RecipeError``.
  public func strings(_ key: String) throws -> [String] {
    try optional(key)?.listOrOne().map { try $0.string() } ?? []
  }

  /// A list of numbers; none where the key is not there. Throws ``RecipeError``.
  public func numbers(
    _ key: String, in range: ClosedRange<Double> = -.infinity ... .infinity
  ) throws -> [Double] {
    try optional(key)?.listOrOne().map { try $0.number(in: range) } ?? []
  }

  /// One of the words of `T`; required, unless a default is given. Throws ``RecipeError``.
  public func choice<T: CaseIterable & RawRepresentable<String>>(
    _ key: String, default otherwise: T? = nil
  ) throws -> T {
    try value(key, default: otherwise) { try $0.choice(T.self) }
  }

  /// The elements of a list; none where the key is not there. Throws ``RecipeError``.
  public func list(_ key: String) throws -> [RecipeNode] { try optional(key)?.list() ?? [] }

  /// The keys below a key; nil where it is not there. Throws ``RecipeError``.
  public func keys(_ key: String) throws -> RecipeKeys? { try optional(key)?.keys() }
}
