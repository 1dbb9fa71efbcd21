import ArgumentParser
import Foundation
import PlumbWorker

/// `plumb worker`.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Answer requests of another program: embeddings, scores, rewards.",
    discussion: """
      Reads requests from standard input and writes answers to standard output: a line of JSON, and raw bytes. \
      The Python package and Spark reach Plumb through it; docs/worker.md has the protocol. It ends with its input, \
      or with the program that has started it.

        echo '{"do": "version"}' | plumb worker
      """)

  @Option(help: ArgumentHelp("Number of CPU threads (default: all cores).", valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "The program that starts this one itself; the worker ends with it, even where it has ended before.",
      valueName: "process id"))
  var parent: Int32?

  /// The parent was gone before it could be watched.
  struct Orphaned: LocalizedError {
    let parent: Int32
    var errorDescription: String? {
      "--parent: process \(parent) has ended, or has not started this one itself; give the id of the program that does."
    }
  }

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
    if let parent, parent < 1 { throw ValidationError("--parent must be the id of a process.") }
  }

  func run() throws {
    // Control-C in a notebook is for the program that asks, which then closes the input.
    signal(SIGINT, SIG_IGN)
    // That nobody reads any more is seen when an answer is written.
    signal(SIGPIPE, SIG_IGN)
    try endWithParent()
    guard try PlumbWorker(threads: threads).run(input: STDIN_FILENO, output: STDOUT_FILENO) else {
      Foundation.exit(1)
    }
  }

  /// Ends the process when its parent is gone, also in the middle of a long request.
  ///
  /// Linux can send a signal instead, but does so when the thread that started the process ends, and a parent's threads may
  /// come and go. A parent that ends before it is watched is noticed only where its id was given.
  ///
  /// - Throws: ``Orphaned``.
  private func endWithParent() throws {
    let parent = parent ?? getppid()
    guard getppid() == parent else { throw Orphaned(parent: parent) }
    let thread = Thread {
      while getppid() == parent { usleep(500_000) }
      _exit(1)
    }
    thread.stackSize = 1 << 19
    thread.start()
  }
}
