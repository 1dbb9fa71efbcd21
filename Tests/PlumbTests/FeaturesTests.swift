import CLIP
import Files
import Foundation
import TestSupport
import Testing

@Suite struct FeaturesTests {
  @Test(arguments: [("float16", 1e-3), ("float32", 0)])
  func theGridIsThatOfTheLibraryAndItsDescriptionNamesTheRows(_ type: String, _ tolerance: Float) throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("grids.npy")
      let run = try CommandRun([
        "features", "images", "images", "--model", ScoreTests.tinyModel, "--output", file.path, "--dtype",
        type,
      ])
      #expect(run.status == 0, "\(run.errors)")
      let array = try NumPyArray(contentsOf: file)
      let description = try #require(
        try json(
          String(contentsOf: folder.appendingPathComponent("grids.json"), encoding: .utf8)))
      let names = try #require(description["rows"] as? [String])
      #expect(description["shape"] as? [Int] == array.shape && description["dtype"] as? String == type)
      let clip = try CLIPEmbedder(opening: URL(fileURLWithPath: ScoreTests.tinyModel))
      let grid = clip.checkpoint.configuration.vision.grid
      #expect(array.shape == [names.count, grid.cells, grid.channels] && names.count > 1)
      let images = CommandRun.example
      let expected = try clip.imageGrids(at: names.map { images.appendingPathComponent($0) })
      let stored = array.values
      for (row, _) in names.enumerated() {
        for (a, b) in zip(stored[row * grid.count..<(row + 1) * grid.count], expected[row]) {
          #expect(abs(a - b) <= tolerance * max(1, abs(b)))
        }
      }
    }
  }

  /// What `--help` offers is what is taken.
  @Test(arguments: [
    (["features", "images", "images", "--output", "grids.npy"], "int8", "(values: float16, float32;"),
    (["index", "images"], "float64", "(values: float16, float32, int8)"),
  ])
  func onlyTheElementTypesOfTheHelpAreTaken(_ command: [String], _ type: String, _ values: String) throws {
    let help = try CommandRun(Array(command.prefix(command[0] == "index" ? 1 : 2)) + ["--help"])
    let words = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains(values), "\(help.output)")
    let run = try CommandRun(command + ["--dtype", type])
    #expect(run.status == 64 && run.errors.contains("float16"), "\(run.errors)")
  }

  @Test func aBrokenImageLeavesNothingOrIsListed() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("grids.npy")
      let arguments = [
        "features", "images", "images/image1.jpg", "NOTICE", "--model", ScoreTests.tinyModel, "--output",
        file.path,
      ]
      let strict = try CommandRun(arguments)
      #expect(strict.status == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      let lenient = try CommandRun(arguments + ["--keep-going"])
      #expect(lenient.status == 2 && lenient.errors.contains("NOTICE"))
      #expect(try NumPyArray(contentsOf: file).shape[0] == 1)
    }
  }
}
