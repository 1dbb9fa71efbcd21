import Foundation
import Synchronization
import TextProcessing

/// Captions as numbers of words, end to end.
package struct TokenizedCaptions: Sendable, Codable {
  /// The words of all captions, as pycocoevalcap's BLEU and CIDEr take them: split at any white space.
  private(set) var words: [Int32] = []
  private var wordEnds: [Int] = []
  /// The tokens of the captions that have one with white space inside (a telephone number, `1 1/2`), by the caption's
  /// index. ROUGE-L splits at plain spaces only.
  private var spacedTokens: [Int: [Int32]] = [:]

  package var count: Int { wordEnds.count }

  /// Where the words of caption `index` are in `words`.
  package func wordRange(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : wordEnds[index - 1])..<wordEnds[index]
  }

  /// The tokens of caption `index` as ROUGE-L takes them.
  package func tokens(_ index: Int) -> ArraySlice<Int32> {
    if let tokens = spacedTokens[index] { return tokens[...] }
    return words[wordRange(index)]
  }

  /// The tokens of caption `index`, with spaces between.
  func text(_ index: Int, _ vocabulary: WordNumbers) -> String {
    let tokens = tokens(index).map { vocabulary[$0] }
    return String(
      decoding: Array(tokens.joined(separator: CollectionOfOne(UInt8(ascii: " ")))), as: UTF8.self)
  }

  /// Splits `captions`, the lines of one text, on up to `threads` threads, and adds their words to `vocabulary`.
  ///
  /// The numbers do not depend on `threads`. Of `following`, the lines after them, nothing is split; they can show
  /// where the last of the captions ends.
  package init(
    _ captions: [String], following: [String] = [], vocabulary: inout WordNumbers, threads: Int
  ) {
    let chunkSize = 1024
    let chunkCount = (captions.count + chunkSize - 1) / chunkSize
    let lines = following.isEmpty ? captions : captions + following
    let next = Atomic<Int>(0)
    let done = Mutex<[Chunk?]>(Array(repeating: nil, count: chunkCount))
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, chunkCount))) { _ in
      IdleScanners.withScanner { scanner in
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < chunkCount else { return }
          let range = index * chunkSize..<min(captions.count, (index + 1) * chunkSize)
          let chunk = Chunk(lines, range, scanner)
          done.withLock { $0[index] = chunk }
        }
      }
    }
    for chunk in done.withLock({ $0 }) {
      if let chunk { append(chunk, to: &vocabulary) }
    }
  }

  /// Takes captions that are words with spaces between already, and adds their words to `vocabulary`.
  ///
  /// BLEU and CIDEr split at any white space, ROUGE-L at each single space, as pycocoevalcap does.
  package init(tokenized captions: some Sequence<String>, vocabulary: inout WordNumbers) {
    for (index, caption) in captions.enumerated() {
      let scalars = caption.unicodeScalars
      let split = scalars.split(whereSeparator: PythonText.isSpace).map { String($0) }
      words += split.map { vocabulary.number(of: Array($0.utf8)[...]) }
      wordEnds.append(words.count)
      let tokens = scalars.split(separator: " ", omittingEmptySubsequences: false).map { String($0) }
      if tokens != split, !caption.isEmpty {
        spacedTokens[index] = tokens.map { vocabulary.number(of: Array($0.utf8)[...]) }
      }
    }
  }

  /// Whether all numbers are those of words, and captions end one after the other.
  func isPossible(wordCount: Int) -> Bool {
    let numbers = 0..<Int32(truncatingIfNeeded: wordCount)
    let starts = [0] + wordEnds.dropLast()
    return words.allSatisfy(numbers.contains) && zip(starts, wordEnds).allSatisfy { $0 <= $1 }
      && (wordEnds.last ?? 0) == words.count
      && spacedTokens.allSatisfy { wordEnds.indices.contains($0) && $1.allSatisfy(numbers.contains) }
  }

  private mutating func append(_ chunk: Chunk, to vocabulary: inout WordNumbers) {
    let numbers = (0..<Int32(truncatingIfNeeded: chunk.vocabulary.count)).map {
      vocabulary.number(of: chunk.vocabulary[$0])
    }
    let firstCaption = wordEnds.count
    let firstWord = words.count
    words.append(contentsOf: chunk.words.lazy.map { numbers[Int($0)] })
    wordEnds.append(contentsOf: chunk.wordEnds.lazy.map { $0 + firstWord })
    for (index, tokens) in chunk.spacedTokens {
      spacedTokens[firstCaption + index] = tokens.map { numbers[Int($0)] }
    }
  }

  /// A run of captions with a vocabulary of its own.
  private struct Chunk: Sendable {
    var vocabulary = WordNumbers()
    var words: [Int32] = []
    var wordEnds: [Int] = []
    var spacedTokens: [Int: [Int32]] = [:]

    init(_ captions: [String], _ range: Range<Int>, _ scanner: CaptionScanner) {
      var buffer = TokenBuffer()
      for index in range {
        scanner.scan(captions, at: index, into: &buffer)
        let isSpaced =
          !buffer.isASCIIWithoutControls && (0..<buffer.count).contains { Self.isSpaced(buffer[$0]) }
        var tokens: [Int32] = []
        for i in 0..<buffer.count where !PTBTokenizer.isPunctuation(buffer[i]) {
          guard isSpaced else {
            words.append(vocabulary.number(of: buffer[i]))
            continue
          }
          tokens.append(vocabulary.number(of: buffer[i]))
          for part in Self.parts(buffer[i]) { words.append(vocabulary.number(of: part[...])) }
        }
        if isSpaced { spacedTokens[index - range.lowerBound] = tokens }
        wordEnds.append(words.count)
      }
    }

    private static func isSpaced(_ token: ArraySlice<UInt8>) -> Bool {
      String(decoding: token, as: UTF8.self).unicodeScalars.contains(where: PythonText.isSpace)
    }

    private static func parts(_ token: ArraySlice<UInt8>) -> [[UInt8]] {
      String(decoding: token, as: UTF8.self).unicodeScalars.split(whereSeparator: PythonText.isSpace).map {
        Array(String($0).utf8)
      }
    }
  }
}
