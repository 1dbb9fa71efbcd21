public import CaptionData

/// What people said of captions, ready to be compared with what a metric says of them.
///
/// ```swift
/// let set = try JudgementSet(.flickr8kExpert, in: URL(fileURLWithPath: "flickr8k"))
/// let report = try JudgementEvaluation(metrics: [BLEU(), CIDEr()]).report(on: set, provenance: provenance)
/// print(report.table())
/// ```
public struct JudgementSet: Sendable {
  /// A caption of an image, which metrics score.
  public struct Item: Sendable, Equatable {
    /// What the caption is called: by a file of scores from elsewhere, and in messages.
    public var id: String
    /// The name of the image's file.
    public var image: String
    /// The caption.
    public var candidate: String
    /// What others wrote of the image, as far as the protocol lets metrics see it.
    public var references: [String]

    /// Creates a caption.
    public init(id: String, image: String, candidate: String, references: [String] = []) {
      self.id = id
      self.image = image
      self.candidate = candidate
      self.references = references
    }
  }

  /// How good somebody, or a group of people, found a caption.
  public struct Rating: Sendable, Equatable {
    /// The index of the caption.
    public var item: Int
    /// The rating: higher is better.
    public var value: Double

    /// Creates a rating.
    public init(item: Int, value: Double) {
      self.item = item
      self.value = value
    }
  }

  /// Which of two captions of one image people preferred.
  public struct Preference: Sendable, Equatable {
    /// The index of the first caption.
    public var first: Int
    /// The index of the second.
    public var second: Int
    /// Whether the first is the better one.
    public var prefersFirst: Bool
    /// What kind of pair it is, where the set tells kinds apart.
    public var category: String?

    /// Creates a preference.
    public init(first: Int, second: Int, prefersFirst: Bool, category: String? = nil) {
      self.first = first
      self.second = second
      self.prefersFirst = prefersFirst
      self.category = category
    }
  }

  /// What the people said.
  public enum Judgements: Sendable, Equatable {
    /// Ratings, and the coefficient that the protocol reports.
    case ratings([Rating], coefficient: Correlation)
    /// Preferences, and what a metric gets that finds both captions of a pair equally good.
    case preferences([Preference], tie: Tie)

    /// How many there are.
    public var count: Int {
      switch self {
      case .ratings(let ratings, _): ratings.count
      case .preferences(let preferences, _): preferences.count
      }
    }
  }

  /// What it counts when a metric finds both captions of a pair equally good.
  public enum Tie: String, Sendable {
    /// As if it had preferred the second.
    case second
    /// Half a right answer.
    case half
  }

  /// Draws of some of the references: what is reported is the mean over them.
  public struct ReferenceDraws: Sendable, Equatable {
    /// How many draws.
    public var count: Int
    /// How many references a draw has.
    public var size: Int

    /// Creates a way to draw.
    public init(count: Int, size: Int) {
      self.count = count
      self.size = size
    }
  }

  /// What the set is called.
  public var name: String
  /// The captions.
  public var items: [Item]
  /// What people said of them.
  public var judgements: Judgements
  /// The rules that were followed, in one sentence for the report.
  public var rules: String
  /// The files that were read, as the user named them.
  public var files: [String]
  /// How the references are drawn, where not all are used at once.
  public var draws: ReferenceDraws?
  /// What a reader of the numbers should know.
  public var warnings: [String] = []
  /// What was skipped while reading, and why.
  public var skipped: [SkippedItem] = []

  /// Creates a set.
  public init(
    name: String, items: [Item], judgements: Judgements, rules: String = "", files: [String] = [],
    draws: ReferenceDraws? = nil
  ) {
    self.name = name
    self.items = items
    self.judgements = judgements
    self.rules = rules
    self.files = files
    self.draws = draws
  }

  /// Leaves each caption the first few of its references.
  public mutating func limitReferences(to count: Int) {
    for index in items.indices { items[index].references = Array(items[index].references.prefix(count)) }
    rules += "; \(count) reference\(count == 1 ? "" : "s") each"
  }

  /// The number of each caption's image, counted in the order in which images come, and of all.
  var images: (ofItems: [Int], count: Int) {
    var numbers: [String: Int] = [:]
    let ofItems = items.map { item -> Int in
      if let number = numbers[item.image] { return number }
      numbers[item.image] = numbers.count
      return numbers.count - 1
    }
    return (ofItems, numbers.count)
  }
}
