import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Files
import Foundation
import JSON

/// `plumb features images`.
struct FeaturesImages: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract: "Write the grid of features of each image.",
    discussion: """
      The output is a NumPy array of the shape (images, cells, channels): the last feature map of a convolutional encoder \
      before it is averaged, or the patches of a vision transformer after its last layer norm. Its description, with the \
      image of each row, is written beside it under the same name with .json.

        plumb features images photos --output photos.npy

      In Python, numpy.load("photos.npy", mmap_mode="r") reads only the rows that are used.
      """)

  @Argument(help: "Image files, folders of images, and .tar archives; - is an image from standard input.")
  var paths: [String]

  @OptionGroup var model: NamedModel

  @Option(name: .shortAndLong, help: ArgumentHelp("NumPy file (.npy) to write.", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("Element type of the file.", valueName: "type"))
  var dtype = GridType.float16

  @Flag(help: "Skip images that cannot be read, list them, and exit with status 2.")
  var keepGoing = false

  @OptionGroup(title: "The model")
  var options: ModelOptions

  /// Images whose grids are in memory together.
  private static let atOnce = 64

  private var description: String {
    (output.lowercased().hasSuffix(".npy") ? String(output.dropLast(4)) : output) + ".json"
  }

  func run() throws {
    var check = OutputCheck()
    check.readsImages(paths)
    check.readsModel(model.name, options.tokenizer)
    check.write(URL(fileURLWithPath: output))
    check.write(URL(fileURLWithPath: description))
    try check.validate()
    let urls = try ImageList(paths.map(inputFile)).urls
    let embedder = try options.open(model.name)
    Output.note(model.warnings(of: embedder))
    let grid = embedder.checkpoint.configuration.vision.grid
    let writer = try NumPyWriter(
      URL(fileURLWithPath: output), rowShape: [grid.cells, grid.channels], type: dtype.number)
    let text = try AtomicFile(URL(fileURLWithPath: description))
    var written: [String] = []
    var skipped: [SkippedItem] = []
    let line = ProgressLine()
    for first in stride(from: 0, to: urls.count, by: Self.atOnce) {
      let some = Array(urls[first..<min(first + Self.atOnce, urls.count)])
      let items = try embedder.imageGrids(at: some, keepGoing: keepGoing)
      for (index, url) in some.enumerated() {
        let name = FileStretch.name(of: url)
        if let failure = items.failures[index] {
          skipped.append(SkippedItem(id: name, reason: sentence(for: failure)))
        } else {
          try writer.append(items[index])
          written.append(name)
        }
      }
      line.update("images", first + some.count, of: urls.count)
    }
    line.clear()
    guard !written.isEmpty else { throw NothingEmbedded(kind: "images", reason: skipped.first?.reason) }
    let document = JSONValue.object([
      .init("output", .string(output)), .init("rows", .array(written.map(JSONValue.string))),
      .init("shape", [.integer(written.count), .integer(grid.cells), .integer(grid.channels)]),
      .init("side", .integer(grid.side)), .init("dtype", .string(dtype.rawValue)),
      .init("model", embedder.provenance(named: model.name).json),
      .init("skipped", skipped.json),
    ])
    try text.write(document.text(isIndented: true) + "\n")
    try writer.finish()
    try text.commit()
    try Output.line(
      "\(output): \(written.count) images, \(grid.side) × \(grid.side) cells of \(grid.channels) channels")
    try Output.end(skipped: skipped)
  }
}

/// The element types that grids are written with.
enum GridType: String, CaseIterable, ExpressibleByArgument {
  case float16
  case float32

  var number: NumPyType { self == .float16 ? .float16 : .float32 }
}
