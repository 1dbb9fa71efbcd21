public import Foundation

/// Why a checkpoint cannot be read, found or written.
public enum CheckpointError: Error, Sendable, Equatable {
  /// The folder has none of the weight files that are looked for.
  case noWeights(folder: String, lookedFor: [String])
  /// The file is of no kind that is read here.
  case unknownFormat(file: String, found: String)
  /// The file is what something else writes or what was saved in its place; `remedy` says what to do.
  case otherFormat(file: String, what: String, remedy: String)
  /// A configuration has a value that does not describe a model.
  case badConfiguration(file: String, key: String, expected: String, found: String)
  /// The tensors tell the shapes but not the activation, and nothing else does.
  case activationUnknown(file: String)
  /// Tensors that the architecture needs are not there.
  case missingTensors(file: String, names: [String])
  /// A tensor's shape is not the one that the architecture needs.
  case misshapen(file: String, tensor: String, expected: [Int], found: [Int])
  /// A tensor is stored as a type that is not computed with.
  case unsupportedType(file: String, tensor: String, found: String)
  /// A tensor is part of no architecture that is read here.
  case unknownTensor(file: String, tensor: String)
  /// Tensors that no part of the architecture uses, and that may change what the model computes.
  case unusedTensors(file: String, names: [String])
  /// Low-rank changes (LoRA) beside the weights that cannot be merged into them.
  case unmergedLoRA(file: String, names: [String], reason: String)
  /// Towers of a CLIP under several prefixes.
  case severalModels(file: String, prefixes: [String])
  /// A model of another kind.
  case unsupportedModel(file: String, what: String)
  /// A pickle asks for something that is not a tensor or a plain container.
  case unsafePickle(file: String, found: String)
  /// A tensor holds a NaN or an infinity.
  case notFinite(file: String, tensor: String, index: Int, found: String)
  /// No place that is looked in has the model.
  case modelNotFound(name: String, looked: [String], remedy: String)
  /// The output folder already has something in it.
  case outputExists(path: String)
  /// The output cannot be written.
  case unwritable(path: String, reason: String)
}

extension CheckpointError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: what, where, and what to do next.
  public var description: String {
    switch self {
    case .noWeights(let folder, let lookedFor):
      "\(folder): holds no weights; looked for \(lookedFor.joined(separator: ", ")). "
        + "Name the folder or the file of a CLIP checkpoint."
    case .unknownFormat(let file, let found):
      "\(file): is neither safetensors nor a PyTorch zip archive (\(found)); "
        + "name the weights of a CLIP checkpoint."
    case .otherFormat(let file, let what, let remedy):
      "\(file): is \(what); \(remedy)."
    case .badConfiguration(let file, let key, let expected, let found):
      "\(file): \(key) should be \(expected), not \(found); correct the configuration."
    case .activationUnknown(let file):
      "\(file): no configuration says which activation the model was trained with, and its tensors do not tell; "
        + "add --activation quick_gelu (OpenAI's weights and names ending in -quickgelu) or --activation gelu."
    case .missingTensors(let file, let names):
      "\(file): lacks \(names.count) \(names.count == 1 ? "tensor" : "tensors") of the architecture: "
        + "\(abbreviated(names)); check that the configuration belongs to these weights and that all files are there."
    case .misshapen(let file, let tensor, let expected, let found):
      "\(file): \(tensor) should have the shape \(expected), not \(found); "
        + "check that the configuration belongs to these weights."
    case .unsupportedType(let file, let tensor, let found):
      "\(file): \(tensor) is stored as \(found); convert the weights to float32, float16 or bfloat16."
    case .unknownTensor(let file, let tensor):
      "\(file): \(tensor) does not belong to an image or text tower that is computed here, so its embeddings would be wrong; "
        + "use a CLIP checkpoint with a vision transformer or an EfficientNet-Lite."
    case .unusedTensors(let file, let names):
      "\(file): holds \(names.count) \(names.count == 1 ? "tensor" : "tensors") that the architecture does not use: "
        + "\(abbreviated(names)); without them the embeddings would be others than those of the model. Check that the "
        + "configuration belongs to these weights; if the tensors are not needed, save the weights without them."
    case .unmergedLoRA(let file, let names, let reason):
      "\(file): has LoRA weights that are not merged (\(abbreviated(names))), and \(reason); merge them in Python with "
        + "peft: model.merge_and_unload().save_pretrained(NEW_FOLDER)."
    case .severalModels(let file, let prefixes):
      "\(file): holds parts of CLIP models under several prefixes (\(abbreviated(prefixes))); save the weights of one "
        + "model alone."
    case .unsupportedModel(let file, let what):
      "\(file): \(what) is not supported; use a CLIP model with a vision transformer or an EfficientNet-Lite, and CLIP's own text tower."
    case .unsafePickle(let file, let found):
      "\(file): its pickle asks for \(found), which a list of tensors does not need, so it was not read; "
        + "get the weights as safetensors."
    case .notFinite(let file, let tensor, let index, let found):
      "\(file): \(tensor) holds \(found) at element \(index); the weights are not finite, download or train them again."
    case .modelNotFound(let name, let looked, let remedy):
      "no model \"\(name)\"; looked in \(looked.joined(separator: ", ")). \(remedy)"
    case .outputExists(let path):
      "\(path): already holds files; name a folder that is new or empty."
    case .unwritable(let path, let reason):
      "\(path): cannot be written (\(reason)); check the disk and the permissions of the folder."
    }
  }

  /// The same as ``description``.
  public var errorDescription: String? { description }

  private func abbreviated(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
  }
}
