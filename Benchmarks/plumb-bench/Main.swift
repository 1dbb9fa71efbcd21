import CLIP
import Compute
import Foundation

/// Times the engine alone, on prepared images or token ids, for the comparison with its peers.
///
///     plumb-bench image --model DIR --precision f32 --batch 32 --rounds 5 --threads 2 --input pixels.npy --output e.npy
@main
struct Benchmark {
  static func main() {
    do { try run() } catch {
      FileHandle.standardError.write(Data("plumb-bench: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run() throws {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    if options.kind == "search" { return try searchBenchmark(options) }
    if options.kind == "refine" { return try refineBenchmark(options) }
    if options.kind == "branches" { return try branchBenchmark(options) }
    let opening = Date()
    let checkpoint = try Checkpoint.open(at: URL(fileURLWithPath: options["model"]))
    guard let precision = Precision(rawValue: options["precision", default: "f32"]) else {
      throw Options.Problem(description: "--precision is f32, bf16 or int8")
    }
    let model = try CLIPModel(
      checkpoint, precision: precision, threads: Int(options["threads", default: "2"]),
      packing: options["packing", default: "always"] == "always" ? .always : .whereNeeded)
    let runner: (Range<Int>) throws -> EmbeddedItems
    let available: Int
    switch options.kind {
    case "image":
      let images = try readImages(URL(fileURLWithPath: options["input"]))
      available = images.count
      let folder = URL(fileURLWithPath: options["model"])
      let described = try? ImagePreprocessing.load(from: folder)
      let table = (described ?? .clip(imageSize: 224)).normalization
      runner = { range in
        try model.embedImages(
          count: range.count, normalization: table, normalized: options["raw", default: ""].isEmpty
        ) {
          images[(range.lowerBound + $0) % images.count]
        }
      }
    default:
      let data = try Data(contentsOf: URL(fileURLWithPath: options["input"]))
      let texts = try JSONDecoder().decode([[Int32]].self, from: data)
      available = texts.count
      runner = { range in
        try model.embedTexts(Array(texts[range]), normalized: options["raw", default: ""].isEmpty)
      }
    }
    let batch = Int(options["batch", default: "32"]) ?? 32
    let count = min(available, Int(options["count", default: "\(available)"]) ?? available)
    let first = try runner(0..<min(batch, count))
    if let failure = first.failures.first { throw failure.value }
    let ready = Date()

    var best = Double.infinity
    var all: [Float] = []
    for _ in 0..<(Int(options["rounds", default: "5"]) ?? 5) {
      all = []
      let start = Date()
      for lower in stride(from: 0, to: count, by: batch) {
        all += try runner(lower..<min(count, lower + batch)).embeddings.values
      }
      best = min(best, -start.timeIntervalSinceNow)
    }
    if let output = options.values["output"] {
      try writeRows(all, dimension: first.embeddings.dimension, to: URL(fileURLWithPath: output))
    }
    print(
      """
      {"items": \(count), "best_seconds": \(best), "best_ms_per_item": \(best * 1000 / Double(count)), \
      "ready_seconds": \(ready.timeIntervalSince(opening)), "instruction_set": "\(Hardware.instructionSet)", \
      "precision": "\(Hardware.meaning(of: precision))"}
      """)
  }

  /// Unsigned bytes of shape (images, height, width, 3).
  private static func readImages(_ file: URL) throws -> [PreparedImage] {
    let data = try Data(contentsOf: file)
    let header = 10 + Int(data[8]) + Int(data[9]) << 8
    let text = String(decoding: data[10..<header], as: UTF8.self)
    guard let open = text.firstIndex(of: "("), let close = text.firstIndex(of: ")") else {
      throw Options.Problem(description: "\(file.path) has no shape")
    }
    let shape = text[open..<close].dropFirst().split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    guard shape.count == 4, shape[3] == 3 else {
      throw Options.Problem(description: "\(file.path): (n, h, w, 3)")
    }
    let size = shape[1] * shape[2] * 3
    return (0..<shape[0]).map { index in
      let start = header + index * size
      return PreparedImage(height: shape[1], width: shape[2], pixels: Array(data[start..<(start + size)]))
    }
  }

  private static func writeRows(_ values: [Float], dimension: Int, to file: URL) throws {
    var header =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(values.count / dimension), \(dimension)), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0])
    data += Data([UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]) + Data(header.utf8)
    values.withUnsafeBytes { data.append(contentsOf: $0) }
    try data.write(to: file)
  }
}

/// `image|text|search|refine|branches` and then `--name value` pairs.
struct Options {
  struct Problem: Error, CustomStringConvertible { var description: String }

  let kind: String
  let values: [String: String]

  init(_ arguments: [String]) throws {
    let kinds = ["image", "text", "search", "refine", "branches"]
    guard let kind = arguments.first, kinds.contains(kind) else {
      throw Problem(
        description:
          "usage: plumb-bench \(kinds.joined(separator: "|")) --input FILE [--model M] [--name value …]"
      )
    }
    self.kind = kind
    var values: [String: String] = [:]
    for index in stride(from: 1, to: arguments.count - 1, by: 2) {
      values[String(arguments[index].dropFirst(2))] = arguments[index + 1]
    }
    self.values = values
  }

  subscript(_ name: String) -> String { values[name] ?? "" }
  subscript(_ name: String, default other: String) -> String { values[name] ?? other }
}
