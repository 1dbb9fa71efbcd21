import CLIP
import Compute
import Files
public import Foundation
import JSON
import Training

/// Captions that are on the disk as soon as they are there, so that a run that was stopped goes on where it was.
///
/// A file beside the output, whose first line says of which run it is; each other line is a ``CaptionedImage``. It goes when
/// the output is written.
public final class CaptionJournal {
  /// The images that are done.
  public private(set) var images: [CaptionedImage] = []
  private let url: URL
  private let handle: FileHandle

  /// Opens the journal of an output: that of a run with the same mark is gone on with, any other begun anew.
  ///
  /// - Parameters:
  ///   - output: the file that is to be written at the end.
  ///   - mark: what the captions follow from: the captioner, the images, the options.
  /// - Throws: `FileWriteError`.
  public init(beside output: URL, mark: String) throws {
    url = output.appendingPathExtension("partial")
    let header = try JSONValue.object([.init("plumb_captions", .string(mark))]).text() + "\n"
    let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    var kept = ""
    if text.hasPrefix(header) {
      kept = header
      // The last line of a killed run may be a part of one.
      for line in text.dropFirst(header.count).split(separator: "\n", omittingEmptySubsequences: false)
        .dropLast()
      {
        guard let value = try? JSONValue(parsing: line.utf8), let image = CaptionedImage(value) else { break }
        images.append(image)
        kept += line + "\n"
      }
    } else {
      kept = header
    }
    try AtomicFile.write(kept, to: url)
    do {
      handle = try FileHandle(forWritingTo: url)
      try handle.seekToEnd()
    } catch { throw FileWriteError.failed(file: url.path, reason: systemReason(of: error)) }
  }

  /// Adds images that are done. Throws `FileWriteError`.
  public func append(_ more: [CaptionedImage]) throws {
    let text = try more.map { try $0.json.text() + "\n" }.joined()
    do { try handle.write(contentsOf: Data(text.utf8)) } catch {
      throw FileWriteError.failed(file: url.path, reason: systemReason(of: error))
    }
    images += more
  }

  /// Removes the file: the output is written.
  public func finish() {
    try? handle.close()
    unlink(url.path)
  }
}

extension Captioner {
  /// What the captions of some images follow from, in one word: the captioner, the files as they are now, and all options.
  public func mark(of images: [URL], _ options: GenerationOptions, rerankWeight: Double) -> String {
    var run = RunDescription()
    run.add("captioner", checkpoint.fingerprint())
    for image in images {
      run.add("image", FileStretch.name(of: image))
      run.add("file", image.absoluteString)
      run.add("state", Self.state(of: image))
    }
    run.add("strategy", "\(options.strategy) \(options.lengthPenalty) \(options.nBest) \(options.prefix)")
    run.add("length", "\(options.minLength) \(options.maxLength ?? 0) \(options.noRepeatNGram ?? 0)")
    for words in [options.forbiddenEndings, options.bannedWords, options.requiredWords] {
      run.add("words", words.sorted().joined(separator: " "))
    }
    run.add("rerank", rerankWeight)
    let encoder = embedder.options
    run.add("precision", encoder.precision.rawValue)
    run.add("exif", encoder.honoursEXIF)
    run.add("max_pixels", encoder.pixelLimit)
    return run.fingerprint
  }

  /// What changes when a file or its archive does; nil where there is none.
  private static func state(of image: URL) -> String? {
    var status = stat()
    guard stat(image.path, &status) == 0 else { return nil }
    return "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
  }
}
