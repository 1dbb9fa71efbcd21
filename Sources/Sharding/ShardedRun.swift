public import CLIP
import CaptionData
import Files
public import Foundation

/// Makes the outputs of shards, each exactly once, whatever happens to the processes that make them.
///
/// ```swift
/// let embedder = try CLIPEmbedder(opening: ModelLocator.resolve("mini"))
/// let run = try ShardedRun(.scores(), with: embedder, output: URL(fileURLWithPath: "scores"))
/// let report = try run.run(ShardList(["data/{00000..00099}.tar"]).shards)
/// print(report.pairs, report.failed)
/// ```
///
/// Any number of processes may work on one output, with different shards or with the same: a shard that another one has in work
/// is left to it, one that is finished is not done again, and what a killed process has left is removed by the next.
public struct ShardedRun {
  /// What is done when a shard cannot be read: whether the others are done all the same.
  public var keepGoing = false

  private let work: ShardWork
  private let output: URL

  /// Begins an output, or goes on with one.
  ///
  /// - Throws: ``ShardingError``, where `output` was made with other settings too; `FileWriteError`.
  public init(_ task: ShardTask, with embedder: CLIPEmbedder, output: URL) throws {
    work = ShardWork(task: task, embedder: embedder, settings: task.settings(with: embedder))
    self.output = output
    try work.settings.open(output)
  }

  /// Does the shards that are not done.
  ///
  /// - Parameter progress: called with the shard, its number among them all from 1, and how many of its pairs are done.
  /// - Throws: ``ShardingError``, `FileWriteError`, and what the embedder throws.
  public func run(
    _ shards: [Shard], progress: (_ shard: Shard, _ number: Int, _ pairs: Int) -> Void = { _, _, _ in }
  ) throws -> ShardedReport {
    let began = ContinuousClock.now
    var report = ShardedReport()
    for (index, shard) in shards.enumerated() {
      let place = output.appendingPathComponent(shard.name, isDirectory: true)
      do {
        if let earlier = try finished(shard, at: place) {
          report.earlier.append(earlier)
        } else if let summary = try make(shard, progress: { progress(shard, index + 1, $0) }) {
          report.made.append(summary)
        } else if let earlier = try finished(shard, at: place) {
          // Another process was a moment faster.
          report.earlier.append(earlier)
        } else {
          report.busy.append(shard.name)
        }
      } catch let error as ShardingError where keepGoing && error.isAboutOneShard {
        report.failed.append(SkippedItem(id: shard.name, reason: error.description))
      }
    }
    report.seconds = (ContinuousClock.now - began) / .seconds(1)
    return report
  }
}

extension ShardedRun {
  /// What was made of a shard earlier; nil where it is not done.
  private func finished(_ shard: Shard, at place: URL) throws -> ShardSummary? {
    guard try ShardFolder.isFinished(place) else { return nil }
    ShardLock.removeLeftover(shard.name, in: output)
    let summary = try ShardSummary(finished: place)
    try shard.requireSize(summary.byteCount, of: place)
    let files = work.task.files.map(place.appendingPathComponent)
    if let missing = files.first(where: { !FileManager.default.fileExists(atPath: $0.path) }) {
      throw ShardingError.damagedOutput(file: missing.relativePath, problem: "it is not there")
    }
    return summary
  }

  /// Makes the output of a shard; nil where another process has it.
  private func make(_ shard: Shard, progress: (Int) -> Void) throws -> ShardSummary? {
    guard let folder = try ShardFolder(shard.name, in: output) else { return nil }
    let summary = try work.make(shard, in: folder, progress: progress)
    try folder.commit()
    return summary
  }
}
