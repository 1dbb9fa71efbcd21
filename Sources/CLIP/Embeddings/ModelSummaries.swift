extension TextCleaning {
  /// What it does, in a few words for a report.
  package var summary: String {
    switch self {
    case .huggingFace: "CLIP byte pairs, cleaned as Hugging Face does"
    case .openAI: "CLIP byte pairs, cleaned as open_clip does"
    }
  }
}

extension ImagePreprocessing {
  /// What it does, in a few words for a report: `bicubic to 224 on the shorter edge, middle 224×224`.
  package var summary: String {
    var steps: [String] = []
    switch size {
    case .unchanged: break
    case .shortestEdge(let length, _): steps.append("\(resampling) to \(length) on the shorter edge")
    case .exact(let height, let width): steps.append("\(resampling) to \(width)×\(height)")
    case .covering(let height, let width): steps.append("\(resampling) to cover \(width)×\(height)")
    case .fitting(let height, let width): steps.append("\(resampling) to fit in \(width)×\(height)")
    }
    if let crop { steps.append("middle \(crop.width)×\(crop.height)") }
    if transparency == .overWhite { steps.append("over white") }
    return steps.isEmpty ? "as they are" : steps.joined(separator: ", ")
  }
}
