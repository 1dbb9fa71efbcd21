import Foundation
import TestSupport
import Testing
import Training

@Suite struct TorchSetupTests {
  /// Programs that do as a test wants them to, in the place of the machine's.
  private static func tools(_ scripts: [String: String], in folder: URL) throws -> String {
    let bin = folder.appendingPathComponent("bin", isDirectory: true)
    try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
    for (name, script) in scripts {
      let file = bin.appendingPathComponent(name)
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    return bin.path
  }

  /// What looks like a torch of some version.
  private static func torch(_ version: String, in folder: URL) throws -> String {
    let torch = folder.appendingPathComponent("torch", isDirectory: true)
    for name in [
      "include/ATen/ATen.h", "lib/libtorch_cpu.so", "lib/libtorch.so", "lib/libc10.so", "version.py",
    ] {
      let file = torch.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("__version__ = '\(version)'\n".utf8).write(to: file)
    }
    return torch.path
  }

  /// A Python whose virtual environments have a pip that says `words` and fails.
  private static func python(pip words: String) -> String {
    let pip = "case \\$2 in pip) echo \\\"\(words)\\\" >&2; exit 1;; *) echo 3.7.9;; esac"
    return """
      for folder; do :; done
      /bin/mkdir -p "$folder/bin" || exit 1
      printf '#!/bin/sh\\n%s\\n' "\(pip)" >"$folder/bin/python"
      /bin/chmod 755 "$folder/bin/python"
      """
  }

  @Test(arguments: [
    ([:], "there is no python3"),
    (
      ["python3": "echo 'no module named venv' >&2; exit 1"],
      "python3 makes no virtual environment (no module"
    ),
    (
      ["python3": python(pip: "ERROR: No matching distribution found for torch")],
      "for Python 3.7.9 (ERROR: No matching distribution"
    ),
    (
      ["python3": python(pip: "ERROR: Temporary failure in name resolution")],
      "try again when the network is there"
    ),
  ])
  func whatKeepsPipFromFetchingTorchIsNamed(_ scripts: [String: String], _ part: String) throws {
    try TestData.withTemporaryFolder { folder in
      let path = try Self.tools(scripts, in: folder)
      let home = folder.appendingPathComponent("home").path
      let run = try CommandRun(["torch", "setup"], environment: ["PATH": path, "PLUMB_TORCH": home])
      #expect(run.status == 1 && run.errors.contains(part), "\(run.errors)")
      #expect(run.errors.contains("--torch DIR"))
      #expect(!FileManager.default.fileExists(atPath: home + "/torch.json"))
    }
  }

  @Test func whatKeepsTheBridgeFromBuildingIsNamedAndTheOldOneStays() throws {
    let fine = ["c++": "", "make": ""]
    let cases: [([String: String], String)] = [
      (fine, "apt-get install -y cmake"), (["cmake": ""], "apt-get install -y g++ make"),
      (fine.merging(["cmake": "echo cmake version 3.9.6"]) { $1 }, "cmake is version 3.9.6"),
      (
        fine.merging([
          "cmake": "echo cmake version 3.25; [ $1 = --version ] || { echo x.h: error: odd; exit 1; }"
        ]) {
          $1
        }, "does not build (x.h: error: odd)"
      ),
    ]
    for (scripts, part) in cases {
      try TestData.withTemporaryFolder { folder in
        let home = folder.appendingPathComponent("home", isDirectory: true)
        let bridge = home.appendingPathComponent("bridge/libplumb_torch.so")
        try FileManager.default.createDirectory(
          at: bridge.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("old".utf8).write(to: bridge)
        let run = try CommandRun(
          ["torch", "setup", "--torch", Self.torch("2.9.1", in: folder)],
          environment: ["PATH": Self.tools(scripts, in: folder), "PLUMB_TORCH": home.path])
        #expect(run.status == 1 && run.errors.contains(part), "\(run.errors)")
        #expect(run.errors.contains("is torch 2.9.1; this plumb is tested with 2.13.0"))
        #expect(try Data(contentsOf: bridge) == Data("old".utf8))
        let left = try FileManager.default.contentsOfDirectory(atPath: home.path)
        #expect(!left.contains { $0.hasPrefix("build-") })
      }
    }
  }

  @Test func aFolderThatIsNoTorchIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let run = try CommandRun(
        ["torch", "setup", "--torch", folder.path], environment: ["PLUMB_TORCH": folder.path + "/home"])
      #expect(run.isOneSentence(about: "there is no include/ATen/ATen.h in it"), "\(run.errors)")
    }
  }

  @Test func sourcesThatAreNotThereAreAskedFor() throws {
    try TestData.withTemporaryFolder { folder in
      let run = try CommandRun(
        ["torch", "setup"], environment: ["PLUMB_SOURCE": folder.path, "PLUMB_TORCH": folder.path])
      #expect(run.isOneSentence(about: "set PLUMB_SOURCE"), "\(run.errors)")
    }
  }

  @Test func showSaysHowToSetUp() throws {
    let run = try CommandRun(["torch", "show"], environment: ["PLUMB_TORCH": "/nowhere"])
    #expect(run.isOneSentence(about: "run `plumb torch setup` once"))
  }

  @Test(.enabled(if: TorchInstallation.isSetUp, "libtorch is not set up"))
  func whatIsSetUpIsShownAndNotBuiltAgain() throws {
    let show = try json(CommandRun(["torch", "show", "--json"]).output)
    #expect((show["torch_version"] as? String)?.isEmpty == false)
    #expect(show["bridge"] as? String == TorchInstallation.bridgeFile.path)
    let again = try CommandRun(["torch", "setup"])
    #expect(again.status == 0 && again.errors == "plumb: nothing to do\n", "\(again.errors)")
  }
}
