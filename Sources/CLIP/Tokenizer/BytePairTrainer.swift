/// Learns a byte-pair vocabulary of CLIP's kind from texts.
///
/// ```swift
/// var trainer = BytePairTrainer()
/// for caption in captions { trainer.add(caption) }
/// let vocabulary = try trainer.train(size: 12_288)
/// try vocabulary.write(to: folder)
/// ```
///
/// Texts are normalised and split as Hugging Face's `CLIPTokenizer` does, so that training and use see the same text.
/// Then the pair of neighbouring tokens that occurs most often is merged into one, again and again; of pairs that occur
/// equally often, the one whose text comes first (left token, then right, by their UTF-8) is taken. The same texts
/// give the same vocabulary, in whatever order they come.
public struct BytePairTrainer: Sendable {
  /// Words that are longer teach nothing: they are names of files, and runs without a space.
  static let longestWord = 256

  private var words = TokenTable(expecting: 1 << 16, bytes: 1 << 19)
  private var counts: [Int] = []

  /// A trainer without texts yet.
  public init() {}

  /// The number of different words.
  public var wordCount: Int { counts.count }

  /// Takes a text's words.
  public mutating func add(_ text: String) {
    var text = text
    let normalized = text.withUTF8(TextNormalizer.normalize)
    normalized.withUnsafeBufferPointer { bytes in
      WordSplitter(cleaning: .huggingFace).split(bytes) { piece in
        guard case .word(let range) = piece, range.count <= Self.longestWord else { return }
        add(UnsafeBufferPointer(rebasing: bytes[range]))
      }
    }
  }

  private mutating func add(_ word: UnsafeBufferPointer<UInt8>) {
    if let index = words.id(of: word) {
      counts[Int(index)] += 1
    } else if counts.count <= TokenTable.largestID {
      let index = counts.count
      let refusal = words.insert { text in
        text.append(contentsOf: word)
        return index
      }
      if refusal == nil { counts.append(1) }
    }
  }

  /// Learns a vocabulary.
  ///
  /// - Parameters:
  ///   - size: The tokens: 512 for the bytes, 2 for a text's start and end, and the merges.
  ///   - minimumCount: How often a pair must occur to be merged; where no pair does, the vocabulary stays smaller.
  /// - Throws: ``TokenizerError/impossibleSize(size:least:most:)``.
  public func train(size: Int, minimumCount: Int = 2) throws -> BytePairVocabulary {
    let least = BytePairVocabulary.byteTokenCount + BytePairVocabulary.specialTokens.count
    guard (least...(TokenTable.largestID + 1)).contains(size) else {
      throw TokenizerError.impossibleSize(size: size, least: least, most: TokenTable.largestID + 1)
    }
    var learner = PairLearner(minimumCount: max(1, minimumCount))
    for (index, count) in counts.enumerated() {
      guard let bytes = words.bytes(of: Int32(index)) else { continue }
      learner.add(bytes, count: count)
    }
    return learner.learn(size: size - BytePairVocabulary.specialTokens.count)
  }
}
