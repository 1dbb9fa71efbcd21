import CLIP
import Files
public import Foundation
public import JSON

/// Groups of duplicates with the names of their images, for people and programs.
public struct DuplicateReport: Sendable {
  /// An image, where it is and what it is called.
  public struct Image: Sendable {
    /// The file, or a stretch of an archive.
    public var url: URL
    /// What reports call it.
    public var name: String
    /// The size of the file in bytes.
    public var size: Int

    /// Describes an image.
    public init(url: URL, name: String, size: Int) {
      self.url = url
      self.name = name
      self.size = size
    }
  }

  /// All images, row by row.
  public let images: [Image]
  /// The groups.
  public let groups: [DuplicateGroups.Group]
  /// Which images were taken for duplicates.
  public let rule: DuplicateGroups.Rule

  /// Names the images of groups.
  public init(_ groups: DuplicateGroups, images: [Image], rule: DuplicateGroups.Rule) {
    self.groups = groups.groups
    self.images = images
    self.rule = rule
  }

  /// The order in which images are rather kept: the largest file first, of equal ones the first by name. Members of archives come
  /// after all files, so that no file is the duplicate of a member: an archive stays as it is, and a file may only go for a file.
  public static func preference(_ images: [Image]) -> [Int] {
    let isMember = images.map { FileStretch($0.url) == nil ? 0 : 1 }
    return images.indices.sorted {
      (isMember[$0], images[$1].size, images[$0].name, $0)
        < (isMember[$1], images[$0].size, images[$1].name, $1)
    }
  }

  /// The rows of all duplicates, in the order of their groups.
  public var duplicates: [Int] { groups.flatMap { $0.duplicates.map(\.image) } }

  /// The bytes of all duplicates.
  public var byteCount: Int { duplicates.reduce(0) { $0 + images[$1].size } }

  /// A line for each kept image, and below it one for each duplicate with its similarity.
  public func table() -> String {
    groups.map { group in
      images[group.kept].name + "\n"
        + group.duplicates.map {
          "  \(String(format: "%.4f", $0.similarity))  \(images[$0.image].name)\n"
        }.joined()
    }.joined()
  }

  /// `{"images", "rule", "groups": [{"kept", "duplicates": [{"image", "similarity", "bytes"}]}]}`.
  public var json: JSONValue {
    [
      "images": .integer(images.count),
      "rule": [
        "similarity": .number(Double(rule.similarity)),
        "similarity_with_layout": rule.withLayout.map { .number(Double($0.similarity)) } ?? .null,
        "layout": rule.withLayout.map { .number(Double($0.layout)) } ?? .null,
      ],
      "duplicates": .integer(duplicates.count), "bytes": .integer(byteCount),
      "groups": .array(
        groups.map { group in
          [
            "kept": .string(images[group.kept].name),
            "duplicates": .array(
              group.duplicates.map {
                [
                  "image": .string(images[$0.image].name), "similarity": .number(Double($0.similarity)),
                  "bytes": .integer(images[$0.image].size),
                ]
              }),
          ]
        }),
    ]
  }

  /// A page with small images of each group, which needs nothing beside it.
  ///
  /// - Parameter limit: how many groups are shown.
  public func html(limit: Int = 500) -> String {
    func figure(_ image: Int, _ caption: String) -> String {
      let thumbnail = try? Thumbnail.jpeg(contentsOf: images[image].url, side: 160)
      let source = thumbnail.map { "data:image/jpeg;base64,\($0.base64EncodedString())" } ?? ""
      let name = Self.escaped(images[image].name)
      return
        "<figure><img src=\"\(source)\" alt=\"\(name)\"><figcaption>\(caption)<br>\(name)</figcaption></figure>\n"
    }
    let sections = groups.prefix(limit).map { group in
      "<section>\n" + figure(group.kept, "<b>kept</b>")
        + group.duplicates.map { figure($0.image, String(format: "%.4f", $0.similarity)) }.joined()
        + "</section>\n"
    }
    let more = groups.count > limit ? "<p>\(groups.count - limit) more groups are not shown.</p>\n" : ""
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>Duplicates</title>
      <style>
      :root { color-scheme: light dark; font: 14px system-ui, sans-serif }
      body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
      section { display: flex; flex-wrap: wrap; gap: 1rem; padding: 1rem 0; border-top: 1px solid #8884 }
      figure { margin: 0; width: 160px }
      img { width: 160px; height: 160px; object-fit: contain; background: #8882 }
      figcaption { overflow-wrap: anywhere; font-size: 12px }
      </style></head><body>
      <h1>\(groups.count) group\(groups.count == 1 ? "" : "s") of duplicates</h1>
      <p>\(duplicates.count) of \(images.count) images are near another. Nothing was deleted.</p>
      \(sections.joined())\(more)</body></html>

      """
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
