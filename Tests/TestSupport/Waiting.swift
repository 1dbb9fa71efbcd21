import Foundation

/// Waits until something outside of the test has come about; false where it has not after `seconds`.
///
/// For what tells nobody when it changes; what can wake the test should.
public func waits(upTo seconds: Double = 60, until isSo: () -> Bool) -> Bool {
  let deadline = Date(timeIntervalSinceNow: seconds)
  while !isSo() {
    if Date() > deadline { return false }
    Thread.sleep(forTimeInterval: 0.002)
  }
  return true
}
