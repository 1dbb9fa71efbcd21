import CLIP
import CaptionMetrics
import Files
import Foundation
import TestSupport
import Testing

/// The same captions in every layout, given to every command that reads captions.
@Suite struct CaptionFileTests {
  private let model = ScoreTests.tinyModel
  private static let layouts: [(name: String, text: String)] = [
    ("captions.csv", "image,caption\nimage1.jpg,\"two cats, lying\"\nimage2.jpg,a dog\n"),
    ("captions.txt", "image,caption\nimage1.jpg,\"two cats, lying\"\nimage2.jpg,a dog\n"),
    ("captions.tsv", "image\tcaption\nimage1.jpg\ttwo cats, lying\nimage2.jpg\ta dog\n"),
    ("Flickr8k.token.txt", "image1.jpg#0\ttwo cats, lying\nimage2.jpg#0\ta dog\n"),
    ("map.json", #"{"image1": "two cats, lying", "image2": "a dog"}"#),
    (
      "rows.json",
      #"[{"image_id": "image1", "caption": "two cats, lying"}, {"image_id": "image2", "caption": "a dog"}]"#
    ),
    (
      "coco.json",
      #"{"images": [{"id": 1, "file_name": "image1.jpg"}, {"id": 2, "file_name": "image2.jpg"}], "annotations": [{"image_id": 1, "caption": "two cats, lying"}, {"image_id": 2, "caption": "a dog"}]}"#
    ),
    (
      "dataset_coco.json",
      #"{"images": [{"filename": "image1.jpg", "split": "test", "sentences": [{"raw": "two cats, lying"}]}, {"filename": "image2.jpg", "split": "test", "sentences": [{"raw": "a dog"}]}]}"#
    ),
    (
      "rows.jsonl",
      "{\"image\": \"image1.jpg\", \"caption\": \"two cats, lying\"}\n{\"image\": \"image2.jpg\", \"caption\": \"a dog\"}\n"
    ),
  ]

  @Test(arguments: layouts.map(\.name)) func everyCommandReadsEveryLayout(name: String) throws {
    let text = try #require(Self.layouts.first { $0.name == name }).text
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: file)
      let words = try CommandRun(["tokenize", "--with", "ptb", file.path])
      #expect(words.output == "two cats lying\na dog\n", "\(words.errors)")
      let rows = folder.appendingPathComponent("rows.npy")
      let embedded = try CommandRun(
        ["embed", "texts", file.path, "--model", model, "--output", rows.path, "--json"])
      #expect(embedded.status == 0, "\(embedded.errors)")
      #expect(try Embeddings(contentsOf: rows).count == 2)
      #expect((try json(embedded.output)["ids"] as? [String])?.first?.hasPrefix("image1") == true)
      let counted = try CommandRun([
        "cider-df", file.path, "--output", folder.appendingPathComponent("x.df").path,
      ])
      #expect(counted.output.contains("2 images"), "\(counted.errors)")
      let learnt = try CommandRun(
        [
          "tokenizer", "train", file.path, "--vocab-size", "515", "--output",
          folder.appendingPathComponent("t").path,
        ])
      #expect(learnt.output.contains("from 2 texts of 6 different words"), "\(learnt.output)\(learnt.errors)")
      let paraphraseFile = folder.appendingPathComponent("P.jsonl")
      let paraphrased = try CommandRun(
        ["paraphrase", file.path, "--source", "rules", "--output", paraphraseFile.path])
      #expect(paraphrased.output.contains("2 captions"), "\(paraphrased.output)\(paraphrased.errors)")
      let scored = try CommandRun(
        ["score", file.path, "--references", file.path, "--images", "images", "--model", model, "--json"])
      #expect(scored.status == 0, "\(scored.errors)")
      #expect(try json(scored.output)["count"] as? Int == 2)
      #expect(((try json(scored.output)["corpus"] as? [String: Any])?["ROUGE-L"] as? Double) == 1)
      let found = try CommandRun(
        ["evaluate", "retrieval", file.path, "--images", "images", "--model", model, "--json"])
      #expect(found.status == 0, "\(found.errors)")
    }
  }

  @Test func columnsAreNamedOrNumberedInEveryCommand() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("own.tsv")
      try Data("5\timage1.jpg\ttwo cats, lying\n6\timage2.jpg\ta dog\n".utf8).write(to: file)
      let choice = ["--column", "3", "--id-column", "2"]
      let references = folder.appendingPathComponent("refs.csv")
      try Data("name,nr,was\nx,image1,two cats\ny,image2,a dog\n".utf8).write(to: references)
      for command in [
        ["tokenize", "--with", "ptb", file.path],
        [
          "embed", "texts", file.path, "--model", model, "--output",
          folder.appendingPathComponent("x.npy").path,
        ],
        ["cider-df", file.path, "--output", folder.appendingPathComponent("x.df").path],
        [
          "tokenizer", "train", file.path, "--vocab-size", "515", "--output",
          folder.appendingPathComponent("t").path,
        ],
        [
          "paraphrase", file.path, "--source", "rules", "--output",
          folder.appendingPathComponent("P.jsonl").path,
        ],
        ["score", file.path, "--images", "images", "--model", model],
        ["evaluate", "retrieval", file.path, "--images", "images", "--model", model],
        [
          "score", file.path, "--references", references.path, "--reference-column", "was",
          "--reference-id-column",
          "nr",
        ],
      ] {
        let run = try CommandRun(command + choice)
        #expect(
          run.status == 0 || (command[0] == "paraphrase" && run.status == 2), "\(command): \(run.errors)")
        let without = try CommandRun(command)
        #expect(
          without.isOneSentence(about: "own.tsv, line 1: there is no column for the"),
          "\(command): \(without.errors)")
      }
    }
  }

  @Test func missingCaptionsEndTheWorkOrAreSkipped() throws {
    try TestData.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("own.csv")
      try Data("image,caption\nimage1.jpg,two cats\nimage2.jpg,\n".utf8).write(to: file)
      for command in [
        ["tokenize", "--with", "ptb", file.path],
        [
          "embed", "texts", file.path, "--model", model, "--output",
          folder.appendingPathComponent("x.npy").path,
        ],
        ["cider-df", file.path, "--output", folder.appendingPathComponent("x.df").path],
        [
          "tokenizer", "train", file.path, "--vocab-size", "515", "--output",
          folder.appendingPathComponent("t").path,
        ],
        ["score", file.path, "--images", "images", "--model", model],
        ["evaluate", "retrieval", file.path, "--images", "images", "--model", model],
      ] {
        let run = try CommandRun(command)
        #expect(
          run.isOneSentence(about: "line 3, id \"image2.jpg\": \"caption\" is empty where a caption must be"),
          "\(command)")
        let kept = try CommandRun(command + ["--keep-going"])
        #expect(kept.status == 2, "\(command): \(kept.errors)")
        #expect((kept.output + kept.errors).contains("image2.jpg"))
        #expect(!(kept.output + kept.errors).contains("--keep-going"), "nobody is told to do what was done")
      }
    }
  }

  @Test func oneCountForAllMetricsWhenAnImageCannotBeDecoded() throws {
    try TestData.withTemporaryFolder { folder in
      let images = folder.appendingPathComponent("images")
      try FileManager.default.copyItem(at: CommandRun.example.appendingPathComponent("images"), to: images)
      try Data("no image".utf8).write(to: images.appendingPathComponent("bad.jpg"))
      let captions = folder.appendingPathComponent("captions.json")
      let references = folder.appendingPathComponent("references.json")
      try Data(#"{"image1": "two cats", "image2": "a dog", "bad": "a ball", "gone": "a tree"}"#.utf8).write(
        to: captions)
      try Data(#"{"image1": "cats lie", "image2": "the dog", "bad": "the ball", "gone": "the tree"}"#.utf8)
        .write(to: references)
      let lines = folder.appendingPathComponent("lines.jsonl")
      let score = [
        "score", captions.path, "--references", references.path, "--images", images.path, "--model", model,
        "--metrics", "BLEU-4,CLIPScore", "--keep-going",
      ]
      let run = try CommandRun(score + ["--json", "--per-caption", lines.path])
      #expect(run.status == 2)
      let report = try json(run.output)
      #expect(report["count"] as? Int == 2 && report["skipped"] as? Int == 2)
      let rows = try String(contentsOf: lines, encoding: .utf8).split(separator: "\n").map {
        try json(String($0))
      }
      #expect(rows.compactMap { $0["id"] as? String } == ["image1", "image2"])
      #expect(rows.allSatisfy { $0["BLEU-4"] is Double && $0["CLIPScore"] is Double })
      let alone = try CommandRun([
        "score", "candidates.json", "--references", "references.json", "--metrics", "bleu", "--cite",
      ])
      #expect(alone.output.contains("|captions:2|words:ptb"))
      let cited = try CommandRun(score + ["--cite"])
      #expect(cited.output.contains("|captions:2|skipped:2|words:ptb"), "\(cited.output)")
      let table = try CommandRun(score)
      #expect(table.output.hasPrefix("Scores of 2 captions in \(captions.path), 2 skipped\n"))
      #expect(!table.output.contains("keep-going"))
    }
  }

  @Test func lyingTokenListsAreWarnedOf() throws {
    try TestData.withTemporaryFolder { folder in
      let references = folder.appendingPathComponent("tokens.json")
      try Data(#"{"image1": ["two", "cats", "lie"], "image2": ["the", "dog"]}"#.utf8).write(to: references)
      let run = try CommandRun(["score", "candidates.json", "--references", references.path])
      #expect(run.status == 0)
      #expect(
        run.output.replacing("\n", with: " ").split(separator: " ").joined(separator: " ").contains(
          "are single words"))
      let counted = try CommandRun([
        "cider-df", references.path, "--output", folder.appendingPathComponent("x.df").path,
      ])
      #expect(counted.errors.contains("join its tokens with blanks"))
    }
  }

  @Test func imagesMayBeInShards() throws {
    try TestData.withTemporaryFolder { folder in
      let files = try ["image1", "image2"].map { name in
        let file = CommandRun.example.appendingPathComponent("images/\(name).jpg")
        return (name: "\(name).jpg", data: try Data(contentsOf: file))
      }
      let tar = folder.appendingPathComponent("00000.tar")
      try TarBytes.file(files).write(to: tar)
      let score = [
        "score", "candidates.json", "--model", model, "--metrics", "clipscore", "--json", "--images",
      ]
      let expected = try json(CommandRun(score + ["images"]).output)["corpus"] as? [String: Double]
      #expect(expected?.isEmpty == false)
      for images in [tar, folder] {
        let run = try CommandRun(score + [images.path])
        #expect(run.status == 0, "\(run.errors)")
        #expect(try json(run.output)["corpus"] as? [String: Double] == expected)
      }
    }
  }
}
