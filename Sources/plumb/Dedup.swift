import ArgumentParser
import CLIP
import CaptionData
import Files
import Foundation
import JSON
import Retrieval

/// `plumb dedup`.
struct Dedup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find images that show the same, and move all but one of each out of the way.",
    discussion: """
        plumb dedup photos
        plumb dedup photos --html duplicates.html --list duplicates.txt
        plumb dedup photos --move-to duplicates
        plumb dedup --undo duplicates/moved.jsonl

      Images are near-duplicates where their embeddings are near and their light and dark parts lie in the same places (copies of \
      another size, format, quality or colour), or where the embeddings are very near (crops, mirrored copies); --similarity compares \
      the embeddings alone. Images are always compared upright, as their EXIF orientation says. Of each group the largest file is kept, \
      and of equal ones the first by name. Nothing is ever deleted: --move-to moves the others into a folder, below which they keep \
      their paths, with a list, moved.jsonl, from which --undo moves them back. Images in .tar archives are listed and not moved, and no \
      file is moved for one of them; the --list of shards is for plumb filter --exclude.
      """)

  @Argument(help: "Image files, folders of images with their subfolders, and .tar archives.")
  var paths: [String] = []

  @Option(
    help: ArgumentHelp(
      "Least cosine of the embeddings of duplicates, whatever their layout (default: 0.97, or 0.6 with the same layout).",
      valueName: "0…1"))
  var similarity: Float?

  @Option(help: ArgumentHelp("Move duplicates into this folder.", valueName: "folder"))
  var moveTo: String?

  @Option(help: ArgumentHelp("Move the files of a list, moved.jsonl, back.", valueName: "file"))
  var undo: String?

  @Option(help: ArgumentHelp("Write the names of duplicates, one a line.", valueName: "file.txt"))
  var list: String?

  @Option(help: ArgumentHelp("Write a page that shows the groups.", valueName: "file.html"))
  var html: String?

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Skip images that cannot be read, list them, and exit with status 2.")
  var keepGoing = false

  @OptionGroup var model: NamedModel

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    guard (0...1).contains(similarity ?? 0) else {
      throw ValidationError("--similarity must be from 0 to 1.")
    }
    guard undo == nil || (paths.isEmpty && moveTo == nil && list == nil && html == nil) else {
      throw ValidationError("--undo moves files back and does nothing else; give it alone.")
    }
    guard !paths.contains("-"), undo != "-" else {
      throw ValidationError(
        "Images and lists that are moved have a place on the disk; give files, folders or archives in place of -."
      )
    }
    guard undo != nil || !paths.isEmpty else {
      throw ValidationError("Missing expected argument '<paths> ...'")
    }
  }

  func run() throws {
    if let undo { return try moveBack(URL(fileURLWithPath: undo)) }
    try checkOutputs()
    let urls = Self.once(try ImageList(paths.map { URL(fileURLWithPath: $0) }, withSubfolders: true).urls)
    // Upright, as people and the layouts see them, with --exif or without: a copy may have been turned instead of marked.
    var upright = options
    upright.exif = true
    let embedder = try upright.open(model.name)
    Output.note(model.warnings(of: embedder))
    let line = ProgressLine()
    defer { line.clear() }
    let embedded = try embedder.embedImages(at: urls, keepGoing: keepGoing) {
      line.update("images", $0, of: $1)
    }
    let rows = urls.indices.filter { embedded.failures[$0] == nil }
    let skipped = embedded.failures.sorted { $0.key < $1.key }.map {
      SkippedItem(id: FileStretch.name(of: urls[$0.key]), reason: sentence(for: $0.value))
    }
    guard !rows.isEmpty else { throw NothingEmbedded(kind: "images", reason: skipped.first?.reason) }
    let images = rows.map { Self.image(urls[$0]) }
    let rule = similarity.map { DuplicateGroups.Rule(similarity: $0) } ?? .standard
    let layouts =
      rule.withLayout == nil
      ? nil
      : try ImageLayout.layouts(of: rows.map { urls[$0] }, threads: options.threads) {
        line.update("layouts", $0, of: $1)
      }
    let groups = try DuplicateGroups(
      embedded.embeddings.selecting(rows, name: "the images"), layouts: layouts,
      preference: DuplicateReport.preference(images), rule: rule, threads: options.threads
    ) { line.update("comparisons", $0, of: $1) }
    line.clear()
    let report = DuplicateReport(groups, images: images, rule: rule)
    if let list {
      let names = report.duplicates.map { images[$0].name + "\n" }.joined()
      try AtomicFile.write(names, to: outputFile(list))
    }
    if let html { try AtomicFile.write(report.html(), to: outputFile(html)) }
    let moved = try move(report)
    try print(report, moved: moved)
    try Output.end(skipped: skipped)
  }

  private func checkOutputs() throws {
    var check = OutputCheck()
    check.readsImages(paths)
    check.readsModel(model.name, options.tokenizer)
    check.writes(list, html)
    if let moveTo { check.moveInto(URL(fileURLWithPath: moveTo, isDirectory: true)) }
    try check.validateAndTryFiles()
    if let moveTo { try MovedFiles.requireNone(at: Self.list(in: moveTo)) }
  }

  /// Each file once, where links or overlapping folders lead to it again: a file is no duplicate of itself, and must not be moved as one.
  /// It is called by its own path rather than by that of a link.
  private static func once(_ urls: [URL]) -> [URL] {
    var kept: [URL] = []
    var places: [FileIdentity: Int] = [:]
    var members: Set<URL> = []
    for url in urls {
      guard FileStretch(url) == nil, let file = FileIdentity(url) else {
        if members.insert(url).inserted { kept.append(url) }
        continue
      }
      if let place = places[file] {
        if kept[place].isSymbolicLink, !url.isSymbolicLink { kept[place] = url }
      } else {
        places[file] = kept.count
        kept.append(url)
      }
    }
    return kept
  }

  /// The list of what was moved into a folder.
  private static func list(in folder: String) -> URL {
    URL(fileURLWithPath: folder, isDirectory: true).appendingPathComponent("moved.jsonl", isDirectory: false)
  }

  private static func image(_ url: URL) -> DuplicateReport.Image {
    // Of a symbolic link, the file that it leads to.
    let values = try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.fileSizeKey])
    return .init(
      url: url, name: FileStretch.name(of: url), size: FileStretch(url)?.size ?? values?.fileSize ?? 0)
  }

  /// Moves the duplicates that are files of their own, where that was asked for.
  ///
  /// - Returns: the list of the moves, and how many there are.
  private func move(_ report: DuplicateReport) throws -> (list: URL, count: Int)? {
    guard let moveTo else { return nil }
    let files = report.duplicates.map { report.images[$0].url }.filter { FileStretch($0) == nil }
    let moves = try MovedFiles(
      files, of: paths.map { URL(fileURLWithPath: $0) }, to: URL(fileURLWithPath: moveTo, isDirectory: true))
    let list = Self.list(in: moveTo)
    if !files.isEmpty { try moves.carryOut(list: list) }
    return (list, files.count)
  }

  private func print(_ report: DuplicateReport, moved: (list: URL, count: Int)?) throws {
    if json {
      guard case .object(var members) = report.json else { return }
      if let moved {
        members.append(.init("moved", .integer(moved.count)))
        members.append(.init("undo", moved.count > 0 ? .string(moved.list.relativePath) : .null))
      }
      return try Output.line(JSONValue.object(members).text(isIndented: true))
    }
    try Output.text(report.table())
    try Output.line(
      (report.groups.isEmpty ? "" : "\n")
        + "\(report.duplicates.count) of \(report.images.count) images are duplicates of \(report.groups.count) others, "
        + "\(bytes(Double(report.byteCount)))")
    if let moved, moved.count > 0 {
      try Output.line(
        "\(moved.count) moved; plumb dedup --undo \(moved.list.relativePath) moves them back")
    }
  }

  private func moveBack(_ list: URL) throws {
    let (moved, skipped) = try MovedFiles(contentsOf: list).undo()
    try Output.line("\(counted(moved, "file")) moved back")
    // The list of a complete undo makes way for the next one.
    if skipped.isEmpty { try Output.line("the list is \(MovedFiles.retire(list).relativePath) now") }
    try Output.end(skipped: skipped.map { SkippedItem(id: nil, reason: $0) })
  }
}
