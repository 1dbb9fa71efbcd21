import CLIP
import Foundation
package import Training

/// The losses of one stage's batches.
package struct StageObjective {
  private let stage: DistillationRecipe.Stage
  private let network: CLIPNetwork
  private let teacher: CLIPNetwork?
  private let targets: TeacherTargets
  private let captions: (Int) -> Range<Int>
  private let group: ProcessGroup
  private var torch: Torch { network.parameters.torch }

  /// - Parameters:
  ///   - network: the student.
  ///   - teacher: the teacher, where losses look inside it.
  ///   - targets: what the teacher says of the data.
  ///   - captions: the rows of an item's captions.
  /// - Throws: ``DistillationError/widthsDiffer(what:student:teacher:)``.
  package init(
    _ stage: DistillationRecipe.Stage, network: CLIPNetwork, teacher: CLIPNetwork?, targets: TeacherTargets,
    captions: @escaping (Int) -> Range<Int>, group: ProcessGroup
  ) throws {
    self.stage = stage
    self.network = network
    self.teacher = teacher
    self.targets = targets
    self.captions = captions
    self.group = group
    let width = network.parameters.configuration.embeddingWidth
    for (what, taught) in [
      ("the teacher's text embeddings", targets.texts?.dimension),
      ("the teacher's image embeddings", targets.imageWidth),
    ] {
      if let taught, taught != width {
        throw DistillationError.widthsDiffer(what: what, student: width, teacher: taught)
      }
    }
  }

  /// The losses of a batch.
  package func callAsFunction(_ batch: Batch) throws -> LossTerms {
    let losses = stage.losses
    var terms = LossTerms()
    var pass = ForwardPass()
    pass.dropPath = stage.dropPath
    pass.gradCheckpointing = stage.settings.gradCheckpointing
    pass.batchNorm = stage.batchNorm

    // Whose caption rows lie beside each image.
    let captionRows: [[Int]] = batch.items.indices.map { index in
      stage.captions == .all ? Array(captions(batch.items[index])) : [batch.captionRows[index]]
    }
    let teacherTexts = try targets.texts == nil ? nil : self.texts(captionRows.flatMap(\.self))
    let teacherImages = try targets.images(of: batch.items).map {
      try torch.tensor($0, [batch.count, network.parameters.configuration.embeddingWidth])
    }

    var images: Tensor?
    var texts: Tensor?
    if stage.trains != .text {
      guard let batchImages = batch.images else { throw Self.missing("images", stage) }
      let input = try batchImages.withUnsafeFloats {
        try torch.tensor($0, [batchImages.count, 3, batchImages.height, batchImages.width])
      }
      images = try rows(
        of: .image, pass, taught: teacherImages, l1: losses.imageL1, cosine: losses.imageCosine, &terms
      ) { try $0.vision(input, $1) }
    }
    if stage.trains != .image {
      guard let packed = batch.texts else { throw Self.missing("captions", stage) }
      texts = try rows(
        of: .text, pass, taught: teacherTexts, l1: losses.textL1, cosine: losses.textCosine, &terms
      ) { try $0.text(ids: packed.ids, lengths: packed.lengths, $1) }
    }
    if losses.comparesPairs {
      // A tower that is not trained is its teacher.
      guard let left = images ?? teacherImages, let right = texts ?? teacherTexts else {
        throw Self.missing("images with captions", stage)
      }
      try comparePairs(
        left, right, teacherImages, teacherTexts, captionCounts: captionRows.map(\.count), &terms)
    }
    return terms
  }

  private enum Tower: String {
    case image, text

    func layers(of network: CLIPNetwork) -> Int {
      let configuration = network.parameters.configuration
      switch self {
      case .image: return configuration.vision.transformer.layers
      case .text: return configuration.text.transformer.layers
      }
    }
  }

  /// A tower's embeddings (B, E), and the losses that compare them, or its last layers, with the teacher's.
  private func rows(
    of tower: Tower, _ pass: ForwardPass, taught: Tensor?, l1: Double, cosine: Double,
    _ terms: inout LossTerms, forward: (CLIPNetwork, ForwardPass) throws -> Tensor
  ) throws -> Tensor {
    let listened = try listen(pass, layers: tower.layers(of: network))
    let own = try forward(network, listened.pass)
    if let teacher, let hook = listened.hook {
      let other = try listen(ForwardPass(), layers: tower.layers(of: teacher))
      _ = try torch.withoutGradients { try forward(teacher, other.pass) }
      if let otherHook = other.hook { try compare(hook, otherHook, tower.rawValue, &terms) }
    }
    if let taught, l1 > 0 {
      try terms.add("\(tower)_l1", TowerLoss.l1(all(own), all(taught)), weight: l1)
    }
    if let taught, cosine > 0 {
      try terms.add("\(tower)_cosine", TowerLoss.cosine(all(own), all(taught)), weight: cosine)
    }
    return own
  }

  private func comparePairs(
    _ images: Tensor, _ texts: Tensor, _ teacherImages: Tensor?, _ teacherTexts: Tensor?,
    captionCounts: [Int],
    _ terms: inout LossTerms
  ) throws {
    let losses = stage.losses
    let pairs = try PairBatch(
      images: all(images), texts: all(texts), teacherImages: teacherImages.map(all),
      teacherTexts: teacherTexts.map(all),
      captionCounts: group.worldSize == 1
        ? captionCounts : Array(repeating: 1, count: images.shape[0] * group.worldSize))
    if losses.similarityRegulator > 0 {
      try terms.add(
        "similarity_regulator", SimilarityRegulator.loss(pairs), weight: losses.similarityRegulator)
    }
    guard losses.contrastive > 0 || losses.softLabels > 0 else { return }
    let scale = try group.sharedByAll(network.logitScale).exp()
    if losses.contrastive > 0 {
      let similarities =
        try losses.softTargets > 0
        ? teacherTexts.map { try self.similarities(all($0), pairs.captionCounts) } : nil
      let loss = try ContrastiveLoss.loss(
        pairs, scale: scale, softTargets: losses.softTargets, similarities: similarities,
        temperature: losses.softTargetTemperature)
      try terms.add("contrastive", loss, weight: losses.contrastive)
    }
    if losses.softLabels > 0 {
      let loss = try ContrastiveLoss.softLabels(pairs, scale: scale, teacherScale: targets.scale)
      try terms.add("soft_labels", loss, weight: losses.softLabels)
    }
  }

  /// (B, M): cosines between the mean of each image's captions and every caption.
  private func similarities(_ texts: Tensor, _ captionCounts: [Int]) throws -> Tensor {
    let unit = try texts.normalized()
    guard captionCounts.contains(where: { $0 != 1 }) else { return try unit.matmul(unit.transposed()) }
    var means = [Float](repeating: 0, count: captionCounts.count * texts.shape[0])
    var start = 0
    for (image, count) in captionCounts.enumerated() {
      for caption in start..<(start + count) { means[image * texts.shape[0] + caption] = 1 / Float(count) }
      start += count
    }
    let mean = try torch.tensor(means, [captionCounts.count, texts.shape[0]]).matmul(unit).normalized()
    return try mean.matmul(unit.transposed())
  }

  /// The embeddings of all processes.
  private func all(_ rows: Tensor) throws -> Tensor { try group.gathered(rows) }

  private func texts(_ captionRows: [Int]) throws -> Tensor? {
    guard !captionRows.contains(-1), let width = targets.texts?.dimension,
      let numbers = targets.texts(of: captionRows)
    else { throw Self.missing("captions", stage) }
    return try torch.tensor(numbers, [captionRows.count, width])
  }

  // MARK: Relations

  private func listen(_ pass: ForwardPass, layers: Int) throws -> (pass: ForwardPass, hook: ActivationHook?) {
    guard stage.losses.comparesLayers, teacher != nil else { return (pass, nil) }
    var pass = pass
    let hook = ActivationHook()
    pass.hooks = [layers - 1: hook]
    return (pass, hook)
  }

  private func compare(
    _ own: ActivationHook, _ other: ActivationHook, _ tower: String, _ terms: inout LossTerms
  ) throws {
    let losses = stage.losses
    if losses.attentionRelation > 0, let loss = try RelationLoss.attention(own, other) {
      try terms.add("\(tower)_attention", all(loss).mean(), weight: losses.attentionRelation)
    }
    if losses.hiddenRelation > 0, let loss = try RelationLoss.hidden(own, other) {
      try terms.add("\(tower)_hidden", all(loss).mean(), weight: losses.hiddenRelation)
    }
  }

  private static func missing(_ what: String, _ stage: DistillationRecipe.Stage) -> DistillationError {
    .unusableStage(stage: stage.name, reason: "an item of its data has no \(what)")
  }
}
