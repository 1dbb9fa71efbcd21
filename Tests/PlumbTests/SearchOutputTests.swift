import CLIP
import Foundation
import JSON
import TestSupport
import Testing

/// How `plumb search` shows what it found.
@Suite struct SearchOutputTests {
  /// An index of images of which one has two copies.
  private func withIndex(_ body: (_ folder: URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let photos = folder.appendingPathComponent("photos")
      try FileManager.default.createDirectory(
        at: photos.appendingPathComponent("more"), withIntermediateDirectories: true)
      for (name, number) in [("a", 1), ("b", 2), ("b-copy", 2), ("more/b", 2), ("c", 3)] {
        try StripedImage.bitmap(number).write(to: photos.appendingPathComponent("\(name).bmp"))
      }
      try StripedImage.bitmap(5, side: 60).write(to: photos.appendingPathComponent("large.bmp"))
      let made = try CommandRun(
        ["index", "photos", "--index", "own.index", "--model", ScoreTests.tinyModel], in: folder)
      try #require(made.status == 0, "\(made.errors)")
      try body(folder)
    }
  }

  private func search(_ arguments: String..., in folder: URL) throws -> CommandRun {
    let run = try CommandRun(["search"] + arguments + ["--index", "own.index"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    return run
  }

  private func hits(_ document: CommandRun) throws -> [JSONValue] {
    try #require(JSONValue(parsing: document.output.utf8).object?["hits"]?.array)
  }

  @Test func copiesAreOneHit() throws {
    try withIndex { folder in
      let lines = try search("photos/b.bmp", in: folder).output.split(separator: "\n")
      #expect(lines.count == 4 && lines[0].hasSuffix("photos/b-copy.bmp\t+2 more"), "\(lines)")
      #expect(lines.dropFirst().allSatisfy { !$0.contains("more") })
      let all = try hits(search("photos/b.bmp", "--json", in: folder))
      let best = try #require(all.first?.object)
      #expect(best["path"]?.string?.hasSuffix("/photos/b-copy.bmp") == true)
      let copies = best["copies"]?.array?.compactMap(\.string) ?? []
      #expect(copies.map { $0.hasSuffix("/photos/b.bmp") } == [true, false])
      #expect(copies.map { $0.hasSuffix("/photos/more/b.bmp") } == [false, true])
      // Copies that a filter leaves out are not named.
      let filtered = try hits(search("photos/b.bmp", "--json", "--in", "photos/more", in: folder))
      #expect(filtered.count == 1 && filtered[0].object?["copies"] == .array([]))
      #expect(filtered[0].object?["path"]?.string?.hasSuffix("/photos/more/b.bmp") == true)
      // An object a line, the same as in the document.
      let objects = try search("photos/b.bmp", "--jsonl", in: folder).output.split(separator: "\n").map {
        try JSONValue(parsing: $0.utf8)
      }
      #expect(objects == all)
    }
  }

  @Test func theLeastScoreIsAShareOfTheBest() throws {
    try withIndex { folder in
      func scores(_ arguments: String...) throws -> [Double] {
        let run = try CommandRun(
          ["search"] + arguments + ["--json", "--index", "own.index"], in: folder)
        return try hits(run).compactMap { $0.object?["score"]?.number }
      }
      let all = try scores("photos/b.bmp")
      try #require(all.count == 4 && all[0] > all[1] && all[1] > all[2] && all[2] > 0, "\(all)")
      for count in 1...2 {
        let share = (all[count - 1] + all[count]) / (2 * all[0])
        #expect(try scores("photos/b.bmp", "--at-least", "\(share)") == Array(all.prefix(count)))
      }
      #expect(try scores("photos/b.bmp", "--at-least", "0") == all)
      // A share of a score below 0: the best image stays.
      let against = try scores("c", "-", "9:photos/b.bmp")
      try #require(against[0] < 0, "\(against)")
      #expect(try scores("c", "-", "9:photos/b.bmp", "--at-least", "0.5") == [against[0]])
      for wrong in ["1.5", "-0.1", "nan", "much"] {
        let run = try CommandRun(
          ["search", "dog", "--at-least=\(wrong)", "--index", "own.index"], in: folder)
        #expect(run.status == 64 && run.errors.contains("--at-least"), "\(run.errors)")
      }
    }
  }

  /// What `plumb search --thumbnails` writes to a terminal for one image, and the line that must come after it.
  private func shown(_ environment: [String: String], in folder: URL) throws -> Substring {
    let terminal = try Pseudoterminal()
    let run = try CommandRun(
      ["search", "photos/large.bmp", "--top", "1", "--thumbnails", "--index", "own.index"], in: folder,
      environment: ["KITTY_WINDOW_ID": "", "TERM": "xterm", "TERM_PROGRAM": ""].merging(environment) { $1 },
      redirections: "> '\(terminal.path)'")
    let text = String(decoding: terminal.output(), as: UTF8.self)
    #expect(run.status == 0, "\(run.errors)")
    let line = try #require(text.range(of: "1.0000\t"))
    #expect(text[line.upperBound...].hasSuffix("/photos/large.bmp\n"))
    return text[..<line.lowerBound]
  }

  @Test func kittyGetsThePixels() throws {
    try withIndex { folder in
      for environment in [["TERM": "xterm-kitty"], ["KITTY_WINDOW_ID": "1"], ["TERM_PROGRAM": "WezTerm"]] {
        var rest = try shown(environment, in: folder)
        // Pieces of at most 4,096 characters, of which the first has the keys and the last says that no more come.
        var base64 = ""
        var keys: [Substring] = []
        while let start = rest.range(of: "\u{1B}_G"), start.lowerBound == rest.startIndex {
          let end = try #require(rest.range(of: "\u{1B}\\"))
          let parts = rest[start.upperBound..<end.lowerBound].split(separator: ";", maxSplits: 1)
          try #require(parts.count == 2 && parts[1].utf8.count <= 4096)
          keys.append(parts[0])
          base64 += parts[1]
          rest = rest[end.upperBound...]
        }
        #expect(rest == "\n" && keys == ["a=T,f=24,s=60,v=60,m=1", "m=1", "m=1", "m=0"])
        let bitmap = StripedImage.bitmap(5, side: 60)
        #expect(Data(base64Encoded: base64) == Data(StripedImage.pixels(bitmap, side: 60)))
      }
    }
  }

  @Test func iTermGetsAFile() throws {
    try withIndex { folder in
      for program in ["iTerm.app", "vscode", "mintty"] {
        let text = try shown(["TERM_PROGRAM": program], in: folder)
        let parts = text.split(separator: ":", maxSplits: 1)
        try #require(parts.count == 2 && parts[1].hasSuffix("\u{07}\n"))
        let file = try #require(Data(base64Encoded: String(parts[1].dropLast(2))))
        #expect(parts[0] == "\u{1B}]1337;File=inline=1;size=\(file.count)")
        let loader = ImageLoader(preprocessing: .init(size: .unchanged, crop: nil))
        let image = try loader.prepare(file, name: "thumbnail")
        #expect(image.width == 60 && image.height == 60)
      }
    }
  }

  @Test func sixelsShowTheImage() throws {
    try withIndex { folder in
      let expected = StripedImage.pixels(StripedImage.bitmap(5, side: 60), side: 60)
      for terminal in ["foot", "mlterm", "xterm-sixel"] {
        let text = try shown(["TERM": terminal], in: folder)
        try #require(text.hasPrefix("\u{1B}Pq\"1;1;60;60#") && text.hasSuffix("-\u{1B}\\\n"))
        let pixels = try Self.decoded(text.dropFirst("\u{1B}Pq\"1;1;60;60".count).dropLast(3), side: 60)
        try #require(pixels.count == expected.count)
        // The palette has a shade every 51; dithering takes the one below or above.
        #expect(zip(pixels, expected).allSatisfy { abs($0 - Int($1)) <= 51 })
      }
    }
  }

  /// The red, green and blue, from 0 to 255, that sixel data draws; each pixel must be drawn once.
  private static func decoded(_ text: Substring, side: Int) throws -> [Int] {
    var palette: [Int: [Int]] = [:]
    var pixels = [Int](repeating: -1, count: side * side * 3)
    var (color, row, column) = (0, 0, 0)
    let bytes = Array(text.utf8)
    var place = 0
    func readNumbers() -> [Int] {
      let start = place
      while place < bytes.count, bytes[place] == UInt8(ascii: ";") || (48...57).contains(bytes[place]) {
        place += 1
      }
      return String(decoding: bytes[start..<place], as: UTF8.self).split(separator: ";").compactMap {
        Int($0)
      }
    }
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      switch byte {
      case UInt8(ascii: "#"):
        // A number chooses a colour; with 2 and percents it also defines it.
        let numbers = readNumbers()
        color = try #require(numbers.first)
        if numbers.count == 5 { palette[color] = numbers.suffix(3).map { $0 * 255 / 100 } }
      case UInt8(ascii: "$"): column = 0
      case UInt8(ascii: "-"): (row, column) = (row + 6, 0)
      default:
        try #require((63...126).contains(byte) && column < side)
        for bit in 0..<6 where Int(byte - 63) >> bit & 1 == 1 {
          let start = ((row + bit) * side + column) * 3
          try #require(row + bit < side && pixels[start] == -1)
          pixels.replaceSubrange(start..<start + 3, with: try #require(palette[color]))
        }
        column += 1
      }
    }
    return pixels
  }
}
