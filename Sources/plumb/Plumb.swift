import ArgumentParser

@main
struct Plumb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plumb",
    abstract: "Measure how well words line up with pictures.")
}
