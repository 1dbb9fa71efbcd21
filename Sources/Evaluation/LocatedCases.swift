import CLIP
import CaptionData
import Foundation

/// The cases of a set whose images are there.
struct LocatedCases {
  let set: CompositionSet
  /// The place of each in the set, and of its image among ``regions``.
  private(set) var cases: [(index: Int, region: Int)] = []
  /// The images, or what is looked at of them, each once.
  private(set) var regions: [ImageRegion] = []
  /// The cases without an image, and why.
  private(set) var skipped: [SkippedItem] = []

  /// Finds images.
  ///
  /// - Throws: ``DatasetError``, ``EvaluationError``.
  init(_ set: CompositionSet, in folder: URL, keepGoing: Bool) throws {
    self.set = set
    var folder = try ImageFolder(folder)
    var places: [ImageRegion: Int] = [:]
    for (index, item) in set.cases.enumerated() {
      do {
        guard let url = try folder.find(item.image) else {
          throw EvaluationError.noImage(id: item.id, image: item.image, folder: folder.url.relativePath)
        }
        let region = ImageRegion(url, box: item.box)
        let place = places[region] ?? regions.count
        if place == regions.count {
          places[region] = place
          regions.append(region)
        }
        cases.append((index, place))
      } catch let error as EvaluationError {
        guard keepGoing else { throw error }
        skipped.append(SkippedItem(id: item.id, reason: error.description))
      } catch let error as DatasetError {
        guard keepGoing, error.isAboutOneItem else { throw error }
        skipped.append(SkippedItem(id: item.id, reason: "\(item.id): \(error.description)"))
      }
    }
    guard !cases.isEmpty else { throw EvaluationError.noCases(set: set.kind.rawValue) }
  }
}
