import Compute
import Foundation

extension Parameters {
  /// The mean of each output of a batch norm, which is its bias.
  func normMeans(_ norm: String, _ count: Int) throws -> [Float] {
    let bias = try vector("\(norm).bias", count)
    return (0..<count).map { bias.numbers[$0] }
  }

  /// The mean of each output of a batch norm that ReLU6 follows: of a normal number with the norm's bias for its mean and its
  /// weight for its deviation, cut off at 0 and 6.
  func relu6Means(_ norm: String, _ count: Int) throws -> [Float] {
    let (bias, weight) = (try vector("\(norm).bias", count), try vector("\(norm).weight", count))
    return (0..<count).map {
      let (mean, deviation) = (Double(bias.numbers[$0]), abs(Double(weight.numbers[$0])))
      guard deviation > 0 else { return Float(min(max(mean, 0), 6)) }
      func below(_ x: Double) -> Double { 0.5 * erfc(-(x - mean) / deviation / 2.0.squareRoot()) }
      func density(_ x: Double) -> Double {
        let z = (x - mean) / deviation
        return exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      }
      return Float(
        mean * (below(6) - below(0)) + deviation * (density(0) - density(6)) + 6 * (1 - below(6)))
    }
  }
}
