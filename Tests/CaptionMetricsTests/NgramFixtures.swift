import CaptionMetrics
import Foundation
import TestSupport

/// The goldens under `Fixtures/ngram`, which `make_golden.py` there makes with pycocoevalcap 1.2.
enum NgramFixtures {
  struct Tokens: Decodable {
    let captions: [String]
    let tokens: [String]
  }

  struct Values: Decodable {
    let corpus: Double
    let perItem: [Double]
  }

  struct CaptionSet: Decodable {
    let name: String
    let candidates: [String]
    let references: [[String]]
    let scores: [String: Values]
  }

  struct Metrics: Decodable { let sets: [CaptionSet] }

  struct Corpora: Decodable {
    struct Checksum: Decodable {
      let captions: Int
      let checksum: String
    }
    let tokens: [String: Checksum]
    let flickr8k: [String: Values]
  }

  static func read<Fixture: Decodable>(_ name: String) throws -> Fixture {
    let file = TestData.fixtures().appendingPathComponent("ngram/\(name)")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  /// All the values of `corpus`, by name.
  static func scores(_ corpus: TokenizedCorpus) -> [String: MetricResult] {
    let results = BLEU().score(corpus) + [ROUGEL().score(corpus), CIDEr().score(corpus)]
    return Dictionary(results.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

/// Reads the lines of the folder of real data.
enum RealCaptions {
  static func lines(_ path: String) throws -> [String] {
    guard let folder = TestData.shared else { return [] }
    let file = folder.appendingPathComponent(path)
    guard path.hasSuffix(".gz") else { return split(try Data(contentsOf: file)) }
    let unpacked = Process()
    unpacked.executableURL = URL(fileURLWithPath: "/bin/gzip")
    unpacked.arguments = ["-dc", file.path]
    let output = Pipe()
    unpacked.standardOutput = output
    try unpacked.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    unpacked.waitUntilExit()
    return split(data)
  }

  private static func split(_ data: Data) -> [String] {
    var lines = data.split(separator: 10, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// The field at `index` of each line of `count` fields.
  static func column(_ index: Int, of count: Int, _ path: String) throws -> [String] {
    try lines(path).map { line in
      let fields = line.utf8.split(separator: 9, maxSplits: count - 1, omittingEmptySubsequences: false)
      return index < fields.count ? String(Substring(fields[index])) : ""
    }
  }

  /// Flickr8k's captions by image, in the file's order.
  static func flickr8k() throws -> [[String]] {
    var images: [[String]] = []
    var last = ""
    for line in try lines("flickr8k/Flickr8k.token.txt") {
      let fields = line.split(separator: "\t", maxSplits: 1)
      let name = String(fields[0].prefix { $0 != "#" })
      if name != last { images.append([]) }
      last = name
      images[images.count - 1].append(String(fields[1]))
    }
    return images
  }
}
