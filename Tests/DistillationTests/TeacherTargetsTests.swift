import CLIP
import Distillation
import Files
import Foundation
import TestSupport
import Testing
import Training
import TrainingSupport

@Suite struct TeacherTargetsTests {
  @Test func anImageIsTheMeanOfTheUnitEmbeddingsOfItsCaptions() throws {
    let golden = try StageObjectiveTests.Golden().image
    try TestData.withTemporaryFolder { folder in
      let targets = TeacherTargets(
        texts: try embeddingFile(golden.teacher_text, dimension: 20, named: "texts", in: folder),
        textRows: Array(0..<6), captions: golden.captions)
      #expect(targets.imageWidth == 20)
      let rows = try #require(targets.images(of: [2, 0]))
      let expected = Array(golden.teacher_image[40...]) + golden.teacher_image[..<20]
      #expect(rows.count == 40 && zip(rows, expected).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(targets.texts(of: [1]) == Array(golden.teacher_text[20..<40]))
    }
  }

  /// Captions, and texts with vectors, of which the second line is the first's again.
  private func targets(
    _ captions: String, of folder: URL, images: DistillationRecipe.Teacher.ImageEmbeddings = .captions
  ) throws -> TeacherTargets {
    let (list, vectors) = (
      folder.appendingPathComponent("known.txt"), folder.appendingPathComponent("known.npy")
    )
    try Data("a cat\na cat\na dog\n".utf8).write(to: list)
    _ = try embeddingFile([3, 4, 9, 9, 0, 2], dimension: 2, named: "known", in: folder)
    let file = folder.appendingPathComponent("captions.txt")
    try Data(captions.utf8).write(to: file)
    let text = """
      output: run
      model: {pretrained: student}
      teacher: {texts: \(list.path), text_embeddings: \(vectors.path)}
      data: {words: {texts: c.txt}}
      stages: [{name: s, train: text, data: words, epochs: 1, batch_size: 1, learning_rate: 1, losses: {text: {l1: 1}}}]
      """
    var teacher = try DistillationRecipe(
      Recipe(text: text, name: "r.yaml", folder: folder, settings: [])
    ).teacher
    teacher.imageEmbeddings = images
    return try TeacherTargets(
      teacher, for: .texts([file]), in: folder.appendingPathComponent("teacher"), needsImages: true,
      needsTexts: true, threads: 1, progress: { _, _, _ in })
  }

  @Test func captionsAreFoundAmongTheTeachersTexts() throws {
    try TestData.withTemporaryFolder { folder in
      let found = try targets("a dog\na cat\n", of: folder)
      // Of equal lines the first.
      #expect(found.texts(of: [0, 1]) == [0, 2, 3, 4])
      #expect(found.images(of: [1, 0]) == [0.6, 0.8, 0, 1])
    }
  }

  @Test func aCaptionThatTheTeacherDoesNotKnowIsNamed() throws {
    try TestData.withTemporaryFolder { folder in
      let error = #expect(throws: DistillationError.self) { try targets("a dog\na bird\n", of: folder) }
      #expect("\(error as Any)".contains("a bird"), "\(error as Any)")
    }
  }

  @Test func imagesInArchivesAreEmbeddedAsTheirFilesAre() throws {
    let shards = TestData.fixtures(#filePath.replacing("/DistillationTests/", with: "/TrainingTests/"))
      .appendingPathComponent("shards")
    try TestData.withTemporaryFolder { folder in
      let text = """
        output: run
        model: {pretrained: student}
        teacher: {model: \(TinyModel.folder("huggingface").path)}
        data: {words: {texts: c.txt}}
        stages: [{name: s, train: image, data: words, epochs: 1, batch_size: 1, learning_rate: 1, losses: {image: {l1: 1}}}]
        """
      let teacher = try DistillationRecipe(
        Recipe(text: text, name: "r.yaml", folder: folder, settings: [])
      ).teacher
      func targets(_ set: TrainingSet, _ name: String) throws -> TeacherTargets {
        try TeacherTargets(
          teacher, for: set, in: folder.appendingPathComponent(name), needsImages: true, needsTexts: false,
          threads: 1, progress: { _, _, _ in })
      }
      let set = try TrainingSet.shards([shards.appendingPathComponent("plain-0000.tar").path])
      let embedder = try CLIPEmbedder(opening: TinyModel.folder("huggingface"))
      let found = try targets(set, "tar")
      for item in 0..<set.count {
        let file = folder.appendingPathComponent("\(item).jpg")
        try set.image(item)?.withBytes { try Data($0).write(to: file) }
        let own = try embedder.embedImages(at: [file], normalized: false, keepGoing: true)
        #expect(found.images(of: [item]) == own.embeddings.values)
      }
      let compressed = try TrainingSet.shards([shards.appendingPathComponent("gz-0000.tar.gz").path])
      #expect(throws: DistillationError.teacherNeedsFiles(data: compressed.name)) {
        try targets(compressed, "gz")
      }
    }
  }

  @Test func severalTeachersSayTheMeanOfWhatEachSays() throws {
    try TestData.withTemporaryFolder { folder in
      let models = ["lclip", "lclip-causal"].map { TinyModel.folder($0).path }
      let text = """
        output: run
        model: {pretrained: student}
        teacher: {model: [\(models.joined(separator: ", "))]}
        data: {words: {texts: c.txt}}
        stages: [{name: s, train: text, data: words, epochs: 1, batch_size: 1, learning_rate: 1, losses: {text: {l1: 1}}}]
        """
      let teacher = try DistillationRecipe(
        Recipe(text: text, name: "r.yaml", folder: folder, settings: [])
      ).teacher
      let shards = TestData.fixtures(#filePath.replacing("/DistillationTests/", with: "/TrainingTests/"))
      let set = try TrainingSet.shards([shards.appendingPathComponent("shards/plain-0000.tar").path])
      let targets = try TeacherTargets(
        teacher, for: set, in: folder.appendingPathComponent("teacher"), needsImages: true, needsTexts: false,
        threads: 1, progress: { _, _, _ in })
      let each = try models.map { model in
        try CLIPEmbedder(opening: URL(fileURLWithPath: model)).embedImages(
          at: (0..<set.count).compactMap { set.image($0)?.url }, keepGoing: true
        ).embeddings
      }
      let expected = zip(each[0].values, each[1].values).map { ($0 + $1) / 2 }
      let found = try #require(targets.images(of: Array(0..<set.count)))
      #expect(found.count == expected.count)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }
}
