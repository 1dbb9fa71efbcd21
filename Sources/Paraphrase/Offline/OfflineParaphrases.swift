/// Paraphrases without a language model, with what could not be paraphrased.
public struct OfflineParaphrases: Sendable {
  /// The lines, in the captions' order.
  public let lines: [ParaphrasedCaption]
  /// How many captions were skipped, by reason.
  public let skipped: [(reason: String, count: Int)]

  /// Other human captions of the same image.
  ///
  /// - Throws: ``ParaphraseError/noImages(file:)``.
  public static func references(_ source: SourceCaptions, seed: UInt64) throws -> OfflineParaphrases {
    guard source.hasIDs else { throw ParaphraseError.noImages(file: source.name) }
    let paraphrases = try ReferenceParaphrases(source, seed: seed)
    return OfflineParaphrases(
      lines: paraphrases.paraphrases,
      skipped: paraphrases.alone == 0 ? [] : [("no other caption of its image", paraphrases.alone)])
  }

  /// Words exchanged and phrases reordered by rules.
  ///
  /// - Throws: ``ParaphraseError/nothingParaphrased(file:)``.
  public static func rules(_ source: SourceCaptions, seed: UInt64) throws -> OfflineParaphrases {
    let (lines, unknown) = RuleRewriter(seed: seed).paraphrases(of: source.captions)
    guard !lines.isEmpty else { throw ParaphraseError.nothingParaphrased(file: source.name) }
    return OfflineParaphrases(
      lines: lines, skipped: unknown == 0 ? [] : [("no rule paraphrases it", unknown)])
  }
}
