import Foundation
import TestSupport
import Testing
import Training

@Suite struct BridgeTests {
  @Test func aBridgeThatIsNotThereOrNoLibraryIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("libplumb_torch.so")
      let missing = #expect(throws: TorchError.self) { try Torch(bridge: file) }
      #expect("\(missing as Any)".contains("cannot be opened"), "\(missing as Any)")
      try Data("no library".utf8).write(to: file)
      let error = #expect(throws: TorchError.self) { try Torch(bridge: file) }
      #expect("\(error as Any)".contains("run `plumb torch setup` again"), "\(error as Any)")
    }
  }

  /// Compiles a library that exports `code`.
  private func library(_ code: String, in folder: URL) throws -> URL {
    let source = folder.appendingPathComponent("other.c")
    let library = folder.appendingPathComponent("libother.so")
    try Data(code.utf8).write(to: source)
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-o", library.path, source.path]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0)
    return library
  }

  @Test(arguments: [
    (
      "const void *plumb_torch_table(unsigned version) { return version == 9999 ? \"\" : 0; }",
      "was built for another version of plumb"
    ),
    (
      "static unsigned table[200] = {9999}; const void *plumb_torch_table(unsigned v) { (void)v; return table; }",
      "was built for another version of plumb"
    ),
    ("int something_else;", "it exports no plumb_torch_table"),
  ])
  func aBridgeOfAnotherVersionIsRefused(_ code: String, _ part: String) throws {
    try TestData.withTemporaryFolder { folder in
      let error = #expect(throws: TorchError.self) { try Torch(bridge: library(code, in: folder)) }
      #expect("\(error as Any)".contains(part), "\(error as Any)")
      #expect("\(error as Any)".contains("run `plumb torch setup` again"))
    }
  }

  @Test(
    .enabled(if: TorchInstallation.isSetUp, "libtorch is not set up"),
    arguments: ["cuda:99", "gpu", "cuda:-1", "cuda:x"])
  func aDeviceThatIsNotThereIsNamed(_ name: String) {
    let error = #expect(throws: TorchError.self) { try Torch(device: name) }
    #expect("\(error as Any)".contains("there is no device \(name); libtorch sees"), "\(error as Any)")
  }
}
