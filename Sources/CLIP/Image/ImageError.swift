public import Files
public import Foundation

/// What can be wrong with an image or with the description of its preprocessing.
public enum ImageError: Error, Equatable, Sendable {
  /// The file cannot be opened or read.
  case unreadable(file: String, reason: String)
  /// The file has no bytes.
  case empty(file: String)
  /// The content is of no format that is read; `found` says what it looks like.
  case notSupported(file: String, found: String)
  /// A web page or a Git LFS pointer lies where the file should be; `remedy` says what to do.
  case placeholder(file: String, what: String, remedy: String)
  /// The library that decodes the format is not installed; `package` is what Debian calls it.
  case missingLibrary(file: String, format: ImageFormat, package: String)
  /// The content has the right format in a flavour that is not read.
  case unsupportedFlavor(file: String, format: ImageFormat, reason: String)
  /// The file ends before its image does.
  case truncated(file: String, format: ImageFormat)
  /// The content breaks the rules of its format.
  case damaged(file: String, format: ImageFormat, reason: String)
  /// The image has more pixels than the limit.
  case tooLarge(file: String, width: Int, height: Int, limit: Int)
  /// There was no memory for the image.
  case outOfMemory(file: String, width: Int, height: Int)
  /// The preprocessing would make of this image one without pixels, or an absurdly large one.
  case wrongShape(file: String, width: Int, height: Int)
  /// A folder describes no preprocessing.
  case noPreprocessing(folder: String)
  /// A description of preprocessing holds something else than expected.
  case badPreprocessing(file: String, key: String, expected: String, found: String)
}

extension ImageError: LocalizedError, CustomStringConvertible {
  /// One sentence that names the file and what to do next.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "\(file): cannot be read: \(reason). Check the path and the permissions."
    case .empty(let file):
      "\(file): the file is empty. Fetch or export it again."
    case .notSupported(let file, let found):
      "\(file): \(found) is not supported. Convert it to JPEG, PNG or WebP."
    case .placeholder(let file, let what, let remedy):
      "\(file): is \(what); \(remedy)."
    case .missingLibrary(let file, let format, let package):
      "\(file): \(format.rawValue) images need a library that is not on this machine. Install it with "
        + "'apt-get install \(package)' (or what your system calls it), or convert the image to JPEG or PNG."
    case .unsupportedFlavor(let file, let format, let reason):
      "\(file): this kind of \(format.rawValue) is not supported (\(reason)). Save it again as plain JPEG or PNG."
    case .truncated(let file, let format):
      "\(file): the \(format.rawValue) image is truncated: the file ends before it does. Fetch the file again."
    case .damaged(let file, let format, let reason):
      "\(file): the \(format.rawValue) image is damaged (\(reason)). Fetch or export the file again."
    case .tooLarge(let file, let width, let height, let limit):
      "\(file): \(width)×\(height) pixels are more than the limit of \(limit). "
        + "Scale the image down, or raise the limit if you trust it."
    case .outOfMemory(let file, let width, let height):
      "\(file): there is no memory for \(width)×\(height) pixels. Scale the image down."
    case .wrongShape(let file, let width, let height):
      "\(file): \(width)×\(height) pixels cannot be resized as the model wants them. Crop the image first."
    case .noPreprocessing(let folder):
      "\(folder): found neither preprocessor_config.json, processor_config.json nor open_clip_config.json. "
        + "Copy the file from where the checkpoint came from."
    case .badPreprocessing(let file, let key, let expected, let found):
      "\(file): \(key) should be \(expected), found \(found). Correct the file or fetch it again."
    }
  }

  /// The same sentence, for Foundation.
  public var errorDescription: String? { description }
}
