public import Foundation

/// Why a text tower cannot be tuned as asked.
public enum FineTuningError: Error, Sendable, Equatable {
  /// More layers are to move than there are.
  case tooManyLayers(asked: Int, layers: Int)
  /// A run that is finished lacks its tuned model.
  case missingResult(path: String)
}

extension FineTuningError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: what, and what to do next.
  public var description: String {
    switch self {
    case .tooManyLayers(let asked, let layers):
      "`unfrozen_layers` is \(asked), and the text tower has \(layers) layers; give a smaller number, or leave the key out."
    case .missingResult(let path):
      "the run is finished, but its tuned model is not at \(path); remove the run's folder and start again."
    }
  }

  /// The same as ``description``.
  public var errorDescription: String? { description }
}
