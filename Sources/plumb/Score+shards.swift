import ArgumentParser
import Foundation
import Sharding

extension Score {
  /// Throws where something is asked for that goes only with captions in a file, or only with shards.
  func validateShards() throws {
    guard shards.areGiven else {
      if output != nil {
        throw ValidationError("--output is where --shards writes; name shards, or leave it out.")
      }
      return
    }
    guard output != nil else { throw ValidationError("--shards needs --output, a folder.") }
    let others: [(name: String, isGiven: Bool)] = [
      ("a file of captions", !candidates.isEmpty), ("--references", references != nil),
      ("--images", images != nil),
      ("--metrics", metrics != "all"), ("--cider-df", df != nil), (ReportForm.citeOption, form.cite),
      ("--per-caption", perCaption != nil), ("the options for columns", !columns.isEmpty),
    ]
    if let other = others.first(where: \.isGiven) {
      throw ValidationError(
        "--shards scores images with their own captions by CLIPScore, without \(other.name); leave one of the two out."
      )
    }
  }

  /// Scores the pairs of shards.
  func runShards() throws {
    let output = output ?? ""
    try ShardedRun.print(shards.list(keepGoing: keepGoing), output: output, json: form.json) {
      let embedder = try options.open(model.name)
      Output.note(model.warnings(of: embedder))
      var run = try ShardedRun(.scores(definition), with: embedder, output: URL(fileURLWithPath: output))
      run.keepGoing = keepGoing
      return run
    }
  }
}
