import Foundation
import TestSupport
import Testing

/// The table of modules in ARCHITECTURE.md, `Package.swift` and the `import` lines say the same.
@Suite struct ArchitectureTests {
  private static let root = TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Modules in the order of the table, highest first, with what each may import.
  private let table: [(name: String, imports: Set<String>)]

  init() throws {
    let text = try String(contentsOf: Self.root.appendingPathComponent("ARCHITECTURE.md"), encoding: .utf8)
    table = text.matches(of: /\| `([\w-]+)` \| [^|]+ \| ([^|]+) \|/).map { row in
      (String(row.1), Set(row.2.matches(of: /`(\w+)`/).map { String($0.1) }))
    }
  }

  /// The names of our own targets: folders of Sources.
  private static func targets() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("Sources").path))
  }

  @Test func everySwiftModuleIsInTheTable() throws {
    let swift = try Self.targets().filter { try !Self.files(of: $0).isEmpty }
    #expect(Set(table.map(\.name)) == swift)
    #expect(table.count == swift.count)
  }

  @Test func modulesPointDownwardsOnly() {
    for (place, module) in table.enumerated() {
      let above = Set(table[...place].map(\.name))
      #expect(module.imports.isDisjoint(with: above), "\(module.name)")
    }
  }

  @Test func importLinesAreThoseOfTheTable() throws {
    let targets = try Self.targets()
    for module in table {
      var found: Set<String> = []
      for file in try Self.files(of: module.name) {
        let text = try String(contentsOf: file, encoding: .utf8)
        for line in text.matches(of: /(?m)^(?:public |package )?import (\w+)$/) {
          found.insert(String(line.1))
        }
      }
      #expect(found.intersection(targets) == module.imports, "\(module.name)")
    }
  }

  @Test func thePackageDeclaresWhatTheTableSays() throws {
    let text = try String(contentsOf: Self.root.appendingPathComponent("Package.swift"), encoding: .utf8)
    for module in table {
      let name = module.name
      guard let start = text.range(of: #"arget\(\s*name: "\#(name)""#, options: .regularExpression),
        let end = text.range(
          of: #"\n    \."#, options: .regularExpression, range: start.upperBound..<text.endIndex)
      else {
        Issue.record("Package.swift has no target \(name)")
        continue
      }
      let target = String(text[start.upperBound..<end.lowerBound])
      let products = target.replacing(/\.product\([^)]*\)/, with: "")
      let list = products.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.1 ?? ""
      #expect(Set(list.matches(of: /"(\w+)"/).map { String($0.1) }) == module.imports, "\(name)")
      #expect(target.contains("swiftSettings: settings"), "\(name)")
    }
  }

  private static func files(of target: String) throws -> [URL] {
    let folder = root.appendingPathComponent("Sources/\(target)")
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".swift") }.map { folder.appendingPathComponent($0) }
  }
}
