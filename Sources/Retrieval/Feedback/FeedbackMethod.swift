/// A way to make a better query of a query and of images that were marked as good or bad.
public enum FeedbackMethod: String, CaseIterable, Sendable {
  /// Rocchio's direction where directions count alike, corrected by logistic regression as marks come: the default.
  case adaptive
  /// The query as it is.
  case text
  /// The query, moved towards the mean of the good images and away from that of the bad ones.
  case rocchio
  /// Logistic regression on the marks.
  case logistic
  /// Logistic regression on the marks that stays near the query (SeeSaw).
  case anchored
  /// A linear support vector machine on the marks.
  case svm
  /// The nearest marked images.
  case knn
  /// Boxes around the good images (CLIP-Branches), in which images are ranked as ``adaptive`` does; needs the trees of an index.
  case branches

  /// What people read.
  public var title: String {
    switch self {
    case .adaptive: "Adaptive"
    case .text: "Text only"
    case .rocchio: "Rocchio"
    case .logistic: "Logistic regression"
    case .anchored: "Anchored regression (SeeSaw)"
    case .svm: "Linear SVM"
    case .knn: "Nearest neighbours"
    case .branches: "Decision branches"
    }
  }

  /// What it does, in a sentence.
  public var summary: String {
    switch self {
    case .adaptive: "Starts from the query and the means of the marks, and learns more from each mark."
    case .text: "The query as it is; marks change nothing."
    case .rocchio: "Moves the query towards good images and away from bad ones."
    case .logistic: "Learns from the marks alone."
    case .anchored: "Learns from the marks, and stays near the query."
    case .svm: "Learns from the marks alone, with the widest margin."
    case .knn: "Prefers what is like one of the good images and unlike all bad ones."
    case .branches: "Finds boxes around the good images, and ranks what is in them."
    }
  }

  /// Whether it uses ``CatalogueStatistics``.
  public var needsStatistics: Bool { self == .adaptive || self == .branches }

  /// The methods that need no trees.
  public static let withoutTrees = allCases.filter { $0 != .branches }
}
