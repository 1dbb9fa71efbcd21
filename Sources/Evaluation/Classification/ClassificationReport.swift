public import CLIP
public import CaptionMetrics
import Files
import Foundation
import JSON

/// Labels of images, how right they are where that is known, and where they come from.
public struct ClassificationReport: Sendable {
  /// What the images are called.
  public let images: [String]
  /// The labels.
  public let labels: LabelSet
  /// The choices of each image.
  public let classification: Classification
  /// The true label of each image; nil where they are not known.
  public let truth: [Int]?
  /// How right the choices are; nil where the truth is not known.
  public let accuracy: ClassificationAccuracy?
  /// What cosines were multiplied by.
  public let scale: Double
  /// The calibration error with the scale of one half of the images on the other half; nil where nothing was calibrated.
  public let calibratedError: Double?
  /// The prompts.
  public let templates: [String]
  /// Where the labels come from.
  public let provenance: Provenance

  /// How a classification is made.
  public struct Options: Sendable {
    /// What cosines are multiplied by before the softmax.
    public var scale: Double
    /// Whether the scale is chosen by the truth.
    public var calibrates = false
    /// Whether each label's mean cosine over all images is taken away.
    public var isBalanced = false
    /// How many choices of an image are kept.
    public var top = 5

    /// Multiplies cosines by a scale.
    public init(scale: Double) { self.scale = scale }
  }

  /// Classifies embedded images.
  ///
  /// - Parameters:
  ///   - embeddings: of the images, in their order.
  ///   - truth: the true label of each image, where it is known.
  public init(
    images: [String], embeddings: Embeddings, truth: [Int]?, by classifier: ZeroShotClassifier,
    templates: [String], options: Options, provenance: Provenance
  ) {
    let width = classifier.labels.count
    let cosines = classifier.cosines(of: embeddings, balanced: options.isBalanced)
    var scale = options.scale
    var calibratedError: Double?
    if let truth, options.calibrates {
      let halves = [0, 1].map { half in truth.indices.filter { $0 % 2 == half } }
      func fitted(_ images: [Int]) -> Double {
        ScaleCalibration.scale(cosines: cosines, labels: width, truth: truth, images: images)
      }
      scale = fitted(Array(truth.indices))
      // What a scale is worth shows on images that did not choose it.
      calibratedError = halves.indices.reduce(0.0) { sum, half in
        let own = halves[half]
        let rows = own.flatMap { cosines[$0 * width..<($0 + 1) * width] }
        let other = Classification(cosines: rows, labels: width, scale: fitted(halves[1 - half]), top: 1)
        let accuracy = ClassificationAccuracy(other, truth: own.map { truth[$0] }, labels: width)
        return sum + accuracy.calibrationError * Double(own.count) / Double(max(1, truth.count))
      }
    }
    let classification = Classification(
      cosines: cosines, labels: width, scale: scale, top: max(options.top, truth == nil ? 1 : 5))
    self.images = images
    labels = classifier.labels
    self.classification = classification
    self.truth = truth
    accuracy = truth.map { ClassificationAccuracy(classification, truth: $0, labels: width) }
    self.scale = scale
    self.calibratedError = calibratedError
    self.templates = templates
    self.provenance = provenance
    shown = options.top
  }

  /// How many choices of an image are shown.
  private let shown: Int

  private func name(_ label: Int) -> String { labels.labels[label].name }

  /// A line an image with its choices and their probabilities; below, how right they are.
  public func table() -> String {
    let width = images.map(\.count).max() ?? 0
    var lines: [String] = []
    for (image, choices) in zip(images, classification.choices) where truth == nil {
      let cells = choices.prefix(shown).map { "\(name($0.label)) \(Self.fixed($0.probability))" }
      lines.append("\(image.padded(to: width))   \(cells.joined(separator: ", "))")
    }
    lines += accuracyLines
    if !provenance.notes.isEmpty { lines += (lines.isEmpty ? [] : [""]) + provenance.notes }
    return lines.joined(separator: "\n") + "\n"
  }

  private var accuracyLines: [String] {
    guard let accuracy else { return [] }
    func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
    var lines = [
      "\(accuracy.count) image\(accuracy.count == 1 ? "" : "s"), \(labels.count) labels, \(templates.count) prompt\(templates.count == 1 ? "" : "s") a name",
      "",
      "  right          \(percent(accuracy.top1))   95 % interval \(percent(accuracy.interval.lowerBound)) to \(percent(accuracy.interval.upperBound))",
    ]
    // Of five labels or fewer each is among the first five.
    if labels.count > 5 { lines.append("  among five     \(percent(accuracy.top5))") }
    lines += [
      "  mean of labels \(percent(accuracy.meanPerLabel))"
    ]
    lines.append(
      "  calibration    \(Self.fixed(accuracy.calibrationError)) expected error of probabilities, scale \(String(format: "%.1f", scale))"
        + (calibratedError.map { ", \(Self.fixed($0)) on images that did not choose it" } ?? ""))
    let confusions = accuracy.confusions(limit: 10)
    if !confusions.isEmpty {
      lines += ["", "taken for each other most often"]
      lines += confusions.map { confusion in
        let all = accuracy.matrix[confusion.truth].reduce(0, +)
        return "  \(confusion.count) of \(all)   \(name(confusion.truth)) as \(name(confusion.choice))"
      }
    }
    return lines
  }

  /// A line for each image and choice: image, rank, label, probability, cosine, and the true label where it is known.
  public func csv() -> String {
    var text = CSVLine.text(
      ["image", "rank", "label", "probability", "cosine"] + (truth == nil ? [] : ["truth"]))
    for (image, choices) in classification.choices.enumerated() {
      for (rank, choice) in choices.prefix(shown).enumerated() {
        let cells = [
          images[image], "\(rank + 1)", name(choice.label), "\(choice.probability)", "\(choice.cosine)",
        ]
        text += CSVLine.text(cells + (truth.map { [name($0[image])] } ?? []))
      }
    }
    return text
  }

  /// How many images of each true label (lines) were given each label (columns); nil where the truth is not known.
  public func confusionCSV() -> String? {
    accuracy.map { accuracy in
      CSVLine.text([""] + labels.labels.map(\.name))
        + accuracy.matrix.enumerated().map { label, row in
          CSVLine.text([name(label)] + row.map(String.init))
        }.joined()
    }
  }

  /// The report for programs.
  ///
  /// - Throws: `JSONError` where a value is not a finite number.
  public func json() throws -> String {
    var members: [JSONValue.Member] = [
      .init("labels", .array(labels.labels.map { .string($0.name) })),
      .init("templates", .array(templates.map(JSONValue.string))), .init("scale", .number(scale)),
    ]
    if let accuracy {
      members.append(
        .init(
          "accuracy",
          [
            "top1": .number(accuracy.top1), "top1_low": .number(accuracy.interval.lowerBound),
            "top1_high": .number(accuracy.interval.upperBound), "top5": .number(accuracy.top5),
            "mean_per_label": .number(accuracy.meanPerLabel),
            "calibration_error": .number(accuracy.calibrationError),
            "calibration_error_held_out": calibratedError.map(JSONValue.number) ?? .null,
          ]))
    }
    members.append(
      .init(
        "images",
        .array(
          images.indices.map { image in
            var own: [JSONValue.Member] = [
              .init("image", .string(images[image])),
              .init(
                "choices",
                .array(
                  classification.choices[image].prefix(shown).map {
                    [
                      "label": .string(name($0.label)), "probability": .number($0.probability),
                      "cosine": .number(Double($0.cosine)),
                    ]
                  })),
            ]
            if let truth { own.append(.init("truth", .string(name(truth[image])))) }
            return .object(own)
          })))
    members += [
      .init("skipped", .integer(provenance.skipped.count)), .init("provenance", provenance.json),
    ]
    return try JSONValue.object(members).text(isIndented: true)
  }

  private static func fixed(_ value: Double) -> String { String(format: "%.3f", value) }
}
