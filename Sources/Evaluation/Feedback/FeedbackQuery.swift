/// A query of a benchmark of relevance feedback: texts that ask for the same images.
public struct FeedbackQuery: Sendable, Equatable {
  /// What it is called in the report.
  public var name: String
  /// The texts, of which a run takes one.
  public var texts: [String]
  /// The images that are relevant, by row.
  public var relevant: [Int]
  /// The image that the texts describe, which is not to be found; nil for texts of no image.
  public var own: Int?

  /// Creates a query.
  public init(name: String, texts: [String], relevant: [Int], own: Int? = nil) {
    self.name = name
    self.texts = texts
    self.relevant = relevant
    self.own = own
  }

  /// The queries of images that each have a class: relevant are all images of the class.
  ///
  /// - Parameters:
  ///   - labels: the class of each image.
  ///   - template: what is asked for, with `{}` for the class.
  public static func classes(_ labels: [String], template: String = "a photo of a {}") -> [FeedbackQuery] {
    Dictionary(grouping: labels.indices) { labels[$0] }
      .sorted { $0.key < $1.key }
      .map { label, rows in
        FeedbackQuery(
          name: label, texts: [template.replacing("{}", with: label)], relevant: rows)
      }
  }
}
