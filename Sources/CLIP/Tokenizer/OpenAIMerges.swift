import Files
import Foundation

/// Reads OpenAI's `bpe_simple_vocab_16e6.txt.gz`: a list of merges that the vocabulary follows from.
///
/// The vocabulary is the 256 bytes, the same with `</w>`, the whole of each merge, and the two special tokens.
enum OpenAIMerges {
  /// The file lists more merges than CLIP took: 49,152 − 256 − 2, so that the vocabulary has 49,408 tokens.
  private static let mergeCount = 49152 - 256 - 2
  private static let sizeLimit = 64 << 20

  /// Reads the list, inflated or not.
  static func read(_ data: Data, file: String) throws -> TokenizerFiles {
    guard GzipReader.isGzip(data) else { return try data.withBytes { try read($0, file: file) } }
    let text: [UInt8]
    do {
      // The file goes on to four times as many merges as are used.
      var missingLines = mergeCount + 1
      text = try GzipReader.inflate(data, limit: sizeLimit) { stretch in
        stretch.withUnsafeBufferPointer { for byte in $0 where byte == 0x0A { missingLines -= 1 } }
        return missingLines <= 0
      }
    } catch GzipReader.Failure.tooLarge {
      throw TokenizerError.tooLarge(file: file, limit: sizeLimit)
    } catch GzipReader.Failure.damaged(let reason) {
      throw TokenizerError.malformed(
        file: file, place: "in the file", expected: "a whole gzip file", found: reason)
    }
    return try text.withUnsafeBufferPointer { try read($0, file: file) }
  }

  private static func read(_ bytes: UnsafeBufferPointer<UInt8>, file: String) throws -> TokenizerFiles {
    var vocabulary = TokenTable(expecting: mergeCount + 514, bytes: 1 << 19)
    var merges = MergeTable(expecting: mergeCount)
    var nextID = 0
    for suffix in ["", "</w>"] {
      for byte in ByteAlphabet.vocabularyOrder {
        _ = vocabulary.insert { text in
          UTF8Coding.encode(ByteAlphabet.scalars[byte], into: &text)
          text.append(contentsOf: suffix.utf8)
          return nextID
        }
        nextID += 1
      }
    }
    try TextLines.forEach(bytes) { number, line in
      // The first line is a title.
      guard number > 1, merges.count < mergeCount, !line.isEmpty else { return }
      func failure(_ expected: String) -> TokenizerError {
        .malformed(file: file, place: "in line \(number)", expected: expected, found: TextLines.excerpt(line))
      }
      guard let space = line.firstIndex(of: 0x20), !line[(space + 1)...].contains(0x20) else {
        throw failure("two tokens with a space between")
      }
      let left = UnsafeBufferPointer(rebasing: line[..<space])
      let right = UnsafeBufferPointer(rebasing: line[(space + 1)...])
      guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right) else {
        throw failure("two tokens from the lines before")
      }
      let refusal = vocabulary.insert { text in
        text.append(contentsOf: left)
        text.append(contentsOf: right)
        return nextID
      }
      if let refusal { throw failure(refusal.expected) }
      merges.insert(leftID, rightID, MergeTable.Merge(rank: Int32(nextID - 512), id: Int32(nextID)))
      nextID += 1
    }
    guard merges.count > 0 else {
      throw TokenizerError.malformed(
        file: file, place: "from line 2 on", expected: "merges: two tokens a line", found: "none")
    }
    for name in ["<|startoftext|>", "<|endoftext|>"] {
      _ = vocabulary.insert { text in
        text.append(contentsOf: name.utf8)
        return nextID
      }
      nextID += 1
    }
    return TokenizerFiles(vocabulary: vocabulary, merges: merges)
  }
}
