import CLIP
import Distillation
import Foundation
import TestSupport
import Testing
import Training
import TrainingSupport

/// Losses of whole batches beside PyTorch's; see `Fixtures/make_stage.py`.
@Suite(.serialized, .enabled(if: TorchInstallation.isSetUp, "libtorch is not set up"))
struct StageObjectiveTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let student: String
      let teacher: String?
      let pixels: String
      let side: Int
      let ids: [[Int32]]
      let teacher_image: [Float]
      let teacher_text: [Float]
      let counts: [Int]
      let losses: [String: Double]
      let gradients: [String: StepGolden.Trace]

      /// The batch of all images, each with its first caption.
      func batch() -> Batch {
        let bytes = [UInt8](Data(base64Encoded: pixels) ?? Data())
        let starts = counts.indices.map { counts[..<$0].reduce(0, +) }
        let offsets = ids.reduce(into: [Int32(0)]) { $0.append($0[$0.count - 1] + Int32($1.count)) }
        return Batch(
          position: DataPosition(), following: DataPosition(batch: 1), items: Array(counts.indices),
          captionRows: starts,
          images: ImageBatch(
            bytes.map { Float($0) / 127.5 - 1 }, count: counts.count, height: side, width: side),
          texts: ids.isEmpty ? nil : TextBatch(ids: ids.flatMap(\.self), offsets: offsets))
      }

      /// The rows of an item's captions.
      func captions(_ item: Int) -> Range<Int> {
        let start = counts[..<item].reduce(0, +)
        return start..<(start + counts[item])
      }
    }

    let teacher_scale: Double
    let both: Case
    let image: Case

    init() throws {
      let url = TestData.fixtures().appendingPathComponent("stage.json")
      self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    }
  }

  /// A stage whose other keys are those of all tests here.
  private func stage(_ keys: String) throws -> DistillationRecipe.Stage {
    let text = """
      output: run
      model: {pretrained: student}
      data: {pairs: {captions: c.txt, images: images}}
      stages:
        - {name: stage, data: pairs, epochs: 1, batch_size: 3, learning_rate: 1e-3, \(keys)}
      """
    let recipe = try Recipe(text: text, name: "r.yaml", folder: URL(fileURLWithPath: "/r"), settings: [])
    return try DistillationRecipe(recipe).stages[0]
  }

  private func network(_ name: String, _ torch: Torch) throws -> CLIPNetwork {
    try CLIPNetwork(Checkpoint.open(at: TinyModel.folder(name)), torch: torch)
  }

  private func check(_ objective: StageObjective, _ golden: Golden.Case, _ network: CLIPNetwork) throws {
    let terms = try objective(golden.batch())
    #expect(Set(terms.parts.map(\.name)) == Set(golden.losses.keys))
    for (name, value) in terms.parts {
      let expected = try #require(golden.losses[name])
      #expect(abs(try value.number() - expected) < 1e-5 * max(1, abs(expected)), "\(name)")
    }
    try #require(try terms.total()).backward()
    #expect(try network.wrongGradients(golden.gradients) == [])
  }

  @Test func everyLossOfBothTowersIsPyTorchs() throws {
    try TestData.withTemporaryFolder { folder in
      let golden = try Golden()
      let torch = try Torch(threads: 1)
      let stage = try stage(
        """
        train: both, losses: {image: {l1: 0.5, cosine: 0.25}, text: {l1: 2, cosine: 0.75}, similarity_regulator: 3, \
        contrastive: {weight: 0.5, soft_targets: 0.3, temperature: 0.1}, soft_labels: 0.4, \
        relation: {attention: 0.3, hidden: 0.2}}
        """)
      let student = try network(golden.both.student, torch)
      let teacher = try network(#require(golden.both.teacher), torch)
      for (_, tensor) in teacher.parameters.all { try tensor.requireGradient(false) }
      let targets = TeacherTargets(
        images: try embeddingFile(golden.both.teacher_image, dimension: 20, named: "images", in: folder),
        texts: try embeddingFile(golden.both.teacher_text, dimension: 20, named: "texts", in: folder),
        textRows: [0, 1, 2], scale: golden.teacher_scale)
      let objective = try StageObjective(
        stage, network: student, teacher: teacher, targets: targets, captions: golden.both.captions,
        group: ProcessGroup(alone: torch))
      try check(objective, golden.both, student)
      #expect(try teacher.parameters.all.allSatisfy { try $0.tensor.gradient() == nil })
    }
  }

  @Test func anImageTowerLearnsFromAllCaptionsOfItsImages() throws {
    try TestData.withTemporaryFolder { folder in
      let golden = try Golden()
      let torch = try Torch(threads: 1)
      let stage = try stage(
        """
        train: image, captions: all, losses: {image: {l1: 0.5, cosine: 0.25}, similarity_regulator: 3, soft_labels: 0.4, \
        contrastive: {weight: 0.5, soft_targets: 0.3, temperature: 0.1}}
        """)
      let student = try network(golden.image.student, torch)
      // The images' rows are made of their captions'.
      let targets = TeacherTargets(
        texts: try embeddingFile(golden.image.teacher_text, dimension: 20, named: "texts", in: folder),
        textRows: Array(0..<6), captions: golden.image.captions, scale: golden.teacher_scale)
      let objective = try StageObjective(
        stage, network: student, teacher: nil, targets: targets, captions: golden.image.captions,
        group: ProcessGroup(alone: torch))
      try check(objective, golden.image, student)
    }
  }

  @Test func aTeacherOfAnotherWidthIsRefused() throws {
    try TestData.withTemporaryFolder { folder in
      let torch = try Torch(threads: 1)
      let targets = TeacherTargets(
        texts: try embeddingFile([1, 2, 3, 4], dimension: 4, named: "texts", in: folder), textRows: [0])
      #expect(
        throws: DistillationError.widthsDiffer(what: "the teacher's text embeddings", student: 20, teacher: 4)
      ) {
        try StageObjective(
          stage("train: text, losses: {text: {l1: 1}}"), network: network("lclip", torch), teacher: nil,
          targets: targets, captions: { $0..<($0 + 1) }, group: ProcessGroup(alone: torch))
      }
    }
  }
}
