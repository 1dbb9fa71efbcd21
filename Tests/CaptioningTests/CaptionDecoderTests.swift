import CLIP
import Captioning
import Compute
import Foundation
import TestSupport
import Testing

/// The decoder in the engine beside a plain PyTorch decoder; see `Fixtures/make_captioner.py`.
struct CaptionDecoderTests {
  private func decoder(
    _ golden: CaptionerGolden, _ precision: Precision = .float32, threads: Int = 2
  ) throws -> CaptionDecoder {
    try CaptionDecoder(
      golden.model.tensors, golden.model.configuration, precision: precision, threads: threads)
  }

  /// The decoder's logits of every word of the golden's captions less those of the golden.
  private func differences(_ golden: CaptionerGolden, _ decoder: CaptionDecoder) throws -> [Float] {
    let counts = golden.document.captions.map(\.count)
    let steps = golden.steps
    let rows = counts.max() ?? 0
    // A row for each caption; images with fewer captions have idle rows.
    var captionOfRow: [Int?] = []
    var next = 0
    for count in counts {
      captionOfRow += (0..<rows).map { $0 < count ? next + $0 : nil }
      next += count
    }
    let features = golden.features.floats()
    let vocabulary = golden.model.configuration.vocabularySize
    var found = steps.map { _ in [Float]() }
    try features.withUnsafeBufferPointer { features in
      let session = try DecodingSession(
        decoder, features: features, images: counts.count, rows: rows, mostRows: counts.count * rows)
      for position in 0..<(steps.map(\.inputs.count).max() ?? 0) {
        let logits = try session.step(
          captionOfRow.map { caption in
            guard let caption, position < steps[caption].inputs.count else { return 0 }
            return steps[caption].inputs[position]
          })
        for (row, caption) in captionOfRow.enumerated() {
          guard let caption, position < steps[caption].inputs.count else { continue }
          found[caption] += logits[row * vocabulary..<(row + 1) * vocabulary]
        }
      }
    }
    let all = found.flatMap(\.self)
    #expect(all.count == golden.logits.count)
    return zip(all, golden.logits).map { $0 - $1 }
  }

  @Test(arguments: [1, 2]) func logitsArePyTorchs(threads: Int) throws {
    let golden = try CaptionerGolden()
    let differences = try differences(golden, decoder(golden, threads: threads))
    let worst = differences.map(abs).max() ?? .infinity
    #expect(worst < 1e-4, "\(worst)")
  }

  /// The logits have a standard deviation of 1.9. The same decoder in PyTorch with operands of so many bits errs by .014 (the root of the
  /// mean square; .09 at most) in bf16, and by .061 (.31) in int8.
  @Test(arguments: [(Precision.bfloat16, 0.04 as Float, 0.25 as Float), (.int8, 0.15, 0.9)])
  func fewerBitsStayClose(_ precision: Precision, _ usual: Float, _ most: Float) throws {
    let golden = try CaptionerGolden()
    let differences = try differences(golden, decoder(golden, precision))
    let mean = (differences.reduce(0) { $0 + $1 * $1 } / Float(differences.count)).squareRoot()
    let worst = differences.map(abs).max() ?? .infinity
    #expect(mean < usual && worst < most, "\(mean), \(worst)")
    // It is not float32 under another name.
    #expect(mean > 1e-4)
  }

  @Test(arguments: CaptionerGolden.variants.keys.sorted()) func captionsArePyTorchs(_ name: String) throws {
    let golden = try CaptionerGolden()
    let options = try #require(CaptionerGolden.variants[name])
    let expected = try #require(golden.document.generated[name])
    let generator = try CaptionGenerator(
      decoder(golden), vocabulary: golden.model.vocabulary, options: options)
    let features = golden.features.floats()
    let found = try features.withUnsafeBufferPointer { try generator.captions($0, ids: [0, 1, 2]) }
    for (found, expected) in zip(found, expected) {
      #expect(found.map(\.words) == expected.map(\.words))
      #expect(found.map(\.isFinished) == expected.map(\.finished))
      for (found, expected) in zip(found, expected) {
        #expect(abs(found.logProbability - expected.log_probability) < 1e-3)
      }
    }
  }

  @Test func anImageHasTheSameCaptionsAloneAndAmongOthers() throws {
    let golden = try CaptionerGolden()
    let features = golden.features.floats()
    let one = features.count / 3
    var sampled = GenerationOptions()
    sampled.strategy = .sample(4, .init(temperature: 1.2, topK: 20, topP: 0.9, seed: 3))
    var beam = GenerationOptions()
    beam.nBest = 3
    // More rows than are decoded together.
    var many = sampled
    many.strategy = .sample(400, .init(seed: 3))
    for options in [sampled, beam, many] {
      let generator = try CaptionGenerator(
        decoder(golden), vocabulary: golden.model.vocabulary, options: options)
      let together = try features.withUnsafeBufferPointer { try generator.captions($0, ids: [5, 6, 7]) }
      for image in 0..<3 {
        let alone = try Array(features[image * one..<(image + 1) * one]).withUnsafeBufferPointer {
          try generator.captions($0, ids: [5 + image])
        }
        #expect(alone[0].map(\.words) == together[image].map(\.words))
      }
    }
  }

  @Test func wordsThatMustOccurDo() throws {
    let golden = try CaptionerGolden()
    var options = GenerationOptions()
    options.strategy = .beam(4)
    options.requiredWords = ["w17", "w23"]
    let generator = try CaptionGenerator(
      decoder(golden), vocabulary: golden.model.vocabulary, options: options)
    let found = try golden.features.floats().withUnsafeBufferPointer {
      try generator.captions($0, ids: [0, 1, 2])
    }
    for captions in found {
      let words = Set(try #require(captions.first).words)
      #expect(words.isSuperset(of: [17, 23]))
    }
  }

  /// Where nothing else has room, what must occur comes next, in samples too.
  @Test func wordsThatMustOccurDoInSamples() throws {
    let golden = try CaptionerGolden()
    var options = GenerationOptions()
    options.strategy = .sample(8, .init(seed: 1))
    options.requiredWords = ["w17", "w23"]
    for length in [3, 5, nil] {
      options.maxLength = length
      let generator = try CaptionGenerator(
        decoder(golden), vocabulary: golden.model.vocabulary, options: options)
      let found = try golden.features.floats().withUnsafeBufferPointer {
        try generator.captions($0, ids: [0, 1, 2])
      }
      for caption in found.joined() {
        #expect(Set(caption.words).isSuperset(of: [17, 23]), "\(caption)")
      }
    }
  }

  @Test func rulesThatContradictEachOtherAreRefused() throws {
    let golden = try CaptionerGolden()
    let limit = golden.model.configuration.maxLength
    let cases: [(part: String, change: (inout GenerationOptions) -> Void)] = [
      ("must not occur, and is \"w17\"", { ($0.requiredWords, $0.bannedWords) = (["w17"], ["W17"]) }),
      ("a word of the prefix", { ($0.prefix, $0.bannedWords) = ("w5 w17", ["w17"]) }),
      (
        "more than the 3 words",
        { ($0.prefix, $0.requiredWords, $0.maxLength) = ("w5", ["w5", "w17", "w23"], 3) }
      ),
      ("the captioner's limit", { $0.minLength = limit }),
      ("\"w17\" and \"'s\"", { $0.bannedWords = ["w17's"] }),
      ("does not know the word \"<end>\"", { $0.requiredWords = ["<end>"] }),
    ]
    for (part, change) in cases {
      var options = GenerationOptions()
      change(&options)
      do {
        _ = try CaptionGenerator(decoder(golden), vocabulary: golden.model.vocabulary, options: options)
        Issue.record("\(part)")
      } catch let error as CaptioningError {
        #expect(error.description.contains(part), "\(error.description)")
      }
    }
  }

  @Test func unknownWordsAndImpossibleOptionsAreRefused() throws {
    let golden = try CaptionerGolden()
    func generator(_ change: (inout GenerationOptions) -> Void) throws {
      var options = GenerationOptions()
      change(&options)
      _ = try CaptionGenerator(decoder(golden), vocabulary: golden.model.vocabulary, options: options)
    }
    #expect(throws: CaptioningError.unknownWord(word: "w999", nearest: nil)) {
      try generator { $0.prefix = "w999" }
    }
    #expect(throws: CaptioningError.self) { try generator { $0.strategy = .beam(0) } }
    #expect(throws: CaptioningError.self) { try generator { $0.nBest = 9 } }
    #expect(throws: CaptioningError.self) {
      try generator { $0.strategy = .sample(2, .init(temperature: 0)) }
    }
  }

  @Test func weightsThatAreNoNumbersAreNoticed() throws {
    var golden = try CaptionerGolden().model
    let bias = try #require(golden.tensors["output.bias"])
    golden.tensors["output.bias"] = StoredTensor(
      shape: bias.shape, floats: [Float](repeating: .nan, count: bias.count))
    let decoder = try CaptionDecoder(golden.tensors, golden.configuration, threads: 1)
    let generator = try CaptionGenerator(decoder, vocabulary: golden.vocabulary)
    let features = try CaptionerGolden().features.floats()
    #expect(throws: CaptioningError.notFinite) {
      try features.withUnsafeBufferPointer { try generator.captions($0, ids: [0, 1, 2]) }
    }
  }

  @Test func aCollapseShowsInItsMeasures() {
    func caption(_ words: [Int32], _ isFinished: Bool = true) -> GeneratedCaption {
      GeneratedCaption(words: words, isFinished: isFinished, logProbability: -1)
    }
    let quality = CaptionQuality(
      [caption([3, 4, 3, 4]), caption([3, 4, 3, 4]), caption([5, 6, 7], false)], endings: [7])
    #expect(abs(quality.repetition[0] - 4.0 / 11) < 1e-12)
    #expect(abs(quality.repetition[1] - 2.0 / 8) < 1e-12)
    #expect(quality.repetition[2] == 0)
    #expect(abs(quality.withoutEnd - 1.0 / 3) < 1e-12)
    #expect(abs(quality.badEndings - 1.0 / 3) < 1e-12)
    #expect(abs(quality.identical - 1.0 / 3) < 1e-12)
    #expect(quality.vocabulary == 5)
    #expect(abs(quality.meanLength - 11.0 / 3) < 1e-12)
  }
}
