public import Foundation
import JSON

extension ImagePreprocessing {
  /// Reads the description beside a checkpoint.
  ///
  /// - Parameter folder: the checkpoint's folder, in which `preprocessor_config.json`, `processor_config.json`
  ///   (`transformers` 5) and `open_clip_config.json` are looked for in this order; or one of these files itself,
  ///   which settles it where several lie side by side: they differ in how the crop's offset is rounded.
  ///
  /// Throws ``ImageError``.
  public static func load(from folder: URL) throws(ImageError) -> ImagePreprocessing {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isDirectory), !isDirectory.boolValue
    {
      if let file = try PreprocessingFile(ifPresent: folder) { return try read(file) }
    }
    for name in ["preprocessor_config.json", "processor_config.json", "open_clip_config.json"] {
      guard let file = try PreprocessingFile(ifPresent: folder.appendingPathComponent(name)) else { continue }
      // A processor's file may describe nothing but the tokenizer's side.
      if name == "processor_config.json", try file.object("image_processor") == nil { continue }
      return try read(file)
    }
    throw .noPreprocessing(folder: folder.relativePath)
  }

  /// Tells the kinds of file apart by what they hold.
  private static func read(_ file: PreprocessingFile) throws(ImageError) -> ImagePreprocessing {
    if file.fields["preprocess_cfg"] != nil || file.fields["model_cfg"] != nil {
      return try readOpenCLIP(file)
    }
    return try readHuggingFace(file.object("image_processor") ?? file)
  }

  /// `preprocessor_config.json`, whose absent fields have the values of `CLIPImageProcessor`.
  private static func readHuggingFace(_ file: PreprocessingFile) throws(ImageError) -> ImagePreprocessing {
    for key in ["image_processor_type", "feature_extractor_type"] {
      // Other processors have other defaults.
      if let type = try file.string(key), !type.contains("CLIP") {
        throw file.error(key, expected: "CLIPImageProcessor")
      }
    }
    if try file.flag("do_pad", default: false) { throw file.error("do_pad", expected: "false") }
    var result = ImagePreprocessing.clip(imageSize: 224)
    result.size = try file.flag("do_resize", default: true) ? huggingFaceSize(file) : .unchanged
    result.resampling = try huggingFaceFilter(file)
    result.crop = try file.flag("do_center_crop", default: true) ? huggingFaceCrop(file) : nil
    result.rescale = 1
    if try file.flag("do_rescale", default: true) {
      let factor = file.fields["rescale_factor"] ?? .number(1.0 / 255)
      guard let factor = factor.number, Float(factor).isFinite else {
        throw file.error("rescale_factor", expected: "a finite number")
      }
      result.rescale = factor
    }
    if try file.flag("do_normalize", default: true) {
      result.mean = try file.channels("image_mean", default: openAIMean)
      result.std = try file.divisors("image_std", default: openAIStd)
    } else {
      (result.mean, result.std) = (SIMD3(repeating: 0), SIMD3(repeating: 1))
    }
    return result
  }

  private static func huggingFaceSize(_ file: PreprocessingFile) throws(ImageError) -> Size {
    if case .array? = file.fields["size"], let size = try file.lengths("size") {
      return .exact(height: size.height, width: size.width)
    }
    guard case .object? = file.fields["size"], let size = try file.object("size") else {
      return .shortestEdge(try file.length("size") ?? 224)
    }
    if let height = try size.length("height"), let width = try size.length("width"), size.fields.count == 2 {
      return .exact(height: height, width: width)
    }
    let longest = try size.length("longest_edge")
    guard let shortest = try size.length("shortest_edge"), size.fields.count == (longest == nil ? 1 : 2)
    else {
      throw file.error(
        "size", expected: "a length, {height, width}, {shortest_edge} or {shortest_edge, longest_edge}")
    }
    return .shortestEdge(shortest, longestAtMost: longest)
  }

  private static func huggingFaceCrop(_ file: PreprocessingFile) throws(ImageError) -> Crop {
    if case .object? = file.fields["crop_size"], let size = try file.object("crop_size") {
      guard let height = try size.length("height"), let width = try size.length("width") else {
        throw file.error("crop_size", expected: "a length or {height, width}")
      }
      return Crop(height: height, width: width)
    }
    let size = try file.lengths("crop_size") ?? (224, 224)
    return Crop(height: size.height, width: size.width)
  }

  private static func huggingFaceFilter(_ file: PreprocessingFile) throws(ImageError) -> Resampling {
    guard let value = file.fields["resample"] else { return .bicubic }
    guard let filter = value.integer.flatMap(Resampling.init) else {
      throw file.error("resample", expected: "one of Pillow's filters, 0 to 5")
    }
    return filter
  }

  /// `open_clip_config.json`: the model's image size comes before the one of `preprocess_cfg`, as in open_clip.
  private static func readOpenCLIP(_ file: PreprocessingFile) throws(ImageError) -> ImagePreprocessing {
    let settings =
      try file.object("preprocess_cfg")
      ?? PreprocessingFile(name: file.name, path: "preprocess_cfg.", fields: [:])
    let vision = try file.object("model_cfg")?.object("vision_cfg")
    let stated = try settings.lengths("size")
    let (height, width) = try vision?.lengths("image_size") ?? stated ?? (224, 224)
    var result = ImagePreprocessing(
      size: .exact(height: height, width: width), crop: nil,
      mean: try settings.channels("mean", default: openAIMean),
      std: try settings.divisors("std", default: openAIStd), rgbConversion: .afterResizing)
    switch try settings.string("interpolation") ?? "bicubic" {
    case "bicubic", "random": result.resampling = .bicubic
    case "bilinear": result.resampling = .bilinear
    default: throw settings.error("interpolation", expected: "\"bicubic\" or \"bilinear\"")
    }
    var crop = Crop(height: height, width: width, rounding: .halfToEven)
    switch try settings.string("resize_mode") ?? "shortest" {
    case "squash": break
    case "shortest":
      result.size = height == width ? .shortestEdge(height) : .covering(height: height, width: width)
      // open_clip forgets the filter for a size that is not square.
      if height != width { result.resampling = .bicubic }
      result.crop = crop
    case "longest":
      result.size = .fitting(height: height, width: width)
      crop.fill = try openCLIPFill(settings)
      result.crop = crop
    default: throw settings.error("resize_mode", expected: "\"shortest\", \"longest\" or \"squash\"")
    }
    return result
  }

  private static func openCLIPFill(_ settings: PreprocessingFile) throws(ImageError) -> UInt8 {
    guard let value = settings.fields["fill_color"] else { return 0 }
    guard let fill = value.integer.flatMap(UInt8.init(exactly:)) else {
      throw settings.error("fill_color", expected: "a whole number from 0 to 255")
    }
    return fill
  }
}
