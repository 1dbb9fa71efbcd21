import JSON

/// Where the document frequencies that CIDEr weighs words by come from.
public enum DocumentFrequencySource: Sendable, Equatable {
  /// The references of the corpus that is scored.
  case corpus(images: Int)
  /// A saved file, by the name that the user gave and by its checksum.
  case file(name: String, images: Int, checksum: String?)
}

extension DocumentFrequencySource: CustomStringConvertible {
  /// A few words for a report.
  public var description: String {
    switch self {
    case .corpus(let images): "the references of this corpus (\(images) images)"
    case .file(let name, let images, _): "\(name) (\(images) images)"
    }
  }

  /// What another run must have in common, without the name of a file.
  private var key: String {
    switch self {
    case .corpus(let images): "corpus-\(images)"
    case .file(_, let images, let checksum): "file-\(images)" + (checksum.map { "-\($0)" } ?? "")
    }
  }

  /// What a report says of it.
  public var source: MetricSource {
    MetricSource(
      key: "document_frequencies", value: .string(description), signatureKey: "df", signature: key,
      note: .init(label: "CIDEr df", text: description))
  }
}
