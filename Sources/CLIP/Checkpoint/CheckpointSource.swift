public import Foundation

/// How a checkpoint's tensors are named and arranged.
public enum CheckpointLayout: String, Sendable, Equatable {
  /// Hugging Face's `CLIPModel`.
  case huggingFace = "Hugging Face"
  /// open_clip's own names, which are also those of OpenAI's code.
  case openCLIP = "open_clip"
  /// OpenAI's TorchScript archives.
  case openAI = "OpenAI TorchScript"
}

/// Where a checkpoint was read from.
public struct CheckpointSource: Sendable, Equatable {
  /// How the tensors are named and arranged.
  public let layout: CheckpointLayout
  /// The folder that holds the weights, and the tokenizer's files if they came with them.
  public let folder: URL
  /// The configuration file, if there is one.
  public let configurationFile: URL?
  /// The weight files; more than one for a sharded checkpoint.
  public let files: [URL]

  /// Creates a source.
  public init(layout: CheckpointLayout, folder: URL, configurationFile: URL?, files: [URL]) {
    self.layout = layout
    self.folder = folder
    self.configurationFile = configurationFile
    self.files = files
  }
}
