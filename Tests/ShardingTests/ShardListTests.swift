import Foundation
import Sharding
import TestSupport
import Testing

@Suite struct ShardListTests {
  /// The names that a pattern leads to, where all of them are there.
  private func names(_ pattern: String, of files: [String]) throws -> [String] {
    try TestData.withTemporaryFolder { folder in
      for file in files { try Data().write(to: folder.appendingPathComponent(file)) }
      return try ShardList([folder.appendingPathComponent(pattern).path]).shards.map(\.name)
    }
  }

  @Test func rangesAndAlternativesAreExpandedInOrder() throws {
    #expect(
      try names("{08..11}.tar", of: ["08.tar", "09.tar", "10.tar", "11.tar"]) == ["08", "09", "10", "11"])
    #expect(try names("{9..11}.tar", of: ["9.tar", "10.tar", "11.tar"]) == ["9", "10", "11"])
    #expect(try names("{2..0..2}.tar", of: ["2.tar", "0.tar"]) == ["2", "0"])
    #expect(
      try names("{b,a-{0..1}}.tar", of: ["b.tar", "a-0.tar", "a-1.tar"]) == ["b", "a-0", "a-1"])
    #expect(try names("{1}.tar", of: ["{1}.tar"]) == ["{1}"])
  }

  @Test(arguments: ["{1..}.tar", "{a}.tar", "{1..2.tar", "1}.tar", "{1..999999999999}.tar", "{0..1..0}.tar"])
  func patternsThatMeanNothingAreRefused(_ pattern: String) throws {
    #expect(throws: ShardingError.self) { try ShardList([pattern]) }
  }

  @Test func aFolderIsItsArchivesByName() throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["b.tar", "a.tar", "a.txt", ".c.tar"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      #expect(try ShardList([folder.path]).shards.map(\.name) == ["a", "b"])
    }
  }

  @Test func shardsThatAreNotThereAreAnErrorOrListed() throws {
    try TestData.withTemporaryFolder { folder in
      try Data().write(to: folder.appendingPathComponent("1.tar"))
      let pattern = folder.path + "/{0..2}.tar"
      #expect(throws: ShardingError.noShard(file: folder.path + "/0.tar", count: 2)) {
        try ShardList([pattern])
      }
      let list = try ShardList([pattern], keepGoing: true)
      #expect(list.shards.map(\.name) == ["1"])
      #expect(list.missing.map(\.id) == ["/0.tar", "/2.tar"].map { folder.path + $0 })
      #expect(throws: ShardingError.self) { try ShardList([folder.path + "/9.tar"], keepGoing: true) }
    }
  }

  @Test func twoShardsOfOneNameAreRefused() throws {
    try TestData.withTemporaryFolder { folder in
      for name in ["a", "b"] {
        let inner = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
        try Data().write(to: inner.appendingPathComponent("0.tar"))
      }
      #expect(throws: ShardingError.self) { try ShardList([folder.path + "/{a,b}/0.tar"]) }
    }
  }

  @Test(arguments: [".0.tar", "run.json.tar"])
  func namesThatOutputsCannotHaveAreRefused(_ name: String) throws {
    try TestData.withTemporaryFolder { folder in
      let shard = folder.appendingPathComponent(name)
      try Data().write(to: shard)
      let error = #expect(throws: ShardingError.self) { try ShardList([shard.path]) }
      #expect(error?.description.hasPrefix("\(shard.path): ") == true, "\(String(describing: error))")
      #expect(error?.description.hasSuffix("; rename the shard.") == true)
    }
  }

  @Test func partsCoverEverythingOnce() throws {
    #expect(ShardPart("0/3") == nil)
    #expect(ShardPart("4/3") == nil)
    #expect(ShardPart("1") == nil)
    #expect(ShardPart("-1/3") == nil)
  }
}
