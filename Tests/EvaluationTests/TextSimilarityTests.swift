import CLIP
import CaptionData
import Evaluation
import Files
import MetricsSupport
import Foundation
import TestSupport
import Testing

@Suite struct TextSimilarityTests {
  private func file(_ text: String, _ name: String = "x") throws -> TextFile {
    try TextFile(name: name, bytes: Array(text.utf8))
  }

  private func pooled(_ sentences: String, _ gold: String) throws -> TextSimilaritySet {
    var set = TextSimilaritySet(name: "set", pairs: [])
    try set.append(file(sentences, "sentences"), gold: file(gold, "gold"))
    return set
  }

  private func problem(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "read"
    } catch { return sentence(for: error) }
  }

  @Test func pairsWithoutGoldAreSkipped() throws {
    let set = try pooled("a\tb\nc\td\textra\r\ne\tf\n", "1.5\n\n0\n")
    #expect(
      set.pairs == [.init(first: "a", second: "b", gold: 1.5), .init(first: "e", second: "f", gold: 0)])
    #expect(set.withoutGold == 1)
    #expect(set.sentences == ["a", "b", "e", "f"])
    #expect(try pooled("a\tb\nc\td\n", "3\n\n").pairs.count == 1)
  }

  @Test func tablesAreToldByTheirFirstLine() throws {
    let benchmark = try TextSimilaritySet.table(
      file("g\tf\t2012\t1\t5.000\t\"a\tb\ng\tf\t2012\t2\t\tc\td\nn\tf\t2012\t3\t0.2\te\tf\tx\ty\n"), name: "s"
    )
    #expect(benchmark.pairs.map(\.first) == ["\"a", "e"])
    #expect(benchmark.withoutGold == 1)
    let sick = try TextSimilaritySet.table(
      file("pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment\r\n1\ta\tb\t4.5\tNEUTRAL\r\n"),
      name: "s")
    #expect(sick.pairs == [.init(first: "a", second: "b", gold: 4.5)])
    let glue = try TextSimilaritySet.table(
      file("index\tgenre\tsentence1\tsentence2\tscore\n0\tx\ta\tb\t3\n"), name: "s")
    #expect(glue.pairs == [.init(first: "a", second: "b", gold: 3)])
  }

  @Test func whatIsWrongIsSaidWithItsLine() {
    #expect(
      problem { _ = try pooled("a\tb\nc\td\n", "1\n") }.contains(
        "gold, line 1: there are 1 lines for 2 pairs"))
    #expect(
      problem { _ = try pooled("a\tb\ncd\n", "1\n2\n") }.contains("sentences, line 2: there is no second"))
    #expect(problem { _ = try pooled("a\tb\n", "much\n") }.contains("gold, line 1: the gold \"much\""))
    #expect(problem { _ = try pooled("a\tb\n", "nan\n") }.contains("is not a number"))
    #expect(
      problem { _ = try TextSimilaritySet.table(file("a\tb\n"), name: "s") }.contains(
        "x, line 1: there are 2"))
    #expect(
      problem { _ = try TextSimilarity(sets: [.init(name: "none", pairs: [])]) }.contains(
        "none: there is nothing to compare"))
  }

  @Test func partsArePooledAndSetsWeighTheSame() throws {
    let texts: [String: [Float]] = [
      "a": [1, 0], "b": [1, 0.1], "c": [1, 0.5], "d": [0, 1], "e": [-1, 0],
    ]
    func set(_ name: String, _ golds: [Double]) -> TextSimilaritySet {
      .init(
        name: name, pairs: zip(["b", "c", "d", "e"], golds).map { .init(first: "a", second: $0, gold: $1) })
    }
    let similarity = try TextSimilarity(sets: [set("right", [5, 4, 3, 1]), set("half", [4, 5, 3, 1])])
    let result = try similarity.result(embedder: StubEmbedder(images: [:], texts: texts))
    #expect(result.sets.map { ($0.spearman * 1e6).rounded() / 1e6 } == [100, 80])
    #expect(abs(result.mean - 90) < 1e-9)
    let rows = try Embeddings(values: similarity.sentences.flatMap { texts[$0] ?? [] }, dimension: 2)
    #expect(try similarity.result(embeddings: rows).sets == result.sets)
    #expect(
      throws: EvaluationError.wrongRowCount(name: "the embeddings", expected: 16, found: 1, of: "sentences")
    ) {
      try similarity.result(embeddings: Embeddings(count: 1, dimension: 2))
    }
    #expect(throws: EvaluationError.notCorrelated(set: "right")) {
      try similarity.result(embeddings: Embeddings(count: 16, dimension: 2))
    }
  }

  @Test func pairsOfEqualSentencesTie() throws {
    let golds: [Double] = [5, 4, 3, 2, 1, 0]
    let set = TextSimilaritySet(
      name: "equal", pairs: golds.map { .init(first: "a\($0)", second: "a\($0)", gold: $0) })
    // Lengths whose root, squared, is a little more or less than the square.
    let values = golds.indices.flatMap { row -> [Float] in [Float(row + 1), 1, Float(row + 1), 1] }
    let embeddings = try Embeddings(values: values, dimension: 2)
    #expect(throws: EvaluationError.notCorrelated(set: "equal")) {
      try TextSimilarity(sets: [set]).result(embeddings: embeddings)
    }
  }

  @Test func theYearsAreReadEachFromItsFolderWithItsPartsPooled() throws {
    let years = [
      "STS12-en-test": ["MSRpar", "MSRvid", "SMTeuroparl", "surprise.OnWN", "surprise.SMTnews"],
      "STS13-en-test": ["FNWN", "headlines", "OnWN"], "STS14-en-test": ["deft-forum", "tweet-news"],
      "STS15-en-test": ["belief"], "STS16-en-test": ["plagiarism"],
    ]
    try TestData.withTemporaryFolder { root in
      for (year, parts) in years {
        let folder = root.appendingPathComponent(year)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for part in parts {
          try Data("\(part)\tb\nc\td\n".utf8).write(
            to: folder.appendingPathComponent("STS.input.\(part).txt"))
          // As in 2015 and 2016, a blank line has no gold.
          try Data("1.2\n\n".utf8).write(to: folder.appendingPathComponent("STS.gs.\(part).txt"))
        }
        try Data("all".utf8).write(to: folder.appendingPathComponent("STS.gs.ALL.txt"))
      }
      let sets = try TextSimilaritySet.read(root)
      #expect(sets.map(\.name) == years.keys.sorted())
      for set in sets {
        #expect(set.pairs.map(\.first) == years[set.name]?.sorted() && set.withoutGold == set.pairs.count)
      }
    }
  }

  @Test func aSetWithoutRatedPairsIsToldOfWithItsFile() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("pairs.tsv")
      try Data("score\tsentence1\tsentence2\n".utf8).write(to: file)
      let error = #expect(throws: DatasetError.self) { try TextSimilaritySet.read(file) }
      let message = error?.description ?? ""
      #expect(
        message.contains("pairs.tsv: cannot be read: pairs has no pair of sentences with a gold rating"))
    }
  }

  @Test func whatCannotBeEmbeddedIsListed() throws {
    let set = TextSimilaritySet(
      name: "s",
      pairs: [
        .init(first: "a", second: "a", gold: 5), .init(first: "a", second: "lost", gold: 3),
        .init(first: "a", second: "d", gold: 0),
      ])
    let stub = StubEmbedder(images: [:], texts: ["a": [1, 0], "d": [0, 1]])
    let result = try TextSimilarity(sets: [set]).result(embedder: stub, keepGoing: true)
    #expect(result.sets.first?.pairs == 2 && result.skipped.count == 1)
    #expect(throws: StubEmbedder.Unknown.self) { try TextSimilarity(sets: [set]).result(embedder: stub) }
  }

  @Test(.enabled(if: TestData.isAvailable, "\(TestData.whySkipped)"))
  func theRealSetsHaveTheirPairs() throws {
    let data = try #require(TestData.shared)
    let sets = try TextSimilaritySet.read(data.appendingPathComponent("sts"))
    #expect(sets.map(\.name) == ["STS15-en-test", "STS16-en-test", "stsbenchmark"])
    #expect(sets.map(\.pairs.count) == [3000, 1186, 1379])
    let dev = try TextSimilaritySet.read(data.appendingPathComponent("sts/stsbenchmark"), split: .dev)
    #expect(dev.map(\.pairs.count) == [1500])
    let sick = try TextSimilaritySet.Split.allCases.map {
      try TextSimilaritySet.read(data.appendingPathComponent("sick"), split: $0)[0].pairs.count
    }
    #expect(sick == [4927, 500, 4500])
  }

  @Test func damageNeverTraps() {
    let corpus = [
      "a\tb\nc\td\n\n", "g\tf\t2012\t1\t5.000\ta\tb\n", "sentence_A\tsentence_B\tscore\na\tb\t1\n",
      "1\n\n2\n",
    ]
    .map { Data($0.utf8) }
    Fuzzing.run(corpus: corpus, seed: 31) { data in
      let file = try TextFile(name: "x", bytes: Array(data))
      _ = try? TextSimilaritySet.table(file, name: "x")
      var set = TextSimilaritySet(name: "x", pairs: [])
      try set.append(file, gold: file)
    }
  }
}
