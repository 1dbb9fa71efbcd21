import Foundation

extension ImagePreprocessing {
  /// How the files of a checkpoint say that images are prepared or, where they do not say it, how OpenAI's CLIP does it.
  ///
  /// - Returns: The preprocessing, and what a user should know of it.
  /// - Throws: ``ImageError`` where a description is damaged.
  package static func of(_ checkpoint: Checkpoint) throws -> (
    preprocessing: ImagePreprocessing, warnings: [String]
  ) {
    guard let source = checkpoint.source else { return undescribed(checkpoint) }
    // open_clip's own description where the weights are open_clip's: both kinds can lie in one folder, and round the
    // crop differently.
    let own = source.layout == .openCLIP ? source.configurationFile : nil
    guard let described = try describedImages(by: own ?? source.folder) else {
      return undescribed(checkpoint)
    }
    return (described, [])
  }

  /// What a file or a folder says; nil where it says nothing.
  private static func describedImages(by place: URL) throws -> ImagePreprocessing? {
    do { return try load(from: place) } catch {
      guard case .noPreprocessing = error else { throw error }
      return nil
    }
  }

  /// What CLIPs without a description take: each library's own order of the steps.
  private static func undescribed(_ checkpoint: Checkpoint) -> (ImagePreprocessing, [String]) {
    let side = checkpoint.configuration.vision.imageSize
    let layout = checkpoint.source?.layout
    let isOpenAI = layout == .openCLIP || layout == .openAI
    let warning =
      "no preprocessor_config.json beside the weights: images are prepared as OpenAI's CLIP does, "
      + "bicubic to \(side)"
    return (isOpenAI ? .openAI(imageSize: side) : .clip(imageSize: side), [warning])
  }

  /// Checks that images come out in the size that an image tower takes.
  ///
  /// - Throws: ``ModelError/otherPreprocessing(expected:height:width:)``.
  package func check(imageSize side: Int) throws {
    // The size of a crop, or that of images that are stretched; other sizes depend on the image.
    var size = crop.map { ($0.height, $0.width) }
    if size == nil, case .exact(let height, let width) = self.size { size = (height, width) }
    if let size, size != (side, side) {
      throw ModelError.otherPreprocessing(expected: side, height: size.0, width: size.1)
    }
  }
}
