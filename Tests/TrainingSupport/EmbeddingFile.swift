import CLIP
import Files
import Foundation
import Training

/// Embeddings, written to a folder and opened.
package func embeddingFile(
  _ numbers: [Float], dimension: Int, named name: String, in folder: URL
) throws -> Embeddings {
  let url = folder.appendingPathComponent("\(name).npy")
  let writer = try NumPyWriter(url, dimension: dimension)
  for start in stride(from: 0, to: numbers.count, by: dimension) {
    try writer.append(numbers[start..<(start + dimension)])
  }
  try writer.finish()
  return try Embeddings(contentsOf: url, count: numbers.count / dimension, of: name)
}

extension CLIPNetwork {
  /// The parameters whose gradients are far from a golden's, and how far.
  ///
  /// A parameter that the golden does not name must have no gradient.
  package func wrongGradients(_ expected: [String: StepGolden.Trace]) throws -> [String] {
    let longest = expected.values.map(\.norm).max() ?? 0
    return try parameters.all.compactMap { name, tensor in
      guard let trace = expected[name] else {
        return try tensor.gradient() == nil ? nil : "\(name) has a gradient"
      }
      guard let gradient = try tensor.gradient() else { return "\(name) has no gradient" }
      let off = trace.difference(try gradient.floats())
      // A key's bias has no gradient but what rounding leaves.
      return off < 2e-4 * trace.norm + 1e-6 * longest ? nil : "\(name): \(off) of \(trace.norm)"
    }
  }
}
