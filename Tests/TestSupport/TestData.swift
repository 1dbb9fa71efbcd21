import Foundation

/// Where tests find their files.
public enum TestData {
  /// The folder of real data that the environment variable `PLUMB_TEST_DATA` names, if it is there.
  ///
  /// That data may not be passed on, so it is not in the repository; tests that need it are skipped without it.
  public static let shared: URL? = {
    guard let path = ProcessInfo.processInfo.environment["PLUMB_TEST_DATA"], !path.isEmpty else { return nil }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
    else { return nil }
    return URL(fileURLWithPath: path, isDirectory: true)
  }()

  /// Whether the real data is there: `@Test(.enabled(if: TestData.isAvailable, TestData.whySkipped))`.
  public static var isAvailable: Bool { shared != nil }

  /// What a skipped test says.
  public static let whySkipped: String = "PLUMB_TEST_DATA does not name the folder of real data"

  /// The `Fixtures` folder beside the calling test file.
  public static func fixtures(_ testFile: String = #filePath) -> URL {
    URL(fileURLWithPath: testFile).deletingLastPathComponent().appendingPathComponent(
      "Fixtures", isDirectory: true)
  }

  /// Calls `body` with a new empty folder, which is removed afterwards.
  public static func withTemporaryFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "plumb-test-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
