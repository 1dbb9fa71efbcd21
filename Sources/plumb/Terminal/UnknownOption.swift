import ArgumentParser
import Foundation
import JSON
import TextProcessing

/// An option that the command does not have.
///
/// ArgumentParser tells of it only where nothing else is wrong, and answers `--image-embedings a.npy` with what is missing
/// because of the slip.
struct UnknownOption: Error {
  /// What is wrong, in ArgumentParser's words.
  let message: String
  /// The command that was asked for.
  let command: any ParsableCommand.Type

  /// The first option of a command line that its command does not have; nil where there is none, or where the command is
  /// itself a name for several.
  init?(in arguments: [String], of command: any ParsableCommand.Type) {
    guard command.configuration.subcommands.isEmpty else { return nil }
    let known = Self.names(of: command)
    let options = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
      .map { $0.dropFirst(2).prefix { $0 != "=" } }
    guard let name = options.first(where: { !known.contains(String($0)) }) else { return nil }
    let nearest = NearestName.of(String(name), among: known.sorted())
    message = "Unknown option '--\(name)'" + (nearest.map { ". Did you mean '--\($0)'?" } ?? "")
    self.command = command
  }

  /// The long names of a command's options.
  private static func names(of command: any ParsableCommand.Type) -> Set<String> {
    let help = try? JSONValue(parsing: Data(command._dumpHelp().utf8))
    let arguments = help?.object?["command"]?.object?["arguments"]?.array ?? []
    let names = arguments.flatMap { $0.object?["names"]?.array ?? [] }.compactMap {
      $0.object?["name"]?.string
    }
    return Set(names).union(["help", "version"])
  }
}
