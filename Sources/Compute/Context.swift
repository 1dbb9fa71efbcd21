/// The threads that run one forward pass together, with a lane for each.
public final class Context: @unchecked Sendable {
  // Unchecked: used by one thread at a time, by contract.

  /// The threads; a team of one when whole items are spread over threads instead.
  public let team: Team
  /// A lane for each member.
  let lanes: [Lane]

  /// A context for a team, which nobody else may use meanwhile.
  public init(team: Team) throws {
    self.team = team
    lanes = try (0..<team.count).map { _ in try Lane() }
  }

  /// A context for `threads` threads of its own.
  public convenience init(threads: Int) throws {
    try self.init(team: Team(count: threads))
  }
}
