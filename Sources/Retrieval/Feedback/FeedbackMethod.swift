/// A way to make a better query of a query and of marked images.
public enum FeedbackMethod: String, CaseIterable, Sendable {
  /// What suits the number of marks.
  case adaptive
  /// The query as it is.
  case text
  /// The query moved towards the mean of good images and away from that of bad ones.
  case rocchio
  /// Logistic regression on the marks.
  case logistic
  /// Logistic regression on the marks that stays near the query (SeeSaw).
  case anchored
  /// A linear support vector machine on the marks.
  case svm
  /// The nearest marked images.
  case knn

  /// What people read.
  public var title: String { rawValue }
  /// What it does, in a sentence.
  public var summary: String { rawValue }
}
