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
}
