import ArgumentParser
import CLIP
import Compute
import Foundation
import JSON
import Retrieval

/// `plumb search`.
struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Search indexed images by words and by images.",
    discussion: """
        plumb search "a dog on the beach"
        plumb search "a street" + snow - people 2:night --top 20
        plumb search holiday.jpg "at night" --in ~/photos --json

      Terms are added up, each with unit length: + and - before a term are its sign, a number with a colon its weight. The name of an \
      image file stands for the image. Every image of the index is compared; copies of an image are one hit.
      """)

  @Argument(
    parsing: .remaining,
    help: ArgumentHelp("Words in quotes, image files, + and -; options may follow.", valueName: "term"))
  var words: [String] = []

  @OptionGroup var place: IndexPlace

  @Option(help: ArgumentHelp("Maximum number of images.", valueName: "count"))
  var top = 10

  @Option(
    help: ArgumentHelp(
      "Leave out images whose score is below this share of the best one, from 0 to 1.", valueName: "share"))
  var atLeast = 0.0

  @Option(name: .customLong("in"), help: ArgumentHelp("Only images below this folder.", valueName: "folder"))
  var folder: String?

  @Option(
    help: ArgumentHelp(
      "Only images whose name (or path, where it has a /) matches the pattern: '*.png'.", valueName: "pattern"
    ))
  var glob: String?

  @Option(help: ArgumentHelp("Only images that changed on this day or later.", valueName: "yyyy-mm-dd"))
  var since: String?

  @Option(help: ArgumentHelp("Only images that changed before this day.", valueName: "yyyy-mm-dd"))
  var before: String?

  @Option(help: ArgumentHelp("Only images of at least so many bytes.", valueName: "count"))
  var minBytes: Int64 = 0

  @Option(help: ArgumentHelp("Only images of at most so many bytes.", valueName: "count"))
  var maxBytes: Int64?

  @Flag(
    help:
      "How hits are printed: with their scores, as paths alone, as one JSON document, or as a JSON object a line."
  )
  var format = Format.scores

  @Flag(help: "Show the images too, in terminals that can: kitty, iTerm2, those with sixels, and their kin.")
  var thumbnails = false

  @OptionGroup(title: "The model")
  var options: ModelOptions

  /// How hits are printed.
  enum Format: String, EnumerableFlag {
    case scores, paths, json, jsonl
  }

  func validate() throws {
    guard !words.isEmpty else {
      throw ValidationError("Say what to look for: plumb search \"a dog on the beach\".")
    }
    guard top > 0 else { throw ValidationError("--top must be 1 or more.") }
    guard (0...1).contains(atLeast) else { throw ValidationError("--at-least must be from 0 to 1.") }
    guard !thumbnails || format == .scores else {
      throw ValidationError(
        "--thumbnails is for people, and --\(format.rawValue) for programs; leave one out.")
    }
    guard minBytes <= maxBytes ?? .max else {
      throw ValidationError("--min-bytes must not exceed --max-bytes.")
    }
    _ = try (since.map(Self.day), before.map(Self.day))
  }

  func run() throws {
    let query = try SearchQuery(words: words)
    let index = try ImageIndex(contentsOf: place.url)
    let embedder = try options.open(index.model.name, packing: .whereNeeded)
    let search = try ImageSearch(index, with: embedder, threads: options.threads)
    var filter = SearchFilter()
    filter.folder = folder.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().standardizedFileURL.path }
    filter.pattern = glob
    let start = try since.map(Self.day) ?? .distantPast
    filter.changed = start..<max(start, try before.map(Self.day) ?? .distantFuture)
    filter.bytes = minBytes...(maxBytes ?? .max)
    let hits = try search.hits(for: query, most: top, atLeast: atLeast, filter: filter)
    if hits.isEmpty {
      Output.note(
        search.count == 0
          ? "the index is empty: plumb index FOLDER fills it."
          : "none of \(search.count) images is left by --in, --glob, --since, --before, --min-bytes and --max-bytes."
      )
    }
    try show(hits, of: index, count: search.count)
  }

  private func show(_ hits: [ImageSearch.Hit], of index: ImageIndex, count: Int) throws {
    func json(_ hit: ImageSearch.Hit) -> JSONValue {
      [
        "path": .string(hit.paths[0]), "score": .number(Double(hit.score)),
        "copies": .array(hit.paths.dropFirst().map { .string($0) }),
      ]
    }
    switch format {
    case .json:
      let document: JSONValue = [
        "query": .array(words.map { .string($0) }), "model": .string(index.model.name),
        "images": .integer(count), "hits": .array(hits.map(json)),
      ]
      try Output.line(document.text(isIndented: true))
    case .jsonl: for hit in hits { try Output.line(json(hit).text()) }
    case .paths: for hit in hits { try Output.line(hit.paths[0]) }
    case .scores:
      let terminal = thumbnails ? TerminalImage.detected() : nil
      if thumbnails, terminal == nil { Output.note("this terminal is not known to show images.") }
      for hit in hits {
        if let terminal {
          // An image that cannot be read any more still has its line.
          let url = URL(fileURLWithPath: hit.paths[0])
          try Output.raw((try? TerminalImage.text(contentsOf: url, side: 160, by: terminal)) ?? "")
        }
        let copies = hit.paths.count > 1 ? "\t+\(hit.paths.count - 1) more" : ""
        try Output.line("\(fixed(Double(hit.score)))\t\(hit.paths[0])\(copies)")
      }
    }
  }

  private static func day(_ text: String) throws -> Date {
    guard let date = SearchFilter.day(text) else {
      throw ValidationError("\"\(text)\" is not a day such as 2024-05-31.")
    }
    return date
  }
}
