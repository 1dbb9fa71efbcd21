import Files
public import Foundation
import JSON

/// The log of a run, a JSON object a line: one a step, one a validation.
///
/// After a restart, lines of steps that are taken again are cut off, so that the log is that of one run.
public final class TrainingLog {
  /// A value with its name.
  typealias Member = (name: String, value: JSONValue)

  private let handle: FileHandle
  private let path: String

  /// Opens a log, keeping the lines before a stage and step.
  public init(_ url: URL, keepingBefore stage: Int, step: Int) throws {
    path = url.path
    var kept = Data()
    if let old = try? Data(contentsOf: url) {
      for line in old.split(separator: UInt8(ascii: "\n")) {
        guard let entry = try? JSONValue(parsing: Data(line)).object,
          let lineStage = entry["stage_number"]?.integer,
          let lineStep = entry["step"]?.integer
        else { continue }
        if lineStage < stage || (lineStage == stage && lineStep <= step) { kept += line + [10] }
      }
    }
    do {
      try kept.write(to: url, options: .atomic)
      handle = try FileHandle(forWritingTo: url)
      try handle.seekToEnd()
    } catch {
      throw TrainingError.unwritable(path: path, reason: systemReason(of: error))
    }
  }

  /// Adds a line.
  func append(_ members: [Member]) throws {
    let line = try JSONValue.object(members.map { .init($0.name, $0.value) }).text() + "\n"
    do { try handle.write(contentsOf: Data(line.utf8)) } catch {
      throw TrainingError.unwritable(path: path, reason: systemReason(of: error))
    }
  }
}
