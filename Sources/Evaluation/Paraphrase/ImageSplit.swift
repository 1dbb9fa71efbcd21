import CaptionData
package import Foundation

/// The names of the images that count, such as `Flickr_8k.testImages.txt`: a name a line.
package struct ImageSplit: Sendable {
  private var names: Set<String> = []

  /// Reads a list.
  ///
  /// - Throws: ``DatasetError``, also where the file is empty.
  package init(contentsOf url: URL) throws {
    for line in try TextFile(contentsOf: url).lines() {
      let name = line.trimmed()
      guard !name.isEmpty else { continue }
      names.insert(name)
      if let stem = NameIndex.stem(name) { names.insert(stem) }
    }
  }

  /// Whether an image, by its name or its id, is one of them; extensions do not matter.
  package func contains(_ name: String) -> Bool {
    names.contains(name) || NameIndex.stem(name).map(names.contains) ?? false
  }
}
