import CLIP
import CaptionMetrics
import Compute
import Foundation

/// The models that requests have named, the last two of them.
final class OpenModels {
  private struct Choice: Equatable {
    var name: String
    var precision: Precision
    var tokenizer: String?
    var honoursEXIF: Bool
  }

  private let threads: Int?
  private var open: [(choice: Choice, embedder: CLIPEmbedder)] = []
  private static let most = 2

  /// - Parameter threads: how many threads a model uses; nil for all CPU cores.
  init(threads: Int?) { self.threads = threads }

  /// The model of a request; mini where it names none.
  func callAsFunction(_ request: Request) throws -> CLIPEmbedder {
    let choice = Choice(
      name: try request.string("model") ?? "mini",
      precision: try request.choice("precision", default: .float32),
      tokenizer: try request.string("tokenizer"), honoursEXIF: try request.flag("exif", default: false))
    if let index = open.firstIndex(where: { $0.choice == choice }) {
      let found = open.remove(at: index)
      open.append(found)
      return found.embedder
    }
    var options = CLIPEmbedder.Options(threads: threads)
    options.precision = choice.precision
    options.honoursEXIF = choice.honoursEXIF
    options.tokenizer = try choice.tokenizer.map { try ModelLocator.resolve($0) }
    let embedder = try CLIPEmbedder(opening: ModelLocator.resolve(choice.name), options: options)
    if open.count == Self.most { open.removeFirst() }
    open.append((choice, embedder))
    return embedder
  }

  /// Reads the keys of the model without opening it, for requests that may do without.
  func skip(_ request: Request) {
    for key in ["model", "precision", "tokenizer", "exif"] { _ = request.has(key) }
  }
}
