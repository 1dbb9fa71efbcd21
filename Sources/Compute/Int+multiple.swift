extension Int {
  /// The smallest multiple of `step` that is not below this number, which is not negative.
  package func roundedUp(toMultipleOf step: Int) -> Int { (self + step - 1) / step * step }
}
