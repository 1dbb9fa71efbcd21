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
}
