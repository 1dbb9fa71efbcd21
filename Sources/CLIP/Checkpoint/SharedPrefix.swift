/// What training code puts before every name of a model: `module.`, `model.`, `clip.`, `student.`, `base_model.model.`,
/// or whatever the attribute was called that held it.
enum SharedPrefix {
  /// The parts of a name at which a tower begins, in any layout.
  private static let towers: Set<Substring> = ["visual", "vision_model", "text_model"]

  /// The prefix of the names of the one model in a file, ending in a point; empty where there is none, or no tower.
  ///
  /// Throws ``CheckpointError/severalModels(file:prefixes:)`` where towers lie under different prefixes.
  static func find(in names: some Collection<String>, file: String) throws -> String {
    let prefixes = Set(names.compactMap(prefix))
    if prefixes.contains("") { return "" }
    guard prefixes.count <= 1 else {
      throw CheckpointError.severalModels(file: file, prefixes: prefixes.sorted())
    }
    return prefixes.first ?? ""
  }

  private static func prefix(_ name: String) -> String? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let tower = parts.firstIndex(where: towers.contains) else { return nil }
    return parts[..<tower].map { "\($0)." }.joined()
  }
}
