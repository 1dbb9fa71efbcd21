public import Foundation

/// Why a file could not be written; nothing of it is left behind.
public enum FileWriteError: Error, Equatable {
  /// The folder that the file belongs into is not there, or is no folder.
  case noFolder(file: String, folder: String)
  /// A folder has the name that the file should have.
  case isFolder(file: String)
  /// The user may not write there.
  case notPermitted(file: String, folder: String)
  /// The disk, or the user's share of it, is full.
  case diskFull(file: String)
  /// The file is a pipe or a terminal, where one cannot go back.
  case notSeekable(file: String)
  /// The file, or a file in the folder, is one that the same command reads.
  case isInput(file: String, input: String)
  /// Files are moved into a folder that lies in one that is looked through for them.
  case isInsideInput(folder: String, input: String)
  /// The same command writes something else to the file.
  case isOtherOutput(file: String)
  /// A folder, or a file that is not text, was to be written to `-`, standard output.
  case isStandardOutput
  /// Anything else, in the system's words.
  case failed(file: String, reason: String)

  init(errno number: Int32, file: String) {
    let folder = (file as NSString).deletingLastPathComponent
    switch number {
    case ENOENT, ENOTDIR: self = .noFolder(file: file, folder: folder)
    case EISDIR: self = .isFolder(file: file)
    case EACCES, EPERM, EROFS: self = .notPermitted(file: file, folder: folder.isEmpty ? "." : folder)
    case ENOSPC, EDQUOT, EFBIG: self = .diskFull(file: file)
    case ESPIPE: self = .notSeekable(file: file)
    default: self = .failed(file: file, reason: String(cString: strerror(number)))
    }
  }
}

extension FileWriteError: LocalizedError, CustomStringConvertible {
  /// One sentence for people, with what to do next.
  public var description: String {
    switch self {
    case .noFolder(let file, let folder):
      "\(file): the folder \"\(folder)\" is not there; create it, or write elsewhere."
    case .isFolder(let file):
      "\(file): this is a folder; give the name of a file."
    case .notPermitted(let file, let folder):
      "\(file): you may not write in \"\(folder)\"; change its permissions, or write elsewhere."
    case .diskFull(let file):
      "\(file): the disk is full, and nothing was written; free some space, or write elsewhere."
    case .notSeekable(let file):
      "\(file): this format cannot be written to a pipe or a terminal; give the name of a file."
    case .isInput(let file, let input):
      file == input
        ? "\(file): this is also the input, which would be replaced; write elsewhere."
        : "\(file): writing it would replace a file of the input \(input); write elsewhere."
    case .isInsideInput(let folder, let input):
      "\(folder): this folder is \(folder == input ? "" : "in ")the input \(input), where its files would be found again; choose one elsewhere."
    case .isOtherOutput(let file):
      "\(file): two outputs have this name; give each its own."
    case .isStandardOutput:
      "-: this output cannot be written to standard output, which takes text only; give the name of a file or a folder (./- "
        + "for one that is called so)."
    case .failed(let file, let reason):
      "\(file): cannot be written (\(reason)), and nothing was; try again, or write elsewhere."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
