import ArgumentParser
import CLIP
import Files
import Foundation

extension OutputCheck {
  /// Names files and folders that are read, as the user did; one of all may be `-`, standard input.
  mutating func reads(_ paths: String?...) { reads(paths) }

  /// The same of a list.
  mutating func reads(_ paths: [String?]) {
    for case let path? in paths {
      if path == "-" { readStandardInput() } else { read(URL(fileURLWithPath: path)) }
    }
  }

  /// Names images and folders of images that are read; one of all may be `-`, standard input.
  mutating func readsImages(_ paths: [String?]) {
    for case let path? in paths {
      if path == "-" { readStandardInput() } else { readImages(in: URL(fileURLWithPath: path)) }
    }
  }

  /// Names a model; one that is not there is told of when it is opened.
  mutating func readsModel(_ names: String?...) {
    for case let name? in names {
      if let url = try? ModelLocator.resolve(name) { read(url) }
    }
  }

  /// Names files of text that are written; `-` is standard output, and what else is printed then goes to standard error.
  mutating func writes(_ paths: String?...) { writes(paths) }

  /// The same of a list.
  mutating func writes(_ paths: [String?]) {
    for case let path? in paths {
      if path == "-" { Output.leaveStandardOutput() }
      write(outputFile(path))
    }
  }
}

/// The file that an argument names; `-` is standard input, and so is `/dev/stdin`.
///
/// - Throws: ``FileReadError`` where what comes through a pipe cannot be kept.
func inputFile(_ path: String) throws -> URL {
  guard path == "-" || path == StandardInput.path else { return URL(fileURLWithPath: path) }
  return try StandardInput.file.get()
}

/// The file of text that an argument names; `-` is standard output.
func outputFile(_ path: String) -> URL {
  path == "-" ? AtomicFile.standardOutput : URL(fileURLWithPath: path)
}

/// Throws `ValidationError` where the name of a plot is that of another kind of file: plots are SVG.
func requirePlotName(_ path: String?, _ option: String) throws {
  guard let path else { return }
  let ending = URL(fileURLWithPath: path).pathExtension.lowercased()
  guard ["", "svg"].contains(ending) else {
    throw ValidationError(
      "\(option) \(path): plots are SVG, which is no .\(ending); give a name that ends in .svg, and convert it with a browser or rsvg-convert."
    )
  }
}

/// What help says of an argument that may be standard input.
let standardInputHelp = "- is standard input."
