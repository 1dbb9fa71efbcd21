import CLIP
import CaptionData
import Compute
import Files
import Foundation
import JSON
import Training

/// The encoder's grids of a set of images, computed once: of each image as the encoder takes it, and of some augmented views.
///
/// The file has a row for each image and view, in half precision; only the rows that are asked for are read.
struct FeatureStore {
  /// Images that could not be read, by their item, and why.
  let failures: [Int: String]
  /// The views of an image; the first is the image as it is.
  let views: Int
  /// Cells of a grid.
  let cells: Int
  private let rows: Embeddings

  /// Images whose grids are in memory together.
  private static let atOnce = 64

  /// - Parameters:
  ///   - views: at least 1.
  ///   - augmentation: what makes the others differ.
  ///   - folder: where the file is cached.
  /// - Throws: `DataError` for images that are in memory only, `NumPyError`, `ModelError`, `ImageError`.
  init(
    _ set: TrainingSet, embedder: CLIPEmbedder, views: Int = 1, augmentation: Augmentation = Augmentation(),
    folder: URL, progress: (String, Int, Int) -> Void
  ) throws {
    let grid = embedder.checkpoint.configuration.vision.grid
    self.views = views
    cells = grid.cells
    var run = RunDescription()
    run.add("images", set.imageFingerprint)
    run.add("preprocessing", "\(embedder.preprocessing)")
    run.add("augmentation", views > 1 ? "\(augmentation)" : "")
    run.add("precision", embedder.options.precision.rawValue)
    let name = "grids-\(embedder.checkpoint.fingerprint())-\(views)-\(run.fingerprint)"
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appendingPathComponent("\(name).npy")
    let list = folder.appendingPathComponent("\(name).json")
    if !FileManager.default.fileExists(atPath: url.path) {
      let writer = try NumPyWriter(url, dimension: grid.count, type: .float16)
      var failures: [Int: String] = [:]
      for view in 0..<views {
        let plan = ImagePlan(
          preprocessing: embedder.preprocessing, augmentation: view == 0 ? nil : augmentation)
        let renderer = try ImageRenderer(plan)
        for first in stride(from: 0, to: set.count, by: Self.atOnce) {
          let some = first..<min(first + Self.atOnce, set.count)
          let items = try embedder.imageGrids(count: some.count) { index in
            let item = first + index
            guard let location = set.image(item) else {
              throw DataError.noImage(source: set.name, id: set.id(item))
            }
            var random = DataRandom(seed: 0, epoch: view, item: item, purpose: .image)
            return try renderer.image(location, item: item, random: &random)
          }
          for index in some.indices {
            // The row of an image that cannot be read has zeros, and is never asked for.
            try writer.append(items[index - some.lowerBound])
            if let failure = items.failures[index - some.lowerBound] {
              failures[index] = sentence(for: failure)
            }
          }
          progress("features", view * set.count + some.upperBound, views * set.count)
        }
      }
      let document = JSONValue(
        sorted: Dictionary(uniqueKeysWithValues: failures.map { ("\($0)", .string($1)) }))
      try AtomicFile.write(document.text() + "\n", to: list)
      try writer.finish()
    }
    rows = try Embeddings(contentsOf: url, count: views * set.count, of: "grids")
    failures = try Self.failures(in: list)
  }

  private static func failures(in url: URL) throws -> [Int: String] {
    guard let data = try? Data(contentsOf: url), let object = try JSONValue(parsing: data).object else {
      return [:]
    }
    return Dictionary(
      uniqueKeysWithValues: object.compactMap { key, value in
        guard let item = Int(key), let reason = value.string else { return nil }
        return (item, reason)
      })
  }

  /// Grids one after another, (items, cells, channels).
  func grids(_ items: [Int], view: (Int) -> Int = { _ in 0 }) -> [Float] {
    let count = rows.count / views
    return rows.values(of: items.map { view($0) * count + $0 })
  }
}
