import Foundation

/// A process that works with a cache, told so that another can see whether it still lives.
package struct CacheOwner: Sendable, Equatable {
  /// The machine's boot with the process's name space, its number, when it began, and the cache that it opened.
  let text: String

  /// This process, with a name of its own for each cache that it opens.
  package static func current() -> CacheOwner { of(process: Int(getpid())) }

  /// A process of this machine.
  package static func of(process number: Int) -> CacheOwner {
    let parts = [machine, "\(number)", began(number) ?? "-", UUID().uuidString]
    return CacheOwner(text: parts.joined(separator: " "))
  }

  /// Whether the owner is surely gone. A process of another machine, or of a system without `/proc`, never is: then the
  /// end of its lease decides.
  var isGone: Bool {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 4, parts[0] == Self.machine, Self.machine != "-", parts[2] != "-",
      let number = Int(parts[1])
    else { return false }
    return Self.began(number) != parts[2]
  }

  /// This boot of this machine, as processes of this name space see it.
  private static let machine: String = {
    guard let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
      let space = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    else { return "-" }
    return (boot + space).filter { !$0.isWhitespace }
  }()

  /// When a process began, in the kernel's ticks; nil where there is none, or only what is left of one.
  private static func began(_ process: Int) -> String? {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      // The name is in brackets, and may hold anything.
      let bracket = status.lastIndex(of: ")")
    else { return nil }
    let fields = status[status.index(after: bracket)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return String(fields[19])
  }
}
