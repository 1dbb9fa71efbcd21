/// Rewordings without a language model, with what could not be reworded.
public struct OfflineRewordings: Sendable {
  /// The lines, in the captions' order.
  public let lines: [Rewording]
  /// How many captions were left out, by reason.
  public let leftOut: [(reason: String, count: Int)]

  /// Other human captions of the same picture.
  ///
  /// - Throws: ``ParaphraseError/noPictures(file:)``.
  public static func references(_ source: SourceCaptions, seed: UInt64) throws -> OfflineRewordings {
    guard source.hasIDs else { throw ParaphraseError.noPictures(file: source.name) }
    let rewordings = try ReferenceRewordings(source, seed: seed)
    return OfflineRewordings(
      lines: rewordings.rewordings,
      leftOut: rewordings.alone == 0 ? [] : [("no other caption of its picture", rewordings.alone)])
  }

  /// Words exchanged and phrases reordered by rules.
  ///
  /// - Throws: ``ParaphraseError/nothingReworded(file:)``.
  public static func rules(_ source: SourceCaptions, seed: UInt64) throws -> OfflineRewordings {
    let (lines, unknown) = RuleRewriter(seed: seed).rewordings(of: source.captions)
    guard !lines.isEmpty else { throw ParaphraseError.nothingReworded(file: source.name) }
    return OfflineRewordings(
      lines: lines, leftOut: unknown == 0 ? [] : [("no rule rewords it", unknown)])
  }
}
