import ArgumentParser
import CLIP
import CaptionData
import Files
import Foundation
import JSON
import Retrieval

/// `plumb index`.
struct IndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Index the images of folders, to search them.",
    discussion: """
        plumb index photos
        plumb index ~/photos /media/archive --index photos.index
        plumb index

      Folders are looked through with everything below them, but for hidden files, which are counted. Images that have not changed since the last time \
      are not read again; what was moved or copied keeps its embedding. Without folders, those of the last time are looked at again. \
      A run that was interrupted goes on with the same command. Images that cannot be read are listed, with exit status 2.
      """)

  @Argument(help: ArgumentHelp("Folders and image files.", valueName: "path"))
  var paths: [String] = []

  @OptionGroup var place: IndexPlace

  @OptionGroup var model: NamedModel

  @Option(
    help: ArgumentHelp(
      "How a new index stores embeddings (default: float16); int8 takes three quarters of float16, and is searched twice as fast.",
      valueName: "type"))
  var dtype: IndexType?

  @Option(
    help: ArgumentHelp(
      "Also build the trees of decision branches, within so much memory, for indexes of millions of images: plumb serve then offers that method.",
      valueName: "MiB"))
  var branches: Int?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    guard (1...1 << 20).contains(branches ?? 1) else {
      throw ValidationError("--branches must be from 1 to \(1 << 20).")
    }
  }

  func run() throws {
    let folder = place.url
    let places = paths.map { URL(fileURLWithPath: $0) }
    try ImageIndex.check(places, forIndexAt: folder)
    // The model of an index that is there, unless another is asked for, which is then refused.
    let own = model.model ?? (try? ImageIndex(contentsOf: folder))?.model.name ?? model.name
    let embedder = try options.open(own)
    Output.note(embedder.warnings)
    let index = try ImageIndex(at: folder, for: embedder, named: own, type: dtype?.number ?? .float16)
    if let dtype, dtype.number != index.type {
      throw ValidationError(
        "\(folder.relativePath) stores \(index.type.rawValue); leave out --dtype, or name another index.")
    }
    let line = ProgressLine(isLogged: true)
    let report = try index.update(
      adding: places, with: embedder,
      waits: { Output.note("another process is writing to \(folder.relativePath); waiting for it.") },
      progress: { line.update("images", $0, of: $1) })
    line.clear()
    let trees = try branches.map { try index.buildBranches(memory: $0 << 20, threads: options.threads) }
    if json {
      let document: JSONValue = [
        "index": .string(folder.path), "model": .string(own), "images": .integer(report.files),
        "embedded": .integer(report.embedded), "reused": .integer(report.reused),
        "unchanged": .integer(report.unchanged), "deleted": .integer(report.deleted),
        "hidden": .integer(report.hidden), "loops": .integer(report.loops),
        "trees": trees.map { .integer($0.treeCount) } ?? .null,
        "skipped": .array(report.skipped.map { ["path": .string($0.path), "reason": .string($0.reason)] }),
      ]
      try Output.line(document.text(isIndented: true))
    } else {
      try Output.line(
        "\(folder.relativePath): \(report.files) images by \(own); \(report.embedded) new, \(report.reused) known by their content, "
          + "\(report.unchanged) unchanged, \(report.deleted) gone\(Self.passedOver(report))")
      if let trees {
        try Output.line("\(trees.treeCount) trees of decision branches, \(trees.byteCount >> 20) MiB")
      }
    }
    let skipped = report.skipped.map { SkippedItem(id: $0.path, reason: "\($0.path): \($0.reason)") }
    try Output.end(skipped: skipped, isListed: json)
  }

  /// What was passed over and is no failure, where there was any.
  private static func passedOver(_ report: IndexReport) -> String {
    (report.hidden > 0 ? ", \(report.hidden) hidden" : "")
      + (report.loops > 0 ? ", \(report.loops) looping \(report.loops == 1 ? "link" : "links")" : "")
  }
}

/// Where an index is.
struct IndexPlace: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder of the index (default: plumb/index in your data folder).", valueName: "folder"))
  var index: String?

  var url: URL { index.map { URL(fileURLWithPath: $0) } ?? ImageIndex.userDefault }
}

/// The element types that an index stores embeddings with.
enum IndexType: String, CaseIterable, ExpressibleByArgument {
  case float16
  case float32
  case int8

  var number: NumPyType {
    switch self {
    case .float16: .float16
    case .float32: .float32
    case .int8: .int8
    }
  }
}
