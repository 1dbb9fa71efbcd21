import CLIP
import Distillation
import Foundation
import TestSupport
import Testing

@Suite struct StudentTests {
  /// A tiny CLIP that the CLIP module's tests hold against its peer.
  private func teacher(_ name: String = "huggingface") throws -> Checkpoint {
    try Checkpoint.open(
      at: TestData.fixtures().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("CLIPTests/Fixtures/checkpoint/\(name)"))
  }

  @Test func addedLayersChangeNothingAtFirst() throws {
    let start = try teacher()
    let source = try #require(start.source?.folder)
    try TestData.withTemporaryFolder { folder in
      let text = try String(contentsOf: source.appendingPathComponent("config.json"), encoding: .utf8)
      let deeper = text.replacing("\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 4")
      try Data(deeper.utf8).write(to: folder.appendingPathComponent("config.json"))
      let grown = try Checkpoint(growing: start, at: folder, seed: 7)
      #expect(grown.configuration.vision.transformer.layers == 4)
      #expect(grown.configuration.text.transformer.layers == 4)
      let (before, after) = (try embeddings(start), try embeddings(grown))
      for (old, new) in [(before.images, after.images), (before.texts, after.texts)] {
        #expect(old.count == new.count)
        // A last layer, which only one row of each sequence asks, adds up in another order.
        for row in 0..<old.count {
          let difference = zip(old[row], new[row]).map { abs($0 - $1) }.max() ?? .infinity
          #expect(difference <= 2e-7)
        }
      }
    }
  }

  private let texts: [[Int32]] = [[98, 99], [98, 5, 17, 99], [98] + (3..<17).map { Int32($0) } + [99]]

  private func images(_ checkpoint: Checkpoint) -> [PreparedImage] {
    let side = checkpoint.configuration.vision.imageSize
    return (0..<3).map { index in
      PreparedImage(
        height: side, width: side,
        pixels: (0..<(side * side * 3)).map { UInt8(truncatingIfNeeded: $0 &* (37 + index) &+ $0 / 11) })
    }
  }

  private func embeddings(_ checkpoint: Checkpoint) throws -> (
    images: EmbeddedItems, texts: EmbeddedItems
  ) {
    let model = try CLIPModel(checkpoint, threads: 1)
    let inputs = images(checkpoint)
    let normalization = PixelNormalization(table: (0..<768).map { Float($0 % 256) / 64 - 2 })
    let images = try model.embedImages(count: inputs.count, normalization: normalization) { inputs[$0] }
    return (images, try model.embedTexts(texts))
  }

  private func distance(_ a: EmbeddedItems, _ b: EmbeddedItems) -> Double {
    #expect(a.failures.isEmpty && b.failures.isEmpty && a.count == b.count)
    return (0..<a.count).map { row in
      1 - zip(a[row], b[row]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }.max() ?? 1
  }

  @Test(arguments: [(nil, nil), (24, nil), (24, true)] as [(Int?, Bool?)])
  func aStudentOfTheTeachersShapeIsTheTeacher(rank: Int?, talkingHeads: Bool?) throws {
    let teacher = try teacher()
    var shape = StudentShape()
    shape.visionLayers = teacher.configuration.vision.transformer.layers
    shape.textLayers = teacher.configuration.text.transformer.layers
    shape.embeddingRank = rank
    shape.talkingHeads = talkingHeads
    let student = try Student(inheritingFrom: teacher, shape: shape)
    #expect(student.checkpoint.configuration.isPlain == (rank == nil && talkingHeads == nil))
    #expect(student.retainedEnergy ?? 1 == 1)
    let (expected, found) = (try embeddings(teacher), try embeddings(student.checkpoint))
    #expect(distance(expected.images, found.images) < 1e-6)
    #expect(distance(expected.texts, found.texts) < 1e-6)
  }

  @Test func aStudentKeepsTheWholePositionTableOfALongContext() throws {
    var teacher = try teacher()
    let (rows, width) = (248, teacher.configuration.text.transformer.width)
    let name = "text_model.embeddings.position_embedding.weight"
    let table = (0..<(rows * width)).map { Float($0 % 97) / 100 }
    teacher.configuration.text.contextLength = rows
    teacher.tensors[name] = StoredTensor(shape: [rows, width], floats: table)
    var shape = StudentShape()
    shape.sharing = 2
    let student = try Student(inheritingFrom: teacher, shape: shape).checkpoint
    #expect(student.configuration.text.contextLength == rows)
    #expect(student.tensors[name]?.floats() == table)
  }

  @Test func aStudentKeepsItsTeachersStem() throws {
    let teacher = try teacher("lclip-stem-blocks")
    var shape = StudentShape()
    shape.sharing = 2
    for student in [
      try Student(inheritingFrom: teacher, shape: shape),
      try Student(fromScratchBeside: teacher, shape: shape, seed: 1),
    ] {
      #expect(student.checkpoint.configuration.vision.stem == teacher.configuration.vision.stem)
      let names = teacher.tensors.keys.filter { $0.contains(".stem.") }
      #expect(names.count == 45)
      for name in names + ["vision_model.embeddings.patch_embedding.weight"] {
        #expect(student.checkpoint.tensors[name]?.floats() == teacher.tensors[name]?.floats())
      }
      #expect(try embeddings(student.checkpoint).images.failures.isEmpty)
    }
  }

  @Test func aStudentKeepsItsTeachersTrunk() throws {
    var teacher = try teacher("lclip-causal")
    let trunk = ConvolutionalTrunk(.efficientNetLite0, stages: 2, projection: .mlp)
    teacher.configuration.vision = VisionConfiguration(trunk: trunk, imageSize: 32)
    for (name, shape) in teacher.configuration.parameterShapes where teacher.tensors[name]?.shape != shape {
      let floats = [Float](repeating: 0.5, count: shape.reduce(1, *))
      teacher.tensors[name] = StoredTensor(shape: shape, floats: floats)
    }
    var shape = StudentShape()
    shape.sharing = 2
    shape.embeddingRank = 8
    let student = try Student(inheritingFrom: teacher, shape: shape).checkpoint
    #expect(student.configuration.vision == teacher.configuration.vision)
    #expect(student.configuration.text.transformer.sharing == 2)
    for (name, _) in teacher.configuration.parameterShapes where name.hasPrefix("vis") {
      #expect(student.tensors[name]?.floats() == teacher.tensors[name]?.floats())
    }
    shape.visionLayers = 1
    #expect(throws: DistillationError.self) { try Student(inheritingFrom: teacher, shape: shape) }
  }

  @Test func aSharedBlockIsTheMeanOfItsLayersAndNormsAreTheirOwn() throws {
    let teacher = try teacher()
    var shape = StudentShape()
    shape.sharing = 2
    let student = try Student(inheritingFrom: teacher, shape: shape).checkpoint
    #expect(student.configuration.vision.transformer.blocks == 1)
    #expect(student.configuration.vision.transformer.talkingHeads)
    #expect(student.configuration.text.attention == .causal)
    for name in ["mlp.fc1.weight", "self_attn.q_proj.bias"] {
      let layers = try (0..<2).map {
        try #require(teacher.tensors["text_model.encoder.layers.\($0).\(name)"]).floats()
      }
      let mean = try #require(student.tensors["text_model.encoder.layers.0.\(name)"]).floats()
      #expect(student.tensors["text_model.encoder.layers.1.\(name)"] == nil)
      for (index, value) in mean.enumerated() {
        #expect(abs(value - (layers[0][index] + layers[1][index]) / 2) < 1e-6)
      }
    }
    for layer in 0..<2 {
      let name = "vision_model.encoder.layers.\(layer).layer_norm2.weight"
      #expect(student.tensors[name]?.floats() == teacher.tensors[name]?.floats())
    }
    #expect(student.tensors.count == student.configuration.parameterShapes.count)
    #expect(try embeddings(student).images.failures.isEmpty)
  }

  @Test func layersAreTakenAtAnEvenStride() throws {
    // The shared block of `lclip`'s text tower stands for three of its six layers.
    let teacher = try teacher("lclip")
    var shape = StudentShape()
    shape.visionLayers = 2
    shape.textLayers = 3
    shape.sharing = 1
    let student = try Student(inheritingFrom: teacher, shape: shape)
    #expect(student.visionLayers == [0, 2])
    #expect(student.textLayers == [0, 2, 4])
    #expect(student.checkpoint.configuration.text.embeddingRank == 10)
    #expect(student.retainedEnergy == nil)
    let mixer = "text_model.encoder.layers.%.self_attn.score_mixer.weight"
    #expect(
      student.checkpoint.tensors[mixer.replacingOccurrences(of: "%", with: "1")]?.floats()
        == teacher.tensors[mixer.replacingOccurrences(of: "%", with: "2")]?.floats())
    _ = try embeddings(student.checkpoint)
  }

  @Test func aStudentFromScratchIsThePublishedKindAndFollowsItsSeed() throws {
    let teacher = try teacher()
    var shape = StudentShape()
    shape.textLayers = 4
    shape.textWidth = 40
    shape.textHeads = 5
    shape.visionHeads = 8
    shape.sharing = 2
    shape.embeddingRank = 8
    let students = try [1, 1, 2].map {
      try Student(fromScratchBeside: teacher, shape: shape, seed: $0).checkpoint
    }
    #expect(students[0].fingerprint() == students[1].fingerprint())
    #expect(students[0].fingerprint() != students[2].fingerprint())
    let text = students[0].configuration.text
    #expect(
      text.attention == .full && text.transformer.activation == .gelu && text.transformer.mlpWidth == 160)
    #expect(!text.transformer.hasQueryKeyValueBias && text.transformer.talkingHeads)
    let patches = "vision_model.embeddings.patch_embedding.weight"
    #expect(students[0].tensors[patches]?.floats() == teacher.tensors[patches]?.floats())
    let drawn = try #require(students[0].tensors["text_model.encoder.layers.0.mlp.fc1.weight"]).floats()
    let deviation = (drawn.reduce(0) { $0 + $1 * $1 } / Float(drawn.count)).squareRoot()
    // A normal distribution that is cut at two deviations has 0.880 of its deviation.
    #expect(abs(deviation / 0.02 - 0.88) < 0.03 && drawn.allSatisfy { abs($0) <= 0.04 })
    _ = try embeddings(students[0])
  }

  private static func shape(_ change: (inout StudentShape) -> Void) -> StudentShape {
    var shape = StudentShape()
    change(&shape)
    return shape
  }

  private static let misfits: [(StudentShape, String)] = [
    (shape { $0.visionLayers = 3 }, "at most 2"),
    (shape { $0.sharing = 3 }, "choose a --weight-sharing that divides"),
    (shape { $0.embeddingRank = 25 }, "rank of at most 24"),
    (shape { $0.embeddingRank = 0 }, "at least 1"),
    (shape { $0.textLayers = 0 }, "at least 1"),
    (shape { $0.sharing = -1 }, "at least 1"),
    (shape { $0.textHeads = 4 }, "use --from-scratch"),
    (shape { $0.visionWidth = 64 }, "use --from-scratch"),
  ]

  @Test(arguments: misfits)
  func aStudentThatDoesNotFitIsRefused(_ shape: StudentShape, _ part: String) throws {
    let teacher = try teacher()
    let error = #expect(throws: DistillationError.self) { try Student(inheritingFrom: teacher, shape: shape) }
    #expect("\(error as Any)".contains(part))
  }

  @Test(arguments: [
    (shape { $0.visionLayers = .max }, "at most 1024"), (shape { $0.sharing = .max }, "at most 1024"),
    (shape { $0.textWidth = .max }, "at most 65536"), (shape { $0.textHeads = 5 }, "do not divide"),
    (shape { ($0.textWidth, $0.textLayers) = (65_520, 1_000) }, "parameters should be at most"),
  ])
  func aStudentFromScratchHasBounds(_ shape: StudentShape, _ part: String) throws {
    let teacher = try teacher()
    let error = #expect(throws: DistillationError.self) {
      try Student(fromScratchBeside: teacher, shape: shape, seed: 0)
    }
    #expect("\(error as Any)".contains(part))
  }

  @Test func whatATeacherWouldLoseIsSaid() throws {
    let teacher = try teacher("lclip")
    var shape = StudentShape()
    shape.talkingHeads = false
    #expect(throws: DistillationError.lostByTheStudent(what: "talking-heads attention")) {
      try Student(inheritingFrom: teacher, shape: shape)
    }
    shape.talkingHeads = true
    shape.embeddingRank = 5
    #expect(throws: DistillationError.lostByTheStudent(what: "a token embedding of rank 10")) {
      try Student(inheritingFrom: teacher, shape: shape)
    }
  }
}
