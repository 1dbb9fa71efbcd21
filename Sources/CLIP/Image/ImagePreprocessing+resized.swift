extension ImagePreprocessing {
  /// The same steps to a square of another side, as a model in training may see smaller images first.
  package func resized(to side: Int) -> ImagePreprocessing {
    var other = self
    if var crop {
      crop.height = side
      crop.width = side
      other.crop = crop
    }
    switch size {
    case .unchanged: other.size = .exact(height: side, width: side)
    case .shortestEdge: other.size = .shortestEdge(side)
    case .exact: other.size = .exact(height: side, width: side)
    case .covering: other.size = .covering(height: side, width: side)
    case .fitting: other.size = .fitting(height: side, width: side)
    }
    return other
  }
}
