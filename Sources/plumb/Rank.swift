import ArgumentParser
import CLIP
import CaptionMetrics
import Foundation
import JSON

/// `plumb rank`.
struct Rank: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Order captions by how well they fit a picture, best first.",
    discussion: """
        plumb rank cats.jpg "two cats asleep" "a dog in the snow" --model clip-vit-base-patch32

      The number is CLIPScore in the chosen definition.
      """)

  @Argument(help: "An image file: JPEG, PNG, WebP, BMP, GIF, TIFF, AVIF or HEIC.")
  var image: String

  @Argument(help: "Captions, each in quotes.")
  var captions: [String]

  @Option(name: .shortAndLong, help: "A folder, a file, or owner/name from the Hugging Face cache.")
  var model: String

  @Option(help: "Which CLIPScore.")
  var definition = CLIPScoreDefinition.hessel

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func run() throws {
    let embedder = try options.open(model, packing: .whereNeeded)
    Output.note(embedder.warnings)
    let formula = CLIPScoreFormula(definition, calibration: embedder.scoreCalibration)
    let (texts, truncated) = try embedder.embedTexts(captions.map { definition.prefix + $0 })
    let pictures = try embedder.embedImages(at: [URL(fileURLWithPath: image)])
    // By the cosine: a score that is clamped at zero does not tell which of two captions is the worse.
    let ranked = captions.indices.map { index in
      (caption: captions[index], cosine: cosine(pictures[0], texts[index]), index: index)
    }.sorted { ($1.cosine, $0.index) < ($0.cosine, $1.index) }
    if !truncated.isEmpty {
      Output.note("\(truncated.count) captions were cut to \(embedder.contextLength) tokens.")
    }
    if json {
      let list: [JSONValue] = ranked.map {
        [
          "caption": .string($0.caption), "CLIPScore": .number(formula.score(cosine: $0.cosine)),
          "cosine": .number($0.cosine),
        ]
      }
      let report: JSONValue = [
        "image": .string(image), "ranking": .array(list), "clipscore": formula.json,
        "model": embedder.provenance(named: model).json,
      ]
      try Output.line(report.text(isIndented: true))
    } else {
      for item in ranked {
        try Output.line("\(fixed(formula.score(cosine: item.cosine)))  \(item.caption)")
      }
    }
  }
}
