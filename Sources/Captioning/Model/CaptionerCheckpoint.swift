public import CLIP
import Files
public import Foundation
import JSON

/// A captioner as it is stored: architecture, vocabulary and weights of the decoder, and where its image encoder is.
///
/// A folder of `config.json`, `words.txt` and `model.safetensors`. The encoder is a model that `--model` takes by its name, or
/// lies in the folder `encoder`.
public struct CaptionerCheckpoint: Sendable {
  /// The architecture.
  public var configuration: CaptionerConfiguration
  /// The words.
  public var vocabulary: CaptionVocabulary
  /// The parameters by name.
  public var tensors: [String: StoredTensor]
  /// Where it was opened; nil for one in training.
  public var folder: URL?
  /// The encoder's checkpoint, where it is to be written into the captioner's folder.
  var encoder: Checkpoint?

  /// The folder of an encoder that belongs to the captioner.
  static let encoderFolder = "encoder"

  /// Puts a captioner together.
  ///
  /// - Parameter encoder: its image encoder, where that is to be written with it.
  package init(
    configuration: CaptionerConfiguration, vocabulary: CaptionVocabulary, tensors: [String: StoredTensor],
    encoder: Checkpoint? = nil
  ) {
    self.configuration = configuration
    self.vocabulary = vocabulary
    self.tensors = tensors
    self.encoder = encoder
  }

  /// Whether a folder is a captioner.
  public static func isCaptioner(at folder: URL) -> Bool {
    let file = folder.appendingPathComponent("config.json")
    return (try? ConfigurationReader(file))?.members["model_type"]?.string == CaptionerConfiguration.modelType
  }

  /// Opens a folder.
  ///
  /// - Throws: ``CaptioningError``, `CheckpointError`, `FileReadError`, `ModelError` for a tensor that is missing or of another
  ///   shape.
  public init(contentsOf folder: URL) throws {
    let file = folder.appendingPathComponent("config.json")
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw CaptioningError.notACaptioner(path: folder.relativePath)
    }
    configuration = try CaptionerConfiguration(contentsOf: file)
    let words = folder.appendingPathComponent("words.txt")
    vocabulary = try CaptionVocabulary(contentsOf: words)
    guard vocabulary.count == configuration.vocabularySize else {
      throw CaptioningError.otherVocabulary(
        path: words.relativePath, expected: configuration.vocabularySize, found: vocabulary.count)
    }
    let weights = try SafetensorsFile(folder.appendingPathComponent("model.safetensors"))
    tensors = [:]
    for (name, shape) in configuration.parameterShapes {
      guard let tensor = try weights.tensor(name) else { throw ModelError.missingTensor(name: name) }
      guard tensor.shape == shape else {
        throw ModelError.misshapenTensor(name: name, expected: shape, found: tensor.shape)
      }
      tensors[name] = tensor
    }
    self.folder = folder
  }

  /// Writes a folder that appears whole or not at all.
  ///
  /// - Parameters:
  ///   - folder: a new or an empty one.
  ///   - storage: how the weights are stored.
  ///   - roundsRows: whether rows of matrices become bytes with a float16 scale each; an encoder in the folder stays as it is.
  /// - Throws: `CheckpointError`.
  public func write(to folder: URL, storage: StorageType = .float32, roundsRows: Bool = false) throws {
    _ = try CheckpointWriter.makeFolder(folder) { draft in
      _ = try SafetensorsWriter(storage: storage, roundsRows: roundsRows).write(
        tensors, to: draft.appendingPathComponent("model.safetensors"))
      try CheckpointWriter.write(configuration.document, to: draft.appendingPathComponent("config.json"))
      do {
        try Data(vocabulary.text.utf8).write(to: draft.appendingPathComponent("words.txt"))
      } catch {
        throw CheckpointError.unwritable(path: folder.path, reason: systemReason(of: error))
      }
      var files = ["config.json", "model.safetensors", "words.txt"]
      if configuration.encoder == Self.encoderFolder {
        let inner = draft.appendingPathComponent(Self.encoderFolder, isDirectory: true)
        let source = try encoder ?? openEncoder()
        _ = try CheckpointWriter.write(source, to: inner, storage: source.storage)
        files.append(Self.encoderFolder)
      }
      return files
    }
  }

  /// A short mark that tells captioners apart: 16 hexadecimal digits.
  public func fingerprint() -> String {
    var hash = SHA256()
    func add(_ text: String) { Array("\(text)\n".utf8).withUnsafeBytes { hash.update($0) } }
    add("\(configuration)")
    add(vocabulary.text)
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      add("\(name) \(tensor.shape) \(tensor.type.rawValue)")
      hash.update(tensor.bytes)
    }
    return String(hash.hexadecimal().prefix(16))
  }

  /// Opens the image encoder that belongs to it.
  ///
  /// - Throws: ``CaptioningError/otherEncoder(name:expected:found:)``, `CheckpointError`.
  public func openEncoder() throws -> Checkpoint {
    if let encoder { return encoder }
    let inner = folder?.appendingPathComponent(configuration.encoder, isDirectory: true)
    let isInside = inner.map { FileManager.default.fileExists(atPath: $0.path) } ?? false
    let url = try inner.flatMap { isInside ? $0 : nil } ?? ModelLocator.resolve(configuration.encoder)
    let checkpoint = try Checkpoint.open(at: url)
    let found = checkpoint.fingerprint()
    guard found == configuration.encoderFingerprint else {
      throw CaptioningError.otherEncoder(
        name: configuration.encoder, expected: configuration.encoderFingerprint, found: found)
    }
    return checkpoint
  }
}

extension Checkpoint {
  /// How most of the numbers are stored.
  var storage: StorageType {
    tensors.values.max { $0.count < $1.count }?.type ?? .float32
  }
}
