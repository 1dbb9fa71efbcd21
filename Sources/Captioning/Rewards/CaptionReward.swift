/// A caption that is to be rewarded.
package struct RewardedCaption: Sendable {
  /// The item that it describes.
  package var item: Int
  /// The caption.
  package var text: String
  /// Whether it has an end.
  package var isFinished: Bool

  /// Takes a caption.
  package init(item: Int, text: String, isFinished: Bool) {
    self.item = item
    self.text = text
    self.isFinished = isFinished
  }
}

/// What captions are rewarded by.
package protocol CaptionReward {
  /// A reward for each caption.
  func scores(_ captions: [RewardedCaption]) throws -> [Double]
}

/// The word that stands for the end of a caption where words are compared.
///
/// With it a caption that breaks off in "a man with a" lacks a word that every reference has; without it a third of the
/// captions of a rewarded captioner do (ruotianluo's self-critical code, where references of the greatest length lack it by mistake:
/// here all have it).
enum EndWord {
  static let text = "endofcaption"

  static func added(to text: String) -> String { "\(text) \(Self.text)" }
}
