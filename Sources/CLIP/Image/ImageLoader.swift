import Files
public import Foundation

/// Turns image files into what an image tower takes.
///
///     let loader = ImageLoader(preprocessing: try .load(from: checkpointFolder))
///     let image = try loader.prepare(contentsOf: URL(fileURLWithPath: "dog.jpg"))
///
/// Reads JPEG, PNG, WebP and BMP, and where their libraries are installed GIF, TIFF, AVIF and HEIC, told apart by content. Pixels are equal to those of Pillow: decoded, converted to RGB,
/// resized and cropped, in the order that the preprocessing says. A loader is a value without state and may be used from any number of threads.
public struct ImageLoader: Sendable {
  /// The number of pixels at which Pillow refuses an image: twice its `MAX_IMAGE_PIXELS`.
  public static let defaultPixelLimit = 178_956_970

  /// What becomes of an image once it is decoded.
  public var preprocessing: ImagePreprocessing
  /// The most pixels (width × height) that a file may hold; checked before memory is taken.
  public var pixelLimit: Int
  /// Whether an image is turned as its EXIF orientation says. The reference does not, so the default is not to.
  public var honoursEXIF: Bool

  /// Creates a loader.
  public init(
    preprocessing: ImagePreprocessing, pixelLimit: Int = Self.defaultPixelLimit, honoursEXIF: Bool = false
  ) {
    self.preprocessing = preprocessing
    self.pixelLimit = pixelLimit
    self.honoursEXIF = honoursEXIF
  }

  /// Reads, decodes, resizes and crops the image in a file. Throws ``ImageError``.
  public func prepare(contentsOf url: URL) throws(ImageError) -> PreparedImage {
    try prepare(ImageRegion(url))
  }

  /// The same with a rectangle of an image, which is cut out before everything else. Throws ``ImageError``.
  public func prepare(_ region: ImageRegion) throws(ImageError) -> PreparedImage {
    let name = FileStretch.name(of: region.url)
    let bytes = try FileBytes(contentsOf: region.url, name: name)
    return try bytes.with { bytes throws(ImageError) in try prepare(bytes, box: region.box, name: name) }
  }

  /// Decodes, resizes and crops the image in `data`; errors call it `name`. Throws ``ImageError``.
  public func prepare(_ data: Data, name: String) throws(ImageError) -> PreparedImage {
    let result = data.withUnsafeBytes { bytes in
      Result { () throws(ImageError) in try prepare(bytes, name: name) }
    }
    return try result.get()
  }

  /// Decodes, resizes and crops the image in `bytes`; errors call it `name`. Throws ``ImageError``.
  public func prepare(_ bytes: UnsafeRawBufferPointer, name: String) throws(ImageError) -> PreparedImage {
    try prepare(bytes, box: nil, name: name)
  }

  private func prepare(
    _ bytes: UnsafeRawBufferPointer, box: ImageRegion.Box?, name: String
  ) throws(ImageError) -> PreparedImage {
    // A rectangle is cut out of RGB, as the benchmarks that name rectangles do it.
    let keepsMode =
      preprocessing.rgbConversion == .afterResizing && preprocessing.transparency == .dropped && box == nil
      && preprocessing.size != .unchanged
    var image = try DecodedImage(
      bytes, name: name, pixelLimit: pixelLimit,
      conversion: keepsMode ? .asStored : .rgb(preprocessing.transparency), honoursEXIF: honoursEXIF)
    // Pillow turns a TIFF by itself.
    if honoursEXIF || ImageFormat(of: bytes) == .tiff {
      try image.turn(ImageOrientation(of: bytes), name: name)
    }
    if let box { try image.crop(to: box, name: name, pixelLimit: pixelLimit) }
    return try prepare(image, name: name)
  }

  /// Resizes and crops an image that is decoded already; errors call it `name`. Throws ``ImageError``.
  package func prepare(_ image: PreparedImage, name: String) throws(ImageError) -> PreparedImage {
    let (height, width) = (image.height, image.width)
    guard height > 0, width > 0, image.pixels.count == height * width * 3 else {
      throw .wrongShape(file: name, width: width, height: height)
    }
    let geometry = try self.geometry(height: height, width: width, name: name)
    let window = image.pixels.withUnsafeBufferPointer { pixels in
      pixels.baseAddress.flatMap { self.window(of: $0, height: height, width: width, geometry) }
    }
    let fill = SIMD3(repeating: preprocessing.crop?.fill ?? 0)
    return try finish(window, geometry, fill: fill, name: name)
  }

  private func prepare(_ image: borrowing DecodedImage, name: String) throws(ImageError) -> PreparedImage {
    let geometry = try self.geometry(height: image.height, width: image.width, name: name)
    let resampler = StoredModeResampler(filter: preprocessing.resampling, geometry: geometry)
    let fill = StoredModeResampler.fill(preprocessing.crop?.fill ?? 0, of: image)
    return try finish(resampler.window(of: image), geometry, fill: fill, name: name)
  }

  private func geometry(height: Int, width: Int, name: String) throws(ImageError) -> ImageGeometry {
    guard let geometry = ImageGeometry(preprocessing, height: height, width: width) else {
      throw .wrongShape(file: name, width: width, height: height)
    }
    guard geometry.width * geometry.height <= max(pixelLimit, 0) else {
      throw .tooLarge(file: name, width: geometry.width, height: geometry.height, limit: pixelLimit)
    }
    return geometry
  }

  private func window(
    of pixels: UnsafePointer<UInt8>, height: Int, width: Int, _ geometry: ImageGeometry
  ) -> [UInt8]? {
    Resampler(filter: preprocessing.resampling).window(
      of: pixels, height: height, width: width,
      resizedTo: (geometry.resizedHeight, geometry.resizedWidth), rows: geometry.rows,
      columns: geometry.columns)
  }

  private func finish(
    _ window: [UInt8]?, _ geometry: ImageGeometry, fill: SIMD3<UInt8>, name: String
  ) throws(ImageError) -> PreparedImage {
    guard let window else { throw .outOfMemory(file: name, width: geometry.width, height: geometry.height) }
    let pixels = geometry.withMargin(window, fill: fill)
    return PreparedImage(height: geometry.height, width: geometry.width, pixels: pixels)
  }
}

extension ImageGeometry {
  /// The window with the margin around it that a crop larger than the image needs.
  func withMargin(_ window: [UInt8], fill: SIMD3<UInt8>) -> [UInt8] {
    let (rows, columns) = (rows, columns)
    if rows.count == height && columns.count == width { return window }
    var pixels = [UInt8](repeating: fill.x, count: height * width * 3)
    if fill != SIMD3(repeating: fill.x) {
      for i in pixels.indices { pixels[i] = fill[i % 3] }
    }
    let rowBytes = columns.count * 3
    for row in 0..<rows.count {
      let target = ((rows.lowerBound - top + row) * width + columns.lowerBound - left) * 3
      pixels.replaceSubrange(
        target..<(target + rowBytes), with: window[(row * rowBytes)..<((row + 1) * rowBytes)])
    }
    return pixels
  }
}
