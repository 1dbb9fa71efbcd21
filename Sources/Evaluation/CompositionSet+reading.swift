import CLIP
package import CaptionData
public import Foundation
import JSON

extension CompositionSet {
  /// SugarCrepe's files, in the order of its tables.
  static let sugarCrepeGroups = [
    "add_att", "add_obj", "replace_att", "replace_obj", "replace_rel", "swap_att", "swap_obj",
  ]
  private static let aroFiles = ["visual_genome_relation.json", "visual_genome_attribution.json"]

  /// Reads the sets at a place: SugarCrepe's folder of seven files, ARO's `visual_genome_relation.json` and
  /// `visual_genome_attribution.json`, a folder with them, or one such file. What a file is, its content tells.
  ///
  /// - Parameter keepGoing: whether cases with something wrong are skipped and listed.
  /// - Throws: ``DatasetError``, ``EvaluationError``.
  public static func read(_ url: URL, keepGoing: Bool = false) throws -> [CompositionSet] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw DatasetError.unreadable(file: url.relativePath, reason: String(cString: strerror(ENOENT)))
    }
    var files = [url]
    if isFolder.boolValue {
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
        throw DatasetError.unreadable(file: url.relativePath, reason: "its list of files cannot be read")
      }
      let path = url.relativePath
      files = (sugarCrepeGroups.map { "\($0).json" } + aroFiles).filter(names.contains).map {
        URL(fileURLWithPath: path.hasSuffix("/") ? path + $0 : "\(path)/\($0)")
      }
      guard !files.isEmpty else {
        throw DatasetError.unreadable(
          file: path, reason: "it holds neither SugarCrepe's files (add_att.json …) nor \(aroFiles[0])")
      }
    }
    var sets: [CompositionSet] = []
    for file in files {
      let set = try CompositionSet(TextFile(contentsOf: file), keepGoing: keepGoing)
      if let index = sets.firstIndex(where: { $0.kind == set.kind }) {
        sets[index].cases += set.cases
        sets[index].skipped += set.skipped
      } else {
        sets.append(set)
      }
    }
    return sets
  }

  package init(_ file: TextFile, keepGoing: Bool = false) throws {
    let document: JSONValue
    do {
      document = try JSONValue(parsing: file.bytes)
    } catch let error as JSONSyntaxError {
      var lines = LineCounter()
      throw DatasetError.malformed(
        file: file.name, line: lines.line(at: error.offset, in: file.bytes), problem: error.problem,
        remedy: "correct the JSON there")
    }
    var rows: [(id: String, value: JSONValue)]
    switch document {
    case .object(let members): rows = members.map { ($0.key, $0.value) }
    case .array(let elements): rows = elements.enumerated().map { ("\($0.offset)", $0.element) }
    default: rows = []
    }
    guard let kind = rows.lazy.compactMap({ Self.kind(of: $0.value) }).first else {
      throw EvaluationError.unknownLayout(file: file.name)
    }
    let stem = (((file.name as NSString).lastPathComponent) as NSString).deletingPathExtension
    self.init(kind: kind, cases: [])
    for row in rows {
      do throws(EvaluationError) {
        cases.append(try Self.row(row.value, id: row.id, kind: kind, stem: stem, file: file.name))
      } catch {
        guard keepGoing else { throw error }
        skipped.append(SkippedItem(id: "\(stem) \(row.id)", reason: error.description))
      }
    }
  }

  private static func kind(of value: JSONValue) -> Kind? {
    guard let members = value.object else { return nil }
    if members["negative_caption"] != nil { return .sugarCrepe }
    guard members["false_caption"] != nil else { return nil }
    return members["relation_name"] != nil ? .relation : members["attributes"] != nil ? .attribution : nil
  }

  private static func row(
    _ value: JSONValue, id: String, kind: Kind, stem: String, file: String
  ) throws(EvaluationError) -> Case {
    let members = value.object ?? [:]
    func wrong(_ key: String, _ expected: String) -> EvaluationError {
      .wrongCase(file: file, id: id, key: key, expected: expected, found: members[key]?.summary ?? "nothing")
    }
    func text(_ key: String) throws(EvaluationError) -> String {
      guard let text = members[key]?.string else { throw wrong(key, "a text") }
      return text
    }
    switch kind {
    case .sugarCrepe:
      return Case(
        id: "\(stem) \(id)", image: try text("filename"), caption: try text("caption"),
        negative: try text("negative_caption"), group: stem)
    case .relation, .attribution:
      func edge(_ start: String, _ length: String?) throws(EvaluationError) -> Int {
        var sum = 0.0
        for key in [start, length].compactMap(\.self) {
          guard let number = members[key]?.number, abs(number) <= 0x1p24 else {
            throw wrong(key, "a number of pixels")
          }
          sum += number
        }
        // Pillow's crop rounds the four edges, halves to even.
        return Int(sum.rounded(.toNearestOrEven))
      }
      let (x, y) = (try edge("bbox_x", nil), try edge("bbox_y", nil))
      let box = ImageRegion.Box(
        x: x, y: y, width: try edge("bbox_x", "bbox_w") - x, height: try edge("bbox_y", "bbox_h") - y)
      let group: String
      if kind == .relation {
        group = try text("relation_name")
      } else {
        guard let attributes = members["attributes"]?.array?.compactMap(\.string), attributes.count >= 2
        else {
          throw wrong("attributes", "a list of two texts")
        }
        group = "\(attributes[0])_\(attributes[1])"
      }
      return Case(
        id: "\(stem) \(id)", image: try text("image_path"), box: box, caption: try text("true_caption"),
        negative: try text("false_caption"), group: group)
    }
  }
}
