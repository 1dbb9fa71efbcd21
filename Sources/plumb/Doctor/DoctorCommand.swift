import ArgumentParser
import Foundation

/// `plumb doctor`.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show what Plumb finds on this machine, and what to do about what is missing.",
    discussion: """
        plumb doctor
        plumb doctor --json

      Lists the processor's instruction sets and the kernels that run, oneDNN, the image libraries, the models, METEOR's \
      tables, libtorch, the server and the caches with their sizes. A line that says "optional" is about something that \
      only some commands need. Nothing is changed or fetched. The exit status is 1 if something that every command needs \
      is missing.
      """)

  /// Something that Plumb needs is not there.
  struct Incomplete: LocalizedError {
    let missing: [Checkup.Finding]
    var errorDescription: String? {
      let names = missing.map(\.name).joined(separator: ", ")
      return "Plumb is not complete: \(names) \(missing.count == 1 ? "is" : "are") missing; "
        + "plumb doctor says what to do."
    }
  }

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let checkup = Checkup()
    try Output.line(json ? checkup.json() : checkup.table(.output))
    try Output.flush()
    guard checkup.missing.isEmpty else { throw Incomplete(missing: checkup.missing) }
  }
}
