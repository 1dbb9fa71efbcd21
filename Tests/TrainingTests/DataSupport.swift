import Foundation
import TestSupport
import Training

/// Small made-up data.
enum MadeUp {
  static let fixtures = TestData.fixtures()

  /// An image of the fixtures: noise, 40 by 30 and the like, or `broken`.
  static func image(_ name: String) throws -> Data {
    try Data(contentsOf: fixtures.appendingPathComponent("images/\(name)"))
  }

  /// Writes `count` images and a TSV of path and captions into a folder.
  static func imageFolder(_ folder: URL, count: Int, broken: Set<Int> = []) throws -> URL {
    let names = ["a.jpg", "b.jpg", "c.png", "d.webp"]
    var table = ""
    for item in 0..<count {
      let source = names[item % names.count]
      let name = "p\(item).\(source.split(separator: ".")[1])"
      let data = broken.contains(item) ? Data("not an image".utf8) : try image(source)
      try data.write(to: folder.appendingPathComponent(name))
      table += "\(name)\timage number \(item)\n\(name)\tthe same again, \(item)\n"
    }
    let url = folder.appendingPathComponent("captions.tsv")
    try Data(table.utf8).write(to: url)
    return url
  }

  /// A folder of images as a set.
  static func set(in folder: URL, count: Int, broken: Set<Int> = []) throws -> TrainingSet {
    try .table(imageFolder(folder, count: count, broken: broken), images: folder)
  }

  /// Text written into a file of a folder.
  static func file(_ name: String, _ text: String, in folder: URL) throws -> URL {
    let url = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: url)
    return url
  }
}

/// The text that an error has for people; "no error" where there was none.
func message<T>(_ body: () throws -> T) -> String {
  do {
    _ = try body()
    return "no error"
  } catch {
    return (error as? any LocalizedError)?.errorDescription ?? "\(error)"
  }
}
