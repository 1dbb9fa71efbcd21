import Files
import Foundation
import Retrieval
import TestSupport
import Testing

/// What tells the content of files apart.
@Suite struct FileMarkTests {
  @Test func aMarkHasTheSizeAndTwoSums() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("a.jpg")
      // CRC-32 and Adler-32 of zlib, in Python: zlib.crc32(b"Plumb"), zlib.adler32(b"Plumb").
      try Data("Plumb".utf8).write(to: file)
      #expect(FileMark.of(file) == "5-ae14cf48-5e00201")
      try Data().write(to: file)
      #expect(FileMark.of(file) == "0-0-1")
      // Larger than a piece that is read at once: bytes(i % 251 for i in range(1_000_000)).
      try Data((0..<1_000_000).map { UInt8($0 % 251) }).write(to: file)
      #expect(FileMark.of(file) == "1000000-27c442b8-4fd0c1a6")
    }
  }

  @Test func whatIsNoImageIsNotRead() throws {
    try TestData.withTemporaryFolder { folder in
      #expect(FileMark.of(folder) == nil)
      #expect(FileMark.of(folder.appendingPathComponent("nothing.jpg")) == nil)
      // Nobody writes to it, and nobody waits.
      let pipe = folder.appendingPathComponent("pipe.jpg")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      #expect(FileMark.of(pipe) == nil)
      // A hole of so many bytes, on whose disk nothing is.
      let large = folder.appendingPathComponent("large.jpg")
      try Data().write(to: large)
      try #require(truncate(large.path, off_t(ImageFormat.largestFile) + 1) == 0)
      #expect(FileMark.of(large) == nil)
    }
  }
}
