/// The cosine of two embeddings, in double precision whatever their length; zero where one of them is all zeros.
///
/// Not a number where an embedding holds a NaN or an infinity, and clamped to −1…1, which rounding may leave.
package func cosine(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
  var product = 0.0
  var squaresOfA = 0.0
  var squaresOfB = 0.0
  for (x, y) in zip(a, b) {
    let (x, y) = (Double(x), Double(y))
    product += x * y
    squaresOfA += x * x
    squaresOfB += y * y
  }
  guard squaresOfA.isFinite, squaresOfB.isFinite else { return .nan }
  guard squaresOfA > 0, squaresOfB > 0 else { return 0 }
  return min(1, max(-1, product / (squaresOfA * squaresOfB).squareRoot()))
}
