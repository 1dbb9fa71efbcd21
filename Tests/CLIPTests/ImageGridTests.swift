import CLIP
import Compute
import Foundation
import ModelSupport
import TestSupport
import Testing

@Suite struct ImageGridTests {
  private func grids(_ checkpoint: Checkpoint, _ images: [PreparedImage], threads: Int) throws
    -> EmbeddedItems
  {
    try CLIPModel(checkpoint, threads: threads).imageGrids(
      count: images.count, normalization: TrunkModel.normalization
    ) { images[$0] }
  }

  /// The mean over the channels of each cell of timm's map.
  @Test(arguments: TrunkGolden.cases, [1, 3])
  func aTrunksGridIsItsMap(_ name: String, _ threads: Int) throws {
    try TestData.withTemporaryFolder { folder in
      let (golden, checkpoint) = try TrunkGolden.open(name, in: folder)
      let grid = checkpoint.configuration.vision.grid
      let images = TrunkModel.images(checkpoint.configuration.vision.imageSize)
      let rows = try grids(checkpoint, images, threads: threads)
      let expected = try #require(golden.map)
      #expect(grid.channels == 1_280 && grid.cells == expected.count && rows.dimension == grid.count)
      let first = Array(rows[0])
      for (cell, mean) in expected.enumerated() {
        let found = first[cell * 1_280..<(cell + 1) * 1_280].reduce(0) { $0 + Double($1) } / 1_280
        #expect(abs(found - mean) < 1e-4)
      }
    }
  }

  @Test func aTransformersGridHasARowForEachPatch() throws {
    let golden = try EngineGolden("huggingface")
    let grid = golden.checkpoint.configuration.vision.grid
    #expect(grid.side == 4 && grid.channels == 32)
    let reference = ReferenceModel(checkpoint: golden.checkpoint)
    let rows = try CLIPModel(golden.checkpoint, threads: 2).imageGrids(
      count: golden.inputs.count, normalization: golden.normalization
    ) { golden.inputs[$0] }
    for (row, image) in golden.inputs.enumerated() {
      let expected = try reference.grid(image, golden.normalization)
      #expect(rows[row].count == grid.count && expected.count == grid.count)
      #expect(distance(rows[row], expected) < 1e-10)
    }
  }
}
