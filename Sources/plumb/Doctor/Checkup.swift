import Foundation
import JSON

/// What `plumb doctor` finds, in groups.
struct Checkup {
  /// One thing that was looked for.
  struct Finding {
    /// How it stands.
    enum Status: String {
      /// It is there.
      case ok
      /// It is not there, and Plumb does not work as it should without it.
      case missing
      /// It is not there, and only some commands need it.
      case optional
    }

    var status = Status.ok
    var name: String
    var value: String
    /// What to do: the command that makes it, or that frees its space.
    var action: String?
    /// The space that it takes.
    var bytes: Int?
  }

  /// Findings under a heading.
  struct Group {
    let name: String
    var findings: [Finding]
  }

  let groups: [Group]

  /// Looks at this machine. Takes well under a second, and changes nothing.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    groups = [
      Group(name: "Machine", findings: Self.machine()),
      Group(name: "Arithmetic", findings: Self.arithmetic(environment)),
      Group(name: "Images", findings: Self.images()),
      Group(name: "Models", findings: Self.models(environment)),
      Group(name: "METEOR", findings: Self.meteor()),
      Group(name: "Training", findings: Self.training()),
      Group(name: "Server", findings: Self.server()),
      Group(name: "Caches", findings: Self.caches(environment)),
    ]
  }

  /// What is needed and not there.
  var missing: [Finding] { groups.flatMap(\.findings).filter { $0.status == .missing } }
}

extension Checkup {
  /// The findings for people, a line each and a line for what to do.
  func table(_ style: Style) -> String {
    let width = groups.flatMap(\.findings).map(\.name.count).max() ?? 0
    let statusWidth = Finding.Status.optional.rawValue.count
    var lines: [String] = []
    for group in groups {
      if !lines.isEmpty { lines.append("") }
      lines.append(style.bold(group.name))
      for finding in group.findings {
        let status = finding.status.rawValue.padding(toLength: statusWidth, withPad: " ", startingAt: 0)
        let name = finding.name.padding(toLength: width, withPad: " ", startingAt: 0)
        lines.append("  \(finding.status.coloured(status, style))  \(name)  \(finding.value)")
        if let action = finding.action {
          let margin = String(repeating: " ", count: statusWidth + width + 6)
          lines.append(margin + style.faint("→ \(action)"))
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The same as JSON: `{"ok": …, "groups": [{"name": …, "checks": [{"name": …, "status": …, "value": …}]}]}`.
  func json() throws -> String {
    let groups = groups.map { group -> JSONValue in
      .object([
        .init("name", .string(group.name)), .init("checks", .array(group.findings.map(\.json))),
      ])
    }
    return try JSONValue.object([.init("ok", .bool(missing.isEmpty)), .init("groups", .array(groups))])
      .text(isIndented: true)
  }
}

extension Checkup.Finding.Status {
  fileprivate func coloured(_ text: String, _ style: Style) -> String {
    switch self {
    case .ok: style.green(text)
    case .missing: style.red(text)
    case .optional: style.yellow(text)
    }
  }
}

extension Checkup.Finding {
  fileprivate var json: JSONValue {
    var members = [
      JSONValue.Member("name", .string(name)), .init("status", .string(status.rawValue)),
      .init("value", .string(value)),
    ]
    if let bytes { members.append(.init("bytes", .integer(bytes))) }
    if let action { members.append(.init("action", .string(action))) }
    return .object(members)
  }
}
