public import CLIP
public import Foundation

extension Checkpoint {
  /// A model of random parameters: what is trained from nothing.
  ///
  /// - Parameters:
  ///   - folder: holds `config.json`, the tokenizer's files and `preprocessor_config.json`.
  ///   - seed: what the numbers follow from.
  /// - Throws: `CheckpointError`.
  public init(randomAt folder: URL, seed: UInt64) throws {
    let file = folder.appendingPathComponent("config.json")
    let described = try HuggingFaceConfiguration(file)
    let start = RandomStart(seed: seed, teacher: nil)
    var tensors = start.tensors(of: described.configuration)
    tensors["logit_scale"] = StoredTensor(shape: [], floats: [described.initialLogitScale])
    self.init(
      configuration: described.configuration, tensors: tensors, name: folder.lastPathComponent,
      source: CheckpointSource(layout: .huggingFace, folder: folder, configurationFile: file, files: []))
  }

  /// A model of another architecture that goes on from this one: what fits is taken, the rest is new.
  ///
  /// A parameter of the same name and shape is the old one. Layers and residual blocks that the old model lacks start as the
  /// identity, so a tower that was only made deeper gives at first what it gave before (the function-preserving growth of Chen
  /// et al. 2016, "Net2Net"); everything else that is new is random, as in a model from nothing.
  ///
  /// - Parameters:
  ///   - start: the model to go on from.
  ///   - folder: holds the new `config.json`, the tokenizer's files and `preprocessor_config.json`.
  ///   - seed: what the new numbers follow from.
  /// - Throws: `CheckpointError`.
  public init(growing start: Checkpoint, at folder: URL, seed: UInt64) throws {
    let fresh = try Checkpoint(randomAt: folder, seed: seed)
    var tensors = fresh.tensors
    let towers = [
      ("vision_model", fresh.configuration.vision.transformer),
      ("text_model", fresh.configuration.text.transformer),
    ]
    // What adds to the rows that pass by a layer.
    let adding = Set(
      towers.flatMap { tower, transformer in
        (0..<transformer.layers).flatMap { layer in
          let names = LayerNames(tower: tower, layer: layer, sharing: transformer.sharing)
          return ["\(names.output).weight", "\(names.contraction).weight"]
        }
      })
    for (name, tensor) in fresh.tensors {
      if let old = start.tensors[name], old.shape == tensor.shape {
        tensors[name] = old
      } else if adding.contains(name) {
        tensors[name] = StoredTensor(
          shape: tensor.shape, floats: [Float](repeating: 0, count: tensor.shape.reduce(1, *)))
      }
    }
    self.init(configuration: fresh.configuration, tensors: tensors, name: fresh.name, source: fresh.source)
  }

  /// The same model with a pretrained trunk: its stages and its head as far as the architecture has them.
  ///
  /// - Throws: ``DistillationError/otherTrunk(found:expected:)``.
  public func withTrunk(_ weights: TrunkWeights) throws(DistillationError) -> Checkpoint {
    let expected = configuration.vision.trunk?.architecture.rawValue
    guard expected == weights.trunk.architecture.rawValue else {
      throw .otherTrunk(found: weights.trunk.architecture.rawValue, expected: expected)
    }
    var model = self
    for (name, tensor) in weights.tensors where model.tensors[name]?.shape == tensor.shape {
      model.tensors[name] = tensor
    }
    return model
  }
}
