import Foundation
import TestSupport
import Testing

/// `plumb classify`.
@Suite struct ClassifyTests {
  /// The example's images in a folder for each of their labels.
  private func withFolders(_ body: (URL) throws -> Void) throws {
    try TestData.withTemporaryFolder { folder in
      let images = CommandRun.example.appendingPathComponent("images")
      for (label, image) in [("two cats lying together", "image1.jpg"), ("a black dog", "image2.jpg")] {
        let own = folder.appendingPathComponent("images/\(label)", isDirectory: true)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          at: images.appendingPathComponent(image), to: own.appendingPathComponent(image))
      }
      try Data("two cats lying together\na black dog\na car\n".utf8).write(
        to: folder.appendingPathComponent("labels.txt"))
      try body(folder)
    }
  }

  @Test func imagesGetTheNearestLabel() throws {
    let run = try CommandRun(["classify", "images", "--labels", "car,sleeping cats,beach", "--top", "2"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.hasPrefix("images/image1.jpg   sleeping cats "))
  }

  @Test func whatIsRightIsCountedWhereItIsKnown() throws {
    try withFolders { folder in
      let run = try CommandRun(
        [
          "classify", "images", "-l", "labels.txt", "--truth", "folders", "--json", "--csv", "c.csv",
          "--confusion", "m.csv",
        ], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let report = try json(run.output)
      #expect((report["accuracy"] as? [String: Any])?["top1"] as? Double == 1)
      #expect((report["images"] as? [[String: Any]])?.count == 2)
      let choices = try String(contentsOf: folder.appendingPathComponent("c.csv"), encoding: .utf8)
      #expect(choices.hasPrefix("image,rank,label,probability,cosine,truth\n"))
      let matrix = try String(contentsOf: folder.appendingPathComponent("m.csv"), encoding: .utf8)
      #expect(matrix.split(separator: "\n")[1] == "two cats lying together,1,0,0")
      let table = try CommandRun(
        ["classify", "images", "-l", "labels.txt", "--truth", "folders", "--calibrate"], in: folder)
      #expect(table.output.contains("right          100.0 %"))
      #expect(table.output.contains("expected error of probabilities"))
    }
  }

  @Test func theTruthMayStandInAFile() throws {
    try withFolders { folder in
      try Data("image,label\nimage1.jpg,two cats lying together\nimage2.jpg,a car\n".utf8).write(
        to: folder.appendingPathComponent("truth.csv"))
      let run = try CommandRun(
        ["classify", "images", "-l", "labels.txt", "--truth", "truth.csv"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("right          50.0 %"))
      #expect(run.output.contains("1 of 1   a car as a black dog"))
      let arguments = ["classify", "images", "-l", "labels.txt", "--truth", "truth.csv", "--truth-column"]
      let other = try CommandRun(arguments + ["class"], in: folder)
      #expect(other.isOneSentence(about: "give one of them with --truth-column"), "\(other.errors)")
    }
  }

  @Test func anImageHasOneTrueLabel() throws {
    try withFolders { folder in
      let rows = "image,label\nimage1.jpg,two cats lying together\nimage2.jpg,a black dog\n"
      let arguments = ["classify", "images", "-l", "labels.txt", "--truth", "truth.csv"]
      let truth = folder.appendingPathComponent("truth.csv")
      try Data((rows + "image2.jpg,a car\n").utf8).write(to: truth)
      let refused = try CommandRun(arguments, in: folder)
      #expect(
        refused.isOneSentence(about: "image2.jpg: its true label is \"a black dog\""), "\(refused.errors)")
      let run = try CommandRun(arguments + ["--keep-going"], in: folder)
      #expect(run.status == 2 && run.output.contains("1 image, 3 labels"), "\(run.output)\(run.errors)")
      // The same one in two lines is one.
      try Data((rows + "image2.jpg,a black dog\n").utf8).write(to: truth)
      let twice = try CommandRun(arguments, in: folder)
      #expect(twice.status == 0 && twice.output.contains("2 images, 3 labels"), "\(twice.errors)")
    }
  }

  @Test func anUnknownTrueLabelIsNamedOrSkipped() throws {
    try withFolders { folder in
      let arguments = ["classify", "images", "-l", "two cats lying together,a car", "--truth", "folders"]
      let refused = try CommandRun(arguments, in: folder)
      #expect(refused.status == 1)
      #expect(refused.errors.contains("its true label \"a black dog\" is none of the 2 labels"))
      let run = try CommandRun(arguments + ["--keep-going"], in: folder)
      #expect(run.status == 2)
      #expect(run.output.contains("1 image, 2 labels"))
      // Of two labels both are among five.
      #expect(run.output.contains("mean of labels") && !run.output.contains("among five"))
    }
  }

  @Test(arguments: [
    (["classify", "images", "--labels", "nothing.txt"], 64, "there is no such file"),
    (["classify", "images", "--labels", "a,b", "--template", "a photo"], 64, "has no {}"),
    (["classify", "images", "--labels", "a,b", "--calibrate"], 64, "--calibrate needs --truth"),
    (["classify", "images", "--labels", "a,a"], 1, "\"a\" is there twice"),
    (["classify", "nowhere", "--labels", "a,b"], 1, "nowhere"),
  ])
  func whatIsWrongIsSaid(arguments: [String], status: Int, message: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == Int32(status))
    #expect(run.errors.contains(message), "\(run.errors)")
  }
}
