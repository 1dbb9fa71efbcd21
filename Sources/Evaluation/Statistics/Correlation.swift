/// How two lists of numbers go together.
public enum Correlation: String, Sendable, CaseIterable {
  /// Kendall's τ-b (Kendall 1945): corrected for ties in either list.
  case kendallB = "tau_b"
  /// Kendall's τ-c (Stuart 1953): for lists with unequal numbers of different values, such as scores and ratings.
  case kendallC = "tau_c"
  /// Spearman's ρ: Pearson's correlation of the ranks, equal values at the mean of their ranks.
  case spearman
  /// Pearson's r.
  case pearson

  /// What it is called in tables.
  public var symbol: String {
    switch self {
    case .kendallB: "τ-b"
    case .kendallC: "τ-c"
    case .spearman: "Spearman's ρ"
    case .pearson: "Pearson's r"
    }
  }
}
