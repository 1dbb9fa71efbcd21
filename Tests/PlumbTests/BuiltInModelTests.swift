import CLIP
import Foundation
import TestSupport
import Testing

/// The model that comes with Plumb, as a newcomer meets it; `Recipes/mini/measure` makes its card's figures.
@Suite struct BuiltInModelTests {
  private static let folder = CommandRun.package.appendingPathComponent("Models/mini")

  @Test func itIsSmallAndWhole() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.folder, includingPropertiesForKeys: [.fileSizeKey])
    let bytes = try files.reduce(0) { try $0 + ($1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) }
    #expect(bytes <= 16_000_000)
    let checkpoint = try Checkpoint.open(at: Self.folder)
    #expect(checkpoint.warnings.isEmpty)
    try checkpoint.validateFinite()
  }

  @Test func itIsListedAndFoundByItsName() throws {
    let list = try CommandRun(["model", "list"])
    #expect(list.status == 0 && list.output.contains("mini"), "\(list.output)\(list.errors)")
    let show = try CommandRun(["model", "show", "mini"])
    #expect(show.status == 0 && show.output.contains("8192 tokens"), "\(show.output)\(show.errors)")
  }

  @Test(arguments: ["f32", "int8"]) func itScoresTheExampleWithoutADownload(_ precision: String) throws {
    let run = try CommandRun([
      "score", "candidates.json", "--references", "references.json", "--images", "images", "--model", "mini",
      "--precision", precision, "--json",
    ])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("\"CLIPScore\"") && run.output.contains("\"RefCLIPScore\""), "\(run.output)")
  }

  @Test func itTakesHalfTheBytesInRoundedRowsAndMeansTheSame() throws {
    try TestData.withTemporaryFolder { folder in
      let (small, again) = (folder.appendingPathComponent("small"), folder.appendingPathComponent("again"))
      for (from, to, type) in [("mini", small.path, "int8"), (small.path, again.path, "f16")] {
        let run = try CommandRun(["model", "convert", from, to, "--dtype", type])
        #expect(run.status == 0, "\(run.errors)")
      }
      let weights = small.appendingPathComponent("model.safetensors")
      let bytes = try #require(try weights.resourceValues(forKeys: [.fileSizeKey]).fileSize)
      #expect(bytes < 8_500_000)
      // What makes transformers refuse it.
      let description = try String(contentsOf: small.appendingPathComponent("config.json"), encoding: .utf8)
      #expect(description.contains("quantization_config") && !description.contains("quant_method"))
      let checkpoint = try Checkpoint.open(at: small)
      let wide = try Checkpoint.open(at: again).fingerprint()
      #expect(checkpoint.fingerprint() == wide)
      let images = ["image1.jpg", "image2.jpg"].map {
        CommandRun.example.appendingPathComponent("images/\($0)")
      }
      let captions = ["two dogs run on grass", "a woman in a red coat reads on a bench"]
      let (whole, rounded) = (try CLIPEmbedder(opening: Self.folder), try CLIPEmbedder(checkpoint))
      for (before, after) in [
        (try whole.embedImages(at: images).embeddings, try rounded.embedImages(at: images).embeddings),
        (try whole.embedTexts(captions).embeddings, try rounded.embedTexts(captions).embeddings),
      ] {
        for row in 0..<2 {
          let cosine = zip(before[row], after[row]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
          #expect(cosine > 0.998, "\(cosine)")
        }
      }
    }
  }
}
