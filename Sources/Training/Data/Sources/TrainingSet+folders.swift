import CaptionData
public import Foundation

extension TrainingSet {
  /// Images in one folder a class, as ImageNet has them; the class's names are the captions.
  ///
  /// Classes are the folders in the order of their names, images the `.jpg`, `.jpeg`, `.png` and `.webp` files in
  /// the order of theirs, also in folders further down.
  ///
  /// - Parameters:
  ///   - names: a file with a class a line: the folder, then a blank or tab, then its names with commas between, as
  ///     ImageNet's `LOC_synset_mapping.txt` and `words.txt` have them. Without it the folder's name is the class's.
  ///   - templates: the sentences that a name is put into, at `{}`.
  /// - Throws: ``DataError``.
  public static func folders(
    _ folder: URL, names: URL? = nil, templates: [String] = ["a photo of a {}"]
  ) throws -> TrainingSet {
    let table = try names.map(Self.classTable) ?? [:]
    var set = TrainingSet(name: folder.relativePath)
    for name in try Self.list(folder) {
      let url = folder.appendingPathComponent(name, isDirectory: true)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue
      else { continue }
      let images = try Self.images(in: url)
      guard !images.isEmpty else { continue }
      let words = table[name] ?? [name.replacing("_", with: " ")]
      let label = set.classNames.count
      set.classNames.append(words[0])
      let rows = set.add(Self.sentences(words, templates: templates))
      for image in images {
        let place = set.place(of: "\(url.path)/\(image)")
        set.append(id: "\(name)/\(image)", place: place, rows: rows, label: label)
      }
    }
    try set.checkShare(0, expected: "folders of images, one a class")
    return set
  }

  /// Every name in every sentence.
  static func sentences(_ names: [String], templates: [String]) -> [String] {
    guard !templates.isEmpty else { return names }
    return names.flatMap { name in templates.map { $0.replacing("{}", with: name) } }
  }

  /// Names with commas between.
  static func splitNames(_ text: some StringProtocol) -> [String] {
    text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  private static func classTable(_ url: URL) throws -> [String: [String]] {
    var table: [String: [String]] = [:]
    for (index, line) in try TextLines(url).lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      guard let blank = line.firstIndex(where: { $0 == "\t" || $0 == " " }) else {
        throw DataError.malformed(
          file: url.relativePath, line: index + 1, expected: "a folder and the names of its class",
          found: "\"\(line.prefix(40))\"")
      }
      let names = splitNames(line[blank...])
      if !names.isEmpty { table[String(line[..<blank])] = names }
    }
    return table
  }

  private static func list(_ folder: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }
        .sorted()
    } catch {
      throw DataError.unreadable(file: folder.relativePath, reason: "its list of files cannot be read")
    }
  }

  /// The images of a folder and of those in it, two levels down at most, as Tiny ImageNet's `images` folders are.
  private static func images(in folder: URL, depth: Int = 0) throws -> [String] {
    var images: [String] = []
    for name in try list(folder) {
      if NameIndex.stem(name) != nil {
        images.append(name)
      } else if depth < 2, !name.contains(".") {
        let inner = folder.appendingPathComponent(name, isDirectory: true)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: inner.path, isDirectory: &isFolder), isFolder.boolValue {
          images += try Self.images(in: inner, depth: depth + 1).map { "\(name)/\($0)" }
        }
      }
    }
    return images
  }
}
