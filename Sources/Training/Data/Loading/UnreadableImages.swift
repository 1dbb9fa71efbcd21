import Files
import Synchronization

/// The images that could not be read, counted by all threads of a loader.
public final class UnreadableImages: Sendable {
  private struct State {
    var items: Set<Int> = []
    var tried = 0
    var first: [String] = []
  }

  private let state = Mutex(State())
  private let source: String
  private let itemCount: Int
  private let share: Double

  init(of set: TrainingSet, share: Double) {
    source = set.name
    itemCount = set.count
    self.share = share
  }

  /// The number of different items whose images are unreadable, as far as they were tried.
  public var count: Int { state.withLock { $0.items.count } }

  /// What is wrong with the first ten.
  public var first: [String] { state.withLock(\.first) }

  /// Notes that an image was read.
  func noteGood() { state.withLock { $0.tried += 1 } }

  /// Notes that an image could not be read.
  ///
  /// Too many are more than the share of all items, or half of those tried so far, once that is some: a folder that
  /// is not there need not be gone through to the hundredth of a million.
  ///
  /// - Throws: ``DataError/tooManySkipped(source:count:of:share:first:)``.
  func note(_ item: Int, _ error: any Error) throws {
    try state.withLock { state in
      state.tried += 1
      if state.items.insert(item).inserted, state.first.count < 10 {
        state.first.append(sentence(for: error))
      }
      let count = state.items.count
      let isHalf = state.tried >= 64 && count * 2 > state.tried
      if Double(count) > share * Double(itemCount) || (isHalf && share < 0.5) {
        throw tooMany(state, of: isHalf ? min(state.tried, itemCount) : itemCount)
      }
    }
  }

  /// The error for an image for which none of many others could stand in.
  func noneStandsIn() -> DataError { state.withLock { tooMany($0, of: min($0.tried, itemCount)) } }

  private func tooMany(_ state: State, of tried: Int) -> DataError {
    .tooManySkipped(
      source: source, count: state.items.count, of: tried, share: share, first: Array(state.first.prefix(5)))
  }
}
