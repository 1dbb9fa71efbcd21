public import Foundation

/// What can go wrong with a captioner.
public enum CaptioningError: Error, Sendable, Equatable {
  /// A folder is no captioner.
  case notACaptioner(path: String)
  /// The vocabulary belongs to another captioner.
  case otherVocabulary(path: String, expected: Int, found: Int)
  /// The image encoder is another one than the captioner was trained with.
  case otherEncoder(name: String, expected: String, found: String)
  /// A grammar head belongs to another model than that of the rewards.
  case otherGrammarModel(expected: String, found: String)
  /// The encoder's grid has another number of channels.
  case otherGrid(encoder: String, expected: Int, found: Int)
  /// A word that was asked for is not in the vocabulary.
  case unknownWord(word: String, nearest: String?)
  /// Options of generation contradict each other.
  case badOption(name: String, expected: String, found: String)
  /// The decoder's logits hold NaN or infinite numbers.
  case notFinite
  /// A reward expression cannot be read.
  case badReward(expression: String, offset: Int, expected: String)
  /// A reward is no finite number.
  case rewardNotFinite(reward: String, item: String, caption: String)
  /// A reward compares with references, and an image has none.
  case noReferences(reward: String, item: String)
  /// A caption is to be rewarded as that of an item that was not given.
  case unknownItem(String)
  /// A reward needs a model, and there is none.
  case noRewardModel(reward: String)
  /// Two images have one id in COCO's results.
  case sameID(id: String, images: [String])
  /// Captions and images leave nothing to train on.
  case noCaptions(source: String)
  /// No word of the captions is frequent enough to be learned.
  case noFrequentWord(source: String, minimum: Int)
  /// A run that is finished lacks its model.
  case missingResult(path: String)
}

extension CaptioningError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: what, and what to do next.
  public var description: String {
    switch self {
    case .notACaptioner(let path):
      "\(path) is not a captioner; give a folder that plumb caption train has written, or the name of a built-in one."
    case .otherVocabulary(let path, let expected, let found):
      "\(path) has \(found) words, and the captioner's weights are for \(expected); use the words.txt that belongs to them."
    case .otherEncoder(let name, let expected, let found):
      "the image encoder \(name) has the fingerprint \(found), and the captioner was trained with \(expected); "
        + "use the encoder that belongs to it, or train a captioner for this one."
    case .otherGrammarModel(let expected, let found):
      "the grammar head was trained for the model with the fingerprint \(expected), and that of the rewards has \(found); "
        + "take that model for the rewards, or train a head for this one with plumb caption grammar."
    case .otherGrid(let encoder, let expected, let found):
      "a cell of \(encoder)'s grid has \(found) channels, and the captioner takes \(expected); "
        + "use the encoder that belongs to it."
    case .unknownWord(let word, let nearest):
      "the captioner does not know the word \"\(word)\"\(nearest.map { "; did you mean \"\($0)\"?" } ?? ".")"
    case .badOption(let name, let expected, let found): "\(name) must be \(expected), and is \(found)."
    case .notFinite:
      "the captioner's weights hold NaN or infinite numbers, or overflow; train it again, or fetch it again."
    case .badReward(let expression, let offset, let expected):
      "the reward \"\(expression)\" cannot be read at character \(offset + 1): \(expected) is expected there, "
        + "as in 2*lclip + 1*cider."
    case .rewardNotFinite(let reward, let item, let caption):
      "the reward \(reward) of \"\(caption)\" for \(item) is no finite number; check the model that computes it."
    case .noReferences(let reward, let item):
      "the reward \(reward) compares captions with references, and \(item) has none; add some, or take a reward without "
        + "references: lclip."
    case .unknownItem(let id): "there is no item \"\(id)\": give its image and references first."
    case .noRewardModel(let reward): "the reward \(reward) needs a model."
    case .sameID(let id, let images):
      "\(images.joined(separator: " and ")) are both \"\(id)\" in COCO's results; write .jsonl or .csv, which have the whole names, or "
        + "describe them apart."
    case .noCaptions(let source): "\(source) has no caption with words in it; give captions to train on."
    case .noFrequentWord(let source, let minimum):
      "no word occurs \(minimum) times in the captions of \(source); lower min_word_count, or give more captions."
    case .missingResult(let path):
      "the run is finished, but its model is not at \(path); remove the run's folder and start again."
    }
  }

  /// The same as ``description``.
  public var errorDescription: String? { description }
}
