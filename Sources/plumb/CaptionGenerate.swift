import ArgumentParser
import CLIP
import CaptionData
import CaptionMetrics
import Captioning
import Compute
import Files
import Foundation
import JSON

/// `plumb caption generate`.
struct CaptionGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Describe images.",
    discussion: """
        plumb caption generate photos
        plumb caption generate photos --output results.json
        plumb caption generate cats.jpg dogs.png --n-best 5 --rerank 0.5 --output captions.jsonl
        plumb caption generate photos --sample 5 --temperature 0.8 --seed 1 --output captions.jsonl
        plumb caption generate photos --sidecar

      Captions are printed, or written to --output: .json has COCO's results, which plumb score reads; .jsonl all captions of \
      an image with their log-probabilities and CLIPScores; .csv a table. --sidecar writes dog.txt beside dog.jpg. Images \
      that cannot be read are skipped and listed, with exit status 2. With --output, a run that was stopped resumes where it \
      was. Equal commands give equal captions, sampled ones too.
      """)

  @Argument(help: "Image files, folders of images, and .tar archives; - is an image from standard input.")
  var paths: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Captioner: a folder, or captioner, which comes with Plumb.", valueName: "folder"))
  var model = Captioner.builtIn

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "File to write: .json (COCO results), .jsonl or .csv; - writes COCO results to standard output.",
      valueName: "file"))
  var output: String?

  @Flag(help: "Write each caption into a .txt file beside its image.")
  var sidecar = false

  @Flag(help: "Print a JSON document.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Order an image's captions by log p / length^α + λ · CLIPScore.", valueName: "λ"))
  var rerank = 0.0

  @OptionGroup(title: "How words are chosen")
  var generation: GenerationArguments

  @OptionGroup(title: "The encoder")
  var options: CaptionerOptions

  func validate() throws {
    if sidecar, paths.contains("-") {
      throw ValidationError(
        "--sidecar writes beside each image, and an image from standard input has no place; leave out --sidecar."
      )
    }
    guard rerank.isFinite, (0...1e6).contains(rerank) else {
      throw ValidationError("--rerank must be 0 or more.")
    }
  }

  /// What a file holds, by its name.
  private enum OutputKind: String {
    case json, jsonl, csv

    init?(_ path: String) {
      self.init(rawValue: path == "-" ? "json" : (path as NSString).pathExtension.lowercased())
    }
  }

  func run() throws {
    var check = OutputCheck()
    check.readsImages(paths)
    check.readsModel(model)
    check.writes(output)
    let urls = try ImageList(paths.map(inputFile)).urls
    let sidecars = sidecar ? try urls.map(self.sidecar) : []
    for url in sidecars { check.write(url) }
    try check.validateAndTryFiles()
    if let output, OutputKind(output) == nil {
      throw ValidationError("--output must end in .json, .jsonl or .csv; without it, captions are printed.")
    }
    let names = urls.map(FileStretch.name(of:))
    if let output, OutputKind(output) == .json { try CaptionedImage.checkIDs(of: names) }
    var generation = try generation.options()
    let captioner = try Captioner(opening: ModelLocator.resolve(model), options: options.options)
    if self.generation.lengthPenalty == nil, let own = captioner.checkpoint.configuration.lengthPenalty {
      generation.lengthPenalty = own
    }
    try captioner.check(generation)
    Output.note(captioner.embedder.warnings)
    // Nothing lies beside standard output: such a run begins anew.
    let journal = try output.flatMap { output in
      output == "-"
        ? nil
        : try CaptionJournal(
          beside: URL(fileURLWithPath: output),
          mark: captioner.mark(of: urls, generation, rerankWeight: rerank))
    }
    var images = journal?.images ?? []
    if !images.isEmpty {
      Output.note("\(images.count) of \(urls.count) images were described before; resuming")
    }
    let line = ProgressLine()
    for first in stride(from: images.count, to: urls.count, by: Captioner.atOnce) {
      let some = first..<min(first + Captioner.atOnce, urls.count)
      let result = try captioner.captions(
        of: Array(urls[some]), options: generation, rerankWeight: rerank, keepGoing: true)
      let found = some.map { index in
        CaptionedImage(
          image: names[index], captions: result.captions[index - first],
          failure: result.failures[index - first].map { sentence(for: $0) })
      }
      images += found
      try journal?.append(found)
      line.update("images", some.upperBound, of: urls.count)
    }
    line.clear()
    guard images.contains(where: { $0.failure == nil }) else {
      journal?.finish()
      throw NothingEmbedded(kind: "images", reason: images.first?.failure)
    }
    try write(images, sidecars, captioner)
    journal?.finish()
    try Output.end(skipped: images.skipped)
  }

  private func write(_ images: [CaptionedImage], _ sidecars: [URL], _ captioner: Captioner) throws {
    for (url, image) in zip(sidecars, images) {
      if let best = image.captions.first { try AtomicFile.write(best.text + "\n", to: url) }
    }
    if let output, let kind = OutputKind(output) {
      let text =
        switch kind {
        case .json: try images.cocoResults.text(isIndented: true) + "\n"
        case .jsonl: try images.jsonLines()
        case .csv: images.csv
        }
      try AtomicFile.write(text, to: outputFile(output))
    }
    if json {
      let document: JSONValue = [
        "images": .array(images.map(\.json)), "captioner": .string(model),
        "encoder": captioner.embedder.provenance(named: captioner.checkpoint.configuration.encoder).json,
        "skipped": images.skipped.json,
      ]
      try Output.line(document.text(isIndented: true))
    } else if output == nil, !sidecar {
      for image in images where image.failure == nil {
        for caption in image.captions { try Output.line("\(image.image)\t\(caption.text)") }
      }
    } else {
      let count = images.filter { $0.failure == nil }.count
      try Output.line("\(output ?? "beside the images"): captions of \(count) images")
    }
  }

  /// The text file beside an image.
  private func sidecar(of image: URL) throws -> URL {
    guard FileStretch(image) == nil else {
      throw ValidationError("--sidecar needs image files; take --output for archives.")
    }
    return image.deletingPathExtension().appendingPathExtension("txt")
  }
}

/// How a captioner's encoder computes.
struct CaptionerOptions: ParsableArguments {
  @Option(help: "Arithmetic precision of the image encoder: int8 is the fastest, f32 the reference.")
  var precision = Precision.float32

  @Option(help: ArgumentHelp("Number of CPU threads (default: all cores).", valueName: "count"))
  var threads: Int?

  @Flag(help: "Apply the EXIF orientation of images.")
  var exif = false

  @Option(help: ArgumentHelp("Maximum number of pixels of an image.", valueName: "count"))
  var maxPixels = ImageLoader.defaultPixelLimit

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
    guard maxPixels > 0 else { throw ValidationError("--max-pixels must be 1 or more.") }
  }

  var options: CLIPEmbedder.Options {
    var options = CLIPEmbedder.Options(threads: threads)
    options.precision = precision
    options.honoursEXIF = exif
    options.pixelLimit = maxPixels
    return options
  }
}

/// How words are chosen, as arguments.
struct GenerationArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("Width of the beam search; 1 is greedy (default: 3, or --n-best).", valueName: "count")
  )
  var numBeams: Int?

  @Option(
    help: ArgumentHelp(
      "Draw so many captions of each image in the place of a beam search.", valueName: "count"))
  var sample: Int?

  @Option(help: ArgumentHelp("Temperature of --sample (default: 1).", valueName: "number"))
  var temperature: Double?

  @Option(
    help: ArgumentHelp("Draw from the so many likeliest words only, with --sample.", valueName: "count"))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      "Draw from the likeliest words that have this probability together, with --sample.",
      valueName: "0...1"))
  var topP: Double?

  @Option(help: "Random seed of --sample.")
  var seed: UInt64 = 0

  @Option(
    help: ArgumentHelp("Captions of each image in --output and on standard output.", valueName: "count"))
  var nBest: Int?

  @Option(
    help: ArgumentHelp(
      "Exponent α of log p / length^α; 0 prefers short captions (default: the captioner's own).",
      valueName: "α"))
  var lengthPenalty: Double?

  @Option(help: ArgumentHelp("Fewest words.", valueName: "count"))
  var minLength = 1

  @Option(
    help: ArgumentHelp(
      "Most words, the end counted as one (default: the captioner's own limit).", valueName: "count"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp(
      "No sequence of so many words occurs twice in a caption; 0 for no such rule.", valueName: "n"))
  var noRepeatNgramSize = 3

  @Flag(inversion: .prefixedNo, help: "Whether captions may not end with a, the, of and the like.")
  var forbidEndings = true

  @Option(help: ArgumentHelp("Word that must not occur; may be repeated.", valueName: "word"))
  var ban: [String] = []

  @Option(help: ArgumentHelp("Word that must occur; may be repeated.", valueName: "word"))
  var require: [String] = []

  @Option(help: ArgumentHelp("How captions begin.", valueName: "words"))
  var prefix = ""

  func validate() throws {
    func within<Value>(_ option: String, _ value: Value?, _ range: ClosedRange<Value>) throws {
      guard value.map(range.contains) ?? true else {
        let bounds = ["\(range.lowerBound)", "\(range.upperBound)"]
          .map { $0.hasSuffix(".0") ? String($0.dropLast(2)) : $0 }
        throw ValidationError("--\(option) must be from \(bounds[0]) to \(bounds[1]).")
      }
    }
    guard numBeams == nil || sample == nil else {
      throw ValidationError("Give --num-beams or --sample, not both.")
    }
    guard sample != nil || (temperature == nil && topK == nil && topP == nil) else {
      throw ValidationError("--temperature, --top-k and --top-p say how --sample draws; give it too.")
    }
    try within("num-beams", numBeams, 1...1000)
    try within("sample", sample, 1...1000)
    try within("temperature", temperature, 0.001...100)
    try within("top-k", topK, 1...1_000_000)
    try within("top-p", topP, 0...1)
    try within("n-best", nBest, 1...(numBeams ?? sample ?? 1000))
    try within("length-penalty", lengthPenalty, 0...10)
    try within("min-length", minLength, 0...512)
    try within("max-length", maxLength, 2...512)
    try within("no-repeat-ngram-size", noRepeatNgramSize, 0...100)
    if let maxLength, maxLength <= minLength {
      throw ValidationError("--max-length counts the end as a word, and must be above --min-length.")
    }
  }

  /// Throws `CaptioningError`.
  func options() throws -> GenerationOptions {
    var options = GenerationOptions()
    if let sample {
      options.strategy = .sample(
        sample, .init(temperature: temperature ?? 1, topK: topK, topP: topP, seed: seed))
      options.nBest = nBest ?? sample
    } else {
      options.strategy = .beam(numBeams ?? max(3, nBest ?? 1))
      options.nBest = nBest ?? 1
    }
    if let lengthPenalty { options.lengthPenalty = lengthPenalty }
    options.minLength = minLength
    options.maxLength = maxLength
    options.noRepeatNGram = noRepeatNgramSize == 0 ? nil : noRepeatNgramSize
    options.forbiddenEndings = forbidEndings ? GenerationOptions.commonForbiddenEndings : []
    options.bannedWords = Set(ban)
    options.requiredWords = Set(require)
    options.prefix = prefix
    try options.check()
    return options
  }
}
