import Foundation
import JSON

extension CheckpointWriter {
  /// `preprocessor_config.json` of a source that describes its images in another way, or not at all.
  static func images(of checkpoint: Checkpoint, warnings: inout [String]) throws -> JSONValue? {
    let side = checkpoint.configuration.vision.imageSize
    guard let folder = checkpoint.source?.folder,
      FileManager.default.fileExists(atPath: folder.appendingPathComponent("open_clip_config.json").path)
    else { return document(.clip(imageSize: side)) }
    guard let document = document(try ImagePreprocessing.load(from: folder)) else {
      warnings.append(
        "open_clip prepares the images of this model in a way that preprocessor_config.json cannot say; "
          + "keep open_clip_config.json beside the weights")
      return nil
    }
    return document
  }

  /// The description in Hugging Face's words, or nil if it has none for it.
  static func document(_ images: ImagePreprocessing) -> JSONValue? {
    func channels(_ values: SIMD3<Double>) -> JSONValue {
      [.number(values.x), .number(values.y), .number(values.z)]
    }
    func extent(_ height: Int, _ width: Int) -> JSONValue {
      ["height": .integer(height), "width": .integer(width)]
    }
    var members: [String: JSONValue] = [
      "image_processor_type": .string("CLIPImageProcessor"), "do_resize": .bool(true),
      "do_rescale": .bool(true), "do_normalize": .bool(true), "do_convert_rgb": .bool(true),
      "do_center_crop": .bool(images.crop != nil), "resample": .integer(images.resampling.rawValue),
      "rescale_factor": .number(images.rescale), "image_mean": channels(images.mean),
      "image_std": channels(images.std),
    ]
    switch images.size {
    case .shortestEdge(let edge, longestAtMost: nil):
      members["size"] = ["shortest_edge": .integer(edge)]
    case .exact(let height, let width): members["size"] = extent(height, width)
    default: return nil
    }
    if let crop = images.crop { members["crop_size"] = extent(crop.height, crop.width) }
    return JSONValue(sorted: members)
  }
}
