/// What the name of a file says of its content; most names say nothing, and the content itself is looked at.
enum FileKind {
  /// `.txt`: a caption a line, unless the first line is that of a table or of Flickr's captions.
  case plain
  case csv
  case tsv
  /// `.jsonl`, `.ndjson`.
  case jsonLines
  case unknown

  /// Looks at the extension, below `.gz`.
  init(name: String) {
    var parts = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
    if parts.last == "gz" { parts.removeLast() }
    switch parts.count > 1 ? parts.last : nil {
    case "txt": self = .plain
    case "csv": self = .csv
    case "tsv": self = .tsv
    case "jsonl", "ndjson": self = .jsonLines
    default: self = .unknown
    }
  }
}
