import ArgumentParser
import Foundation

/// A command that trains, with libtorch.
protocol TrainingCommand: ParsableCommand {}

/// How long the threads of libgomp spin for one another before they sleep.
///
/// libtorch computes with them, and without a limit they spin for milliseconds, each on a processor that its neighbour may need: with two
/// other programs busy on two cores, a step took twenty times as long as with this limit, which costs nothing where there are none.
enum SpinLimit {
  private static let variable = "GOMP_SPINCOUNT"

  /// Starts this process anew with a limit, unless the user has set one: libgomp reads it when it is loaded, which is before `main`.
  static func apply() {
    #if os(Linux)
      guard getenv(variable) == nil, getenv("OMP_WAIT_POLICY") == nil else { return }
      setenv(variable, "5000", 1)
      // Comes back only where it fails, and training is then as it was.
      execv("/proc/self/exe", CommandLine.unsafeArgv)
    #endif
  }
}
