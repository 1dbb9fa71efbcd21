public import CaptionData
import Files
import Foundation
public import JSON

/// What became of an image that was to be described.
public struct CaptionedImage: Sendable, Equatable {
  /// The file's name, as results show it.
  public var image: String
  /// The captions, the best first; none where the image could not be read.
  public var captions: [Captioner.Caption]
  /// Why there are none.
  public var failure: String?

  /// Takes what a captioner has found.
  public init(image: String, captions: [Captioner.Caption], failure: String? = nil) {
    self.image = image
    self.captions = captions
    self.failure = failure
  }

  /// The image's id in COCO's results: the number at the end of a name such as `COCO_val2014_000000000042.jpg`, else the name
  /// without its extension.
  var id: JSONValue { Self.id(of: image) }

  private static func id(of image: String) -> JSONValue {
    let stem = ((image as NSString).lastPathComponent as NSString).deletingPathExtension
    let digits = stem.reversed().prefix { $0.isASCII && $0.isNumber }
    if digits.count == 12, let number = Int(String(digits.reversed())) { return .integer(number) }
    return .string(stem)
  }

  /// Refuses images that COCO's results cannot tell apart. Throws ``CaptioningError/sameID(id:images:)``.
  public static func checkIDs(of images: [String]) throws(CaptioningError) {
    var seen: [String: String] = [:]
    for image in images {
      let value = id(of: image)
      let id = value.string ?? value.integer.map(String.init) ?? ""
      if let other = seen.updateValue(image, forKey: id) { throw .sameID(id: id, images: [other, image]) }
    }
  }

  /// A line of JSON: the image and its captions, or why there are none.
  public var json: JSONValue {
    if let failure { return ["image": .string(image), "skipped": .string(failure)] }
    return [
      "image": .string(image), "caption": .string(captions.first?.text ?? ""),
      "captions": .array(captions.map(\.json)),
    ]
  }

  /// Reads ``json``; nil where it is something else.
  init?(_ value: JSONValue) {
    guard let object = value.object, let image = object["image"]?.string else { return nil }
    self.image = image
    failure = object["skipped"]?.string
    captions = object["captions"]?.array?.compactMap(Captioner.Caption.init) ?? []
    guard failure != nil || !captions.isEmpty else { return nil }
  }
}

extension Captioner.Caption {
  var json: JSONValue {
    [
      "caption": .string(text), "log_probability": .number(logProbability), "CLIPScore": .number(clipScore),
      "score": .number(score), "finished": .bool(isFinished),
    ]
  }

  init?(_ value: JSONValue) {
    guard let object = value.object, let text = object["caption"]?.string,
      let logProbability = object["log_probability"]?.number, let clipScore = object["CLIPScore"]?.number,
      let score = object["score"]?.number, let isFinished = object["finished"]?.bool
    else { return nil }
    self.init(
      text: text, logProbability: logProbability, score: score, clipScore: clipScore, isFinished: isFinished)
  }
}

extension [CaptionedImage] {
  /// COCO's results, which `plumb score` and other tools read: the best caption of each image.
  public var cocoResults: JSONValue {
    .array(
      filter { $0.failure == nil }.map {
        ["image_id": $0.id, "caption": .string($0.captions.first?.text ?? "")]
      })
  }

  /// A table with a line for each image.
  public var csv: String {
    let lines = compactMap { image -> String? in
      guard let best = image.captions.first else { return nil }
      return CSVLine.text([image.image, best.text, "\(best.logProbability)", "\(best.clipScore)"])
    }
    return "image,caption,log_probability,CLIPScore\n" + lines.joined()
  }

  /// A line of JSON for each image that has a caption.
  public func jsonLines() throws -> String {
    try filter { $0.failure == nil }.map { try $0.json.text() + "\n" }.joined()
  }

  /// The images without captions, and why.
  public var skipped: [SkippedItem] {
    compactMap { image in
      // What is wrong with a file names it already; the item's own sentence adds the name where it is not there.
      image.failure.map {
        SkippedItem(id: image.image, reason: "\(SkippedItem(id: image.image, reason: $0))")
      }
    }
  }
}
