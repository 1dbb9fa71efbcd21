import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Compute
import Files
import Foundation
import JSON

/// `plumb rank`.
struct Rank: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Rank captions by how well they match an image, or each of several images.",
    discussion: """
        plumb rank cats.jpg "two cats asleep" "a dog in the snow"
        plumb rank cats.jpg dogs.png "two cats asleep" "a dog in the snow" --json
        plumb rank cats.jpg - --model openai/clip-vit-base-patch32 <captions.txt

      The first argument is an image, and so is every other one that is an existing image file; the rest are captions. \
      Each image has its own ranking, best caption first, by CLIPScore in the chosen definition.
      """)

  @Argument(
    help: ArgumentHelp(
      "Image files, and captions in quotes; - reads captions from standard input, one a line, or in the first place an image.",
      valueName: "image-or-caption"))
  var items: [String]

  @OptionGroup var model: NamedModel

  @Option(help: "CLIPScore definition.")
  var definition = CLIPScoreDefinition.hessel

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    guard items.count > 1 else {
      throw ValidationError("Give an image and at least one caption, in quotes.")
    }
  }

  func run() throws {
    let (images, captions) = try sorted()
    let embedder = try options.open(model.name, packing: .whereNeeded)
    Output.note(model.warnings(of: embedder))
    let formula = CLIPScoreFormula(definition, calibration: embedder.scoreCalibration)
    let texts = try embedder.embedTexts(captions.map { definition.prefix + $0 })
    let embeddings = try embedder.embedImages(at: images.map(inputFile))
    if !texts.truncated.isEmpty {
      Output.note("\(texts.truncated.count) captions were truncated to \(embedder.contextLength) tokens.")
    }
    let rankings = images.indices.map { image in
      Ranking(image: images[image], captions: captions, formula: formula) {
        cosine(embeddings[image], texts[$0])
      }
    }
    if json {
      try Output.line(report(rankings, formula, embedder).text(isIndented: true))
    } else {
      for (index, ranking) in rankings.enumerated() {
        if rankings.count > 1 { try Output.line((index > 0 ? "\n" : "") + ranking.image) }
        for place in ranking.places { try Output.line("\(fixed(place.score))  \(place.caption)") }
      }
    }
  }

  /// Which arguments are images and which are captions.
  private func sorted() throws -> (images: [String], captions: [String]) {
    var images: [String] = []
    var captions: [String] = []
    guard items.count(where: { $0 == "-" }) < 2 else { throw FileReadError.standardInputTwice }
    for (index, item) in items.enumerated() {
      if item == "-", index > 0 {
        captions += try CaptionList(contentsOf: inputFile(item)).texts.filter {
          !$0.allSatisfy(\.isWhitespace)
        }
      } else if try index == 0 || isImage(item) {
        images.append(item)
      } else {
        captions.append(item)
      }
    }
    guard !captions.isEmpty else {
      let first = items[0]
      throw ValidationError(
        first == "-" || FileManager.default.fileExists(atPath: first)
          ? "All of these are images; give at least one caption, in quotes."
          : "There is no file \"\(first)\", and the first argument is an image; give the image first, and captions behind it."
      )
    }
    return (images, captions)
  }

  /// Whether an argument is an image file; what is named as one and is not there is no caption.
  private func isImage(_ item: String) throws -> Bool {
    var isFolder: ObjCBool = false
    let looksLikeOne = OutputCheck.isImageName(item)
    if FileManager.default.fileExists(atPath: item, isDirectory: &isFolder) {
      return !isFolder.boolValue && (looksLikeOne || ImageFormat(ofFile: URL(fileURLWithPath: item)) != nil)
    }
    guard looksLikeOne, !item.contains(where: \.isWhitespace) else { return false }
    throw DatasetError.unreadable(file: item, reason: missingReason(of: item))
  }

  /// The rankings as JSON: one image's as it always was, several in a list.
  private func report(
    _ rankings: [Ranking], _ formula: CLIPScoreFormula, _ embedder: CLIPEmbedder
  ) -> JSONValue {
    var members: [JSONValue.Member] = []
    if let only = rankings.first, rankings.count == 1 {
      members = [.init("image", .string(only.image)), .init("ranking", only.json)]
    } else {
      members = [
        .init("images", .array(rankings.map { ["image": .string($0.image), "ranking": $0.json] }))
      ]
    }
    members += [
      .init("clipscore", formula.json), .init("model", embedder.provenance(named: model.name).json),
    ]
    return .object(members)
  }
}

/// The captions of one image, best first.
private struct Ranking {
  struct Place {
    let caption: String
    let cosine: Double
    let score: Double
  }

  let image: String
  let places: [Place]

  init(image: String, captions: [String], formula: CLIPScoreFormula, cosine: (Int) -> Double) {
    self.image = image
    // By the cosine: a score that is clamped at zero does not tell which of two captions is the worse.
    places = captions.indices.map { (index: $0, cosine: cosine($0)) }
      .sorted { ($1.cosine, $0.index) < ($0.cosine, $1.index) }
      .map { Place(caption: captions[$0.index], cosine: $0.cosine, score: formula.score(cosine: $0.cosine)) }
  }

  var json: JSONValue {
    .array(
      places.map {
        ["caption": .string($0.caption), "CLIPScore": .number($0.score), "cosine": .number($0.cosine)]
      })
  }
}
