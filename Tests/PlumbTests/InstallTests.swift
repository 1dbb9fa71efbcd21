import Foundation
import JSON
import TestSupport
import Testing

/// `bin/install`, into folders with spaces in their names, from the programs that the tests are run beside.
@Suite struct InstallTests {
  /// What a script said, and how it ended.
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Runs a program with nothing in its environment but what is named.
  private func run(
    _ program: URL, _ arguments: [String], in folder: URL, environment: [String: String]
  ) throws -> Outcome {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("plumb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let files = ["output", "errors"].map { scratch.appendingPathComponent($0) }
    for file in files { try Data().write(to: file) }
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: try String(contentsOf: files[0], encoding: .utf8),
      errors: try String(contentsOf: files[1], encoding: .utf8))
  }

  /// Runs bin/install, with what is built already.
  private func install(_ arguments: [String], home: URL) throws -> Outcome {
    var environment = ProcessInfo.processInfo.environment
    // The scratch folder, of which the programs are in `<machine>/release`.
    environment["PLUMB_INSTALL_BUILD"] =
      CommandRun.executable.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    environment["HOME"] = home.path
    return try run(
      CommandRun.package.appendingPathComponent("bin/install"), arguments, in: home, environment: environment)
  }

  /// The paths of all files and links below a folder.
  private func files(below folder: URL) -> Set<String> {
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return Set(
      names.filter { name in
        let type =
          (try? FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(name).path))?[
            .type] as? FileAttributeType
        return type != .typeDirectory
      })
  }

  @Test func whatIsInstalledRunsByItselfAndIsRemovedAgain() throws {
    try TestData.withTemporaryFolder { home in
      let prefix = home.appendingPathComponent("my own/place")
      let foreign = prefix.appendingPathComponent("bin/other")
      try FileManager.default.createDirectory(
        at: foreign.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: foreign)
      let first = try install(["--prefix", prefix.path], home: home)
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.output.contains("MB") && first.output.contains("is not on your PATH"))

      let there = files(below: prefix)
      for file in [
        "bin/plumb", "bin/plumb-server", "share/plumb/models/mini/model.safetensors",
        "share/plumb/models/captioner/model.safetensors", "share/plumb/TorchBridge/CMakeLists.txt",
        "share/plumb/TorchBridge/include/CTorchBridge.h", "share/bash-completion/completions/plumb",
        "share/zsh/site-functions/_plumb", "share/fish/vendor_completions.d/plumb.fish",
        "share/man/man1/plumb.1", "share/man/man1/plumb-score.1", "share/man/man1/plumb-serve.1",
        "share/man/man1/plumb-model-pull.1", "share/licenses/plumb/LICENSE",
      ] {
        #expect(there.contains(file), "\(file)")
      }
      let size = there.reduce(0) { sum, name in
        let file = prefix.appendingPathComponent(name).path
        return sum + ((try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0)
      }
      #expect(size < 120_000_000, "\(size)")

      try checkProgram(in: prefix, home: home)
      try checkTexts(in: prefix, home: home)

      let second = try install(["--prefix", prefix.path], home: home)
      #expect(second.status == 0, "\(second.errors)")
      #expect(second.output.contains("replaced the installation") && files(below: prefix) == there)

      let removed = try install(["--uninstall", "--prefix", prefix.path], home: home)
      #expect(removed.status == 0, "\(removed.errors)")
      #expect(files(below: prefix) == ["bin/other"])
      let folders = try FileManager.default.contentsOfDirectory(atPath: prefix.path)
      #expect(folders == ["bin"])
      let again = try install(["--uninstall", "--prefix", prefix.path], home: home)
      #expect(again.status == 1 && again.errors.contains("nothing is installed"))
    }
  }

  /// It runs in another folder, without Swift, and takes the model that came with it.
  private func checkProgram(in prefix: URL, home: URL) throws {
    let program = prefix.appendingPathComponent("bin/plumb")
    let clean = ["PATH": "/usr/bin:/bin", "HOME": home.path]
    let version = try run(program, ["-V"], in: home, environment: clean)
    let other = try run(program, ["--version"], in: home, environment: clean)
    #expect(version.status == 0 && version.output == other.output, "\(version.errors)")
    let example = CommandRun.example
    let arguments = [
      "score", example.appendingPathComponent("candidates.json").path, "--references",
      example.appendingPathComponent("references.json").path, "--images",
      example.appendingPathComponent("images").path, "--json",
    ]
    let installed = try run(program, arguments, in: home, environment: clean)
    let built = try CommandRun(arguments, in: home, environment: ["PLUMB_METEOR": "/nowhere"])
    #expect(installed.status == 0 && installed.output == built.output, "\(installed.errors)")
    let server = try run(program, ["serve", "--help"], in: home, environment: clean)
    #expect(server.status == 0 && server.output.contains("plumb serve"), "\(server.errors)")
    let doctor = try run(program, ["doctor", "--json"], in: home, environment: clean)
    #expect(doctor.status == 0, "\(doctor.errors)")
    let models = prefix.appendingPathComponent("share/plumb/models/mini").path
    #expect(
      doctor.output.contains(models.replacingOccurrences(of: "/", with: "\\/"))
        || doctor.output.contains(models))
  }

  /// Completions are read by the shells that are here, man pages by groff.
  private func checkTexts(in prefix: URL, home: URL) throws {
    for (shell, file) in [
      ("/bin/bash", "share/bash-completion/completions/plumb"),
      ("/usr/bin/zsh", "share/zsh/site-functions/_plumb"),
      ("/usr/bin/fish", "share/fish/vendor_completions.d/plumb.fish"),
    ] where FileManager.default.isExecutableFile(atPath: shell) {
      let parsed = try run(
        URL(fileURLWithPath: shell), ["-n", prefix.appendingPathComponent(file).path], in: home,
        environment: [:])
      #expect(parsed.status == 0 && parsed.errors.isEmpty, "\(file): \(parsed.errors)")
    }
    let groff = URL(fileURLWithPath: "/usr/bin/groff")
    guard FileManager.default.isExecutableFile(atPath: groff.path) else { return }
    for page in ["plumb.1", "plumb-score.1", "plumb-serve.1"] {
      let file = prefix.appendingPathComponent("share/man/man1/\(page)")
      let shown = try run(
        groff, ["-Kutf8", "-man", "-ww", "-Tutf8", "-P-cbou", file.path], in: home,
        environment: ["PATH": "/usr/bin:/bin"])
      #expect(shown.status == 0 && shown.errors.isEmpty, "\(page): \(shown.errors)")
      #expect(shown.output.contains("OPTIONS") && shown.output.contains("plumb"), "\(page)")
      // Examples keep their lines, however long; an option's meaning is filled to the width of the page.
      guard page == "plumb-score.1" else { continue }
      #expect(shown.output.contains("captions.json --images photos --model openai/clip-vit-base-patch32\n"))
      let lines = shown.output.split(separator: "\n")
      let option = lines.firstIndex { $0.hasSuffix("--keep-going") }
      // With spaces as groff justifies the line.
      let words = option.map { lines[$0 + 1].split(separator: " ").joined(separator: " ") }
      #expect(words?.hasPrefix("Skip captions that cannot be scored") == true)
    }
  }

  @Test func aForeignFileIsNotReplaced() throws {
    try TestData.withTemporaryFolder { home in
      let foreign = home.appendingPathComponent(".local/bin/plumb")
      try FileManager.default.createDirectory(
        at: foreign.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: foreign)
      let refused = try install([], home: home)
      #expect(refused.status == 1 && refused.errors.contains("is not Plumb's; nothing was changed"))
      #expect(files(below: home) == [".local/bin/plumb"])
      let content = try String(contentsOf: foreign, encoding: .utf8)
      #expect(content == "mine")
      let wrong = try install(["--prefx", "x"], home: home)
      #expect(wrong.status == 64 && wrong.errors.contains("--prefx"))
    }
  }

  @Test func theListOfAnotherProgramIsNotFollowed() throws {
    try TestData.withTemporaryFolder { home in
      let list = home.appendingPathComponent(".local/share/plumb/install.txt")
      let victim = home.appendingPathComponent("victim")
      try FileManager.default.createDirectory(
        at: list.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("kept".utf8).write(to: victim)
      let first = "# Made by bin/install of Plumb; bin/install --uninstall reads it.\n"
      for text in ["file victim\n", first + "file ../victim\n", first + "file \(victim.path)\n"] {
        try Data(text.utf8).write(to: list)
        let refused = try install(["--uninstall"], home: home)
        #expect(refused.status == 1 && refused.errors.contains("nothing was removed"), "\(text)")
        #expect(FileManager.default.fileExists(atPath: victim.path))
      }
    }
  }
}
