/// The threads that run one forward pass together, with a lane for each.
public final class Context: @unchecked Sendable {
  // Unchecked: used by one thread at a time, by contract.

  /// The threads; a team of one when whole items are spread over threads instead.
  public let team: Team
  /// A lane for each member.
  let lanes: [Lane]

  /// A context for `threads` threads.
  public init(threads: Int) throws {
    team = Team(count: threads)
    lanes = try (0..<team.count).map { _ in try Lane() }
  }
}
