import CaptionData
import Foundation
import TestSupport
import Testing

/// Layouts that people hold: Karpathy's splits, TextCaps, NoCaps, Flickr, tables without a header.
@Suite struct CaptionLayoutTests {
  private let karpathy = #"""
    {"dataset": "coco", "images": [
    {"filepath": "val2014", "sentids": [1, 2], "filename": "COCO_val2014_000000000042.jpg", "imgid": 0, "split": "test",
     "sentences": [{"tokens": ["one"], "raw": "one.", "imgid": 0, "sentid": 1}, {"raw": "two"}], "cocoid": 42},
    {"filepath": "train2014", "filename": "COCO_train2014_000000000007.jpg", "imgid": 1, "split": "train",
     "sentences": [{"raw": "three"}], "cocoid": 7}]}
    """#

  @Test(arguments: [
    #"{"42": "x", "7": "y"}"#, #"{"COCO_val2014_000000000042.jpg": "x", "COCO_train2014_000000000007": "y"}"#,
    "image,caption\nval2014/COCO_val2014_000000000042.jpg,x\ntrain2014/COCO_train2014_000000000007.jpg,y\n",
  ])
  func karpathysSplitsAreReferences(_ candidates: String) throws {
    #expect(try dataset(candidates, karpathy).items.map(\.references) == [["one.", "two"], ["three"]])
  }

  @Test func referencesOfOneSplitAreTaken() throws {
    let text = try TextFile(name: "r", bytes: Array(karpathy.utf8))
    let candidates = try TextFile(name: "c", bytes: Array(#"{"42": "x", "7": "y"}"#.utf8))
    let test = CaptionSelection(splits: ["test"])
    let error = #expect(throws: DatasetError.self) {
      try CaptionDataset(candidates: candidates, references: text, referenceSelection: test)
    }
    #expect(error?.description.contains("id \"7\" has no references") == true)
    let kept = try CaptionDataset(
      candidates: candidates, references: text, referenceSelection: test, keepGoing: true)
    #expect(kept.items.map(\.id) == ["42"])
  }

  @Test func theImagesOfSplitsAreFoundInTheirFoldersAndWithoutThem() throws {
    for folders in [true, false] {
      try TestData.withTemporaryFolder { folder in
        for path in ["val2014/COCO_val2014_000000000042.jpg", "train2014/COCO_train2014_000000000007.jpg"] {
          let file = folder.appendingPathComponent(
            folders ? path : URL(fileURLWithPath: path).lastPathComponent)
          try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
          try Data().write(to: file)
        }
        let captions = folder.appendingPathComponent("dataset.json")
        try Data(karpathy.utf8).write(to: captions)
        let all = try CaptionedImages(contentsOf: captions, images: folder)
        #expect(all.images.map(\.captions.count) == [2, 1])
        #expect(all.splits == nil && all.fileSplits == ["test", "train"])
        let test = try CaptionedImages(contentsOf: captions, images: folder, defaultSplit: "test")
        #expect(test.images.map(\.image.lastPathComponent) == ["COCO_val2014_000000000042.jpg"])
        #expect(test.splits == ["test"])
        #expect(test.warnings.contains { $0.contains("of its splits test, train only test is taken") })
        let train = try CaptionedImages(
          contentsOf: captions, images: folder, selection: CaptionSelection(splits: ["train"]),
          defaultSplit: "test")
        #expect(train.images.map(\.captions) == [["three"]])
        var scored = try dataset(#"{"42": "x", "7": "y"}"#, karpathy)
        try scored.findImages(in: folder)
        #expect(scored.items.allSatisfy { $0.image != nil })
      }
    }
  }

  @Test func textCapsHasAListAnImageAndARowACaption() throws {
    let text = #"""
      {"dataset_type": "val", "data": [
      {"caption_str": "one", "caption_id": 1, "image_id": "ab", "image_path": "train/ab.jpg", "set_name": "val",
       "reference_strs": ["one", "two"], "reference_tokens": [["one"], ["two"]]},
      {"caption_str": "two", "caption_id": 2, "image_id": "ab", "set_name": "val", "reference_strs": ["one", "two"]},
      {"caption_str": "three", "image_id": "cd", "set_name": "val"}]}
      """#
    let items = try dataset(#"{"ab": "x", "cd": "y"}"#, text).items
    #expect(items.map(\.references) == [["one", "two"], ["three"]])
    #expect(try CaptionList(TextFile(name: "f", bytes: Array(text.utf8))).texts == ["one", "two", "three"])
  }

  @Test func theReferencesTellTheNameOfAnImage() throws {
    let nocaps = #"""
      {"images": [{"id": 0, "file_name": "0013ea2087020901.jpg", "open_images_id": "0013ea2087020901"}, {"id": 1, "file_name": "b.jpg"}],
       "annotations": [{"image_id": 0, "id": 9, "caption": "one"}, {"image_id": 1, "id": 10, "caption": "two"}]}
      """#
    try TestData.withTemporaryFolder { folder in
      for name in ["0013ea2087020901.jpg", "b.jpg"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      var set = try dataset(#"[{"image_id": 0, "caption": "x"}, {"image_id": 1, "caption": "y"}]"#, nocaps)
      try set.findImages(in: folder)
      #expect(set.items.map { $0.image?.lastPathComponent } == ["0013ea2087020901.jpg", "b.jpg"])
    }
  }

  @Test func flickrsCaptionsAreReferencesAndCandidates() throws {
    let tokens = "a.jpg#0\tone\na.jpg#1\ttwo\nb.jpg.1#0\tthree\n"
    let items = try dataset(#"{"a": "x", "b.jpg.1": "y"}"#, tokens).items
    #expect(items.map(\.references) == [["one", "two"], ["three"]])
    #expect(try dataset("a.jpg#0\tone\nb.jpg#2\ttwo\n").items.map(\.id) == ["a.jpg", "b.jpg"])
    let broken = #expect(throws: DatasetError.self) { try dataset("a.jpg#0\tone\nb.jpg two\n") }
    #expect(broken?.description.contains("line 2: a line such as \"image.jpg#0\"") == true)
    #expect(try dataset("a.jpg#0\tone\nb.jpg two\n", keepGoing: true).items.count == 1)
  }

  @Test func tablesWithoutAHeaderHaveNumberedColumns() throws {
    func items(_ text: String, _ column: String?, _ id: String? = nil, name: String = "f") throws -> [String]
    {
      try CaptionDataset(
        candidates: TextFile(name: name, bytes: Array(text.utf8)),
        selection: CaptionSelection(column: column, idColumn: id)
      ).items.map { "\($0.id)=\($0.candidate)" }
    }
    #expect(
      try items("a.jpg\ta dog, running\nb.jpg\ta cat\n", "2") == ["a.jpg=a dog, running", "b.jpg=a cat"])
    #expect(try items("a dog,7\na cat,8\n", "1", name: "f.csv") == ["7=a dog", "8=a cat"])
    #expect(try items("1\ta.jpg\tx\n2\tb.jpg\ty\n", "3") == ["a.jpg=x", "b.jpg=y"])
    #expect(try items("1\ta.jpg\tx\n2\tb.jpg\ty\n", "3", "1") == ["1=x", "2=y"])
    #expect(try items("nr,text\n1,x\n", "2", "1", name: "f.csv") == ["1=x"])
    let unknown = #expect(throws: DatasetError.self) { try items("a,b,c\n", "2", name: "f.csv") }
    #expect(unknown?.description.contains("say which it is with --id-column") == true)
  }

  @Test func messagesNameTheOptionsByWhichThatFileIsRead() throws {
    let captions = try TextFile(name: "c.csv", bytes: Array("id,caption\n1,a cat\n".utf8))
    func problem(_ references: String, _ selection: CaptionSelection) throws -> String? {
      let file = try TextFile(name: "r.csv", bytes: Array(references.utf8))
      let error = #expect(throws: DatasetError.self) {
        try CaptionDataset(candidates: captions, references: file, referenceSelection: selection)
      }
      return error?.description
    }
    var selection = CaptionSelection()
    (selection.columnOption, selection.idColumnOption) = ("--reference-column", "--reference-id-column")
    let captionColumn = try problem("id,words\n1,a dog\n", selection)
    #expect(captionColumn?.hasSuffix("with --reference-column.") == true)
    let idColumn = try problem("nr,caption\n1,a dog\n", selection)
    #expect(idColumn?.hasSuffix("with --reference-id-column.") == true)
    selection.column = "text"
    let named = try problem("id,words\n1,a dog\n", selection)
    #expect(named?.hasSuffix("give one of them with --reference-column, by name or by number.") == true)
    selection = CaptionSelection()
    (selection.columnOption, selection.idColumnOption) = (nil, nil)
    let plain = try problem("id,words\n1,a dog\n", selection)
    #expect(plain?.hasSuffix("name it \"caption\" or \"reference\".") == true)
  }
}
