/// References, grouped by what they belong to.
///
/// Files name an image in more than one way: by an id, by a file name, or by both. Each pair of names that the
/// two files have is tried, and the pair that fits the most candidates is taken for all of them.
struct ReferenceTable {
  /// Which of a row's names is meant.
  private enum Name {
    case id
    case image
  }

  /// The file as the user named it.
  let file: String
  private let rows: [CaptionRow]

  init(file: String, rows: [CaptionRow]) {
    self.file = file
    self.rows = rows
  }

  /// What a candidate finds.
  enum Match {
    case none
    /// The references, and the name of the image, where the file tells it apart from the id.
    case references([String], image: String?)
    case several(names: [String])
  }

  /// What every item finds, in the order of the items.
  func matches(for items: [CaptionDataset.Item]) -> [Match] {
    let haveCandidatesImages = items.contains { $0.imageName != nil }
    let haveReferencesImages = rows.contains { $0.image != nil }
    // Images before ids: an "id" beside an image may be no more than the number of the row.
    var attempts: [(Name, Name)] = [(.id, .id)]
    if haveCandidatesImages { attempts.append((.image, .id)) }
    if haveReferencesImages { attempts.append((.id, .image)) }
    if haveCandidatesImages && haveReferencesImages { attempts.insert((.image, .image), at: 0) }

    var best: (matches: [Match], found: Int) = ([], -1)
    for (itemName, rowName) in attempts {
      let matches = matches(for: items, by: itemName, among: rowName)
      let found = matches.count { if case .none = $0 { false } else { true } }
      if found > best.found { best = (matches, found) }
      if found == items.count { break }
    }
    return best.matches
  }

  private func matches(
    for items: [CaptionDataset.Item], by itemName: Name, among rowName: Name
  ) -> [Match] {
    var names: [String] = []
    var groups: [(references: [String], image: String?)] = []
    var indices: [String: Int] = [:]
    for row in rows {
      let name = rowName == .image ? row.image ?? row.id : row.id
      if let group = indices[name] {
        groups[group].references += row.references
      } else {
        indices[name] = groups.count
        names.append(name)
        groups.append((row.references, row.image))
      }
    }
    // Made only where a name is not found as it stands.
    var index: NameIndex?
    return items.map { item in
      let name = itemName == .image ? item.imageName ?? item.id : item.id
      if let group = indices[name] {
        return .references(groups[group].references, image: groups[group].image)
      }
      let made = index ?? NameIndex(names.map(Self.lastComponent), needsExtension: false)
      index = made
      switch made.match(Self.lastComponent(name)) {
      case .none: return .none
      case .one(let group): return .references(groups[group].references, image: groups[group].image)
      case .several(let found): return .several(names: found.map { names[$0] })
      }
    }
  }

  private static func lastComponent(_ name: String) -> String {
    guard let slash = name.lastIndex(of: "/") else { return name }
    return String(name[name.index(after: slash)...])
  }
}
