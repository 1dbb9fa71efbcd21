/// Where the pixels of a prepared image come from: the size to resize to and the window of it that is kept.
struct ImageGeometry: Equatable {
  /// Height of the whole resized image.
  var resizedHeight: Int
  /// Width of the whole resized image.
  var resizedWidth: Int
  /// The resized row that the first row of the result is; negative when there is a margin above it.
  var top: Int
  /// The resized column that the first column of the result is; negative when there is a margin left of it.
  var left: Int
  /// Height of the result.
  var height: Int
  /// Width of the result.
  var width: Int

  /// The geometry for an image of `height × width`, or `nil` when a length leaves the range of 1 to 2³¹ − 1.
  init?(_ preprocessing: ImagePreprocessing, height sourceHeight: Int, width sourceWidth: Int) {
    guard let (h, w) = preprocessing.size.resized(height: sourceHeight, width: sourceWidth),
      (1...Int(Int32.max)).contains(h), (1...Int(Int32.max)).contains(w)
    else { return nil }
    resizedHeight = h
    resizedWidth = w
    guard let crop = preprocessing.crop else {
      (top, left, height, width) = (0, 0, h, w)
      return
    }
    guard (1...Int(Int32.max)).contains(crop.height), (1...Int(Int32.max)).contains(crop.width)
    else { return nil }
    top = crop.rounding.offset(of: crop.height, in: h)
    left = crop.rounding.offset(of: crop.width, in: w)
    height = crop.height
    width = crop.width
  }

  /// The rows of the resized image that the result shows.
  var rows: Range<Int> { max(top, 0)..<max(max(top, 0), min(top + height, resizedHeight)) }
  /// The columns of the resized image that the result shows.
  var columns: Range<Int> { max(left, 0)..<max(max(left, 0), min(left + width, resizedWidth)) }
}

extension ImagePreprocessing.Crop.Rounding {
  /// Where a window of `length` begins in `whole` samples; negative for a margin.
  func offset(of length: Int, in whole: Int) -> Int {
    let spare = whole - length
    switch self {
    case .down: return spare >> 1
    case .halfToEven:
      // torchvision halves a margin down, and rounds half of what it cuts to the even number.
      return spare < 0 ? -(-spare / 2) : Int((Double(spare) / 2).rounded(.toNearestOrEven))
    }
  }
}

extension ImagePreprocessing.Size {
  /// The size that an image of `height × width` is resized to, or `nil` when it cannot be represented.
  ///
  /// The arithmetic is Python's: true division in double precision, then truncation (`int`) or rounding of halves to
  /// even (`round`).
  func resized(height: Int, width: Int) -> (height: Int, width: Int)? {
    let (h, w) = (Double(height), Double(width))
    switch self {
    case .unchanged: return (height, width)
    case .exact(let height, let width): return (height, width)
    case .shortestEdge(let edge, nil):
      guard let other = Int(exactly: (Double(edge) * max(h, w) / min(h, w)).rounded(.towardZero))
      else { return nil }
      return width <= height ? (other, edge) : (edge, other)
    case .shortestEdge(let edge, let limit?):
      return Self.bounded(edge: edge, limit: limit, height: height, width: width)
    case .covering(let targetHeight, let targetWidth):
      return Self.scaled(h, w, by: min(h / Double(targetHeight), w / Double(targetWidth)))
    case .fitting(let targetHeight, let targetWidth):
      return Self.scaled(h, w, by: max(h / Double(targetHeight), w / Double(targetWidth)))
    }
  }

  /// `get_size_with_aspect_ratio` of `transformers`.
  private static func bounded(edge: Int, limit: Int, height: Int, width: Int) -> (Int, Int)? {
    let (h, w) = (Double(height), Double(width))
    var (short, exactShort) = (edge, Double(edge))
    if max(h, w) / min(h, w) * Double(edge) > Double(limit) {
      exactShort = Double(limit) * min(h, w) / max(h, w)
      guard let rounded = Int(exactly: exactShort.rounded(.toNearestOrEven)) else { return nil }
      short = rounded
    }
    if min(height, width) == short { return (height, width) }
    let ratio = width < height ? exactShort * h / w : exactShort * w / h
    guard let long = Int(exactly: ratio.rounded(.towardZero)) else { return nil }
    return width < height ? (long, short) : (short, long)
  }

  private static func scaled(_ height: Double, _ width: Double, by ratio: Double) -> (Int, Int)? {
    guard ratio > 0, let h = Int(exactly: (height / ratio).rounded(.toNearestOrEven)),
      let w = Int(exactly: (width / ratio).rounded(.toNearestOrEven))
    else { return nil }
    return (h, w)
  }
}
