import ArgumentParser
import TextProcessing

/// Finds the command that a wrong name was probably meant to be.
enum CommandNames {
  /// The command that the arguments ask for; throws where an argument stands in the place of a command and is none.
  static func check(
    _ arguments: [String], of root: any ParsableCommand.Type
  ) throws -> any ParsableCommand.Type {
    var command = root
    var path = [root._commandName]
    for argument in arguments {
      let children = command.configuration.subcommands
      guard !children.isEmpty, !argument.hasPrefix("-") else { return command }
      if argument == "help", path.count == 1 { continue }
      if let child = children.first(where: { names(of: $0).contains(argument) }) {
        command = child
        path.append(child._commandName)
        continue
      }
      let shown = children.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
      let place = path.joined(separator: " ")
      if let nearest = NearestName.of(argument, among: shown) {
        throw ValidationError(
          "There is no command \"\(place) \(argument)\"; did you mean \"\(place) \(nearest)\"?")
      }
      throw ValidationError(
        "There is no command \"\(place) \(argument)\"; there are: \(shown.joined(separator: ", ")).")
    }
    return command
  }

  private static func names(of command: any ParsableCommand.Type) -> [String] {
    [command._commandName] + command.configuration.aliases
  }
}
