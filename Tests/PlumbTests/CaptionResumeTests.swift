import CLIP
import Captioning
import Compute
import Foundation
import JSON
import TestSupport
import Testing
import Training

/// `plumb caption generate` after a run that was killed.
@Suite(.enabled(if: TorchInstallation.isSetUp, "libtorch is not set up")) struct CaptionResumeTests {
  @Test func aKilledRunIsGoneOnWith() throws {
    try CaptionRun.withFolder { folder in
      try CaptionRun.trainWell(in: folder)
      func generate(_ output: String, _ more: [String] = []) throws -> (run: CommandRun, lines: [String]) {
        let run = try CommandRun(
          [
            "caption", "generate", folder.appendingPathComponent("images").path, "--model", "good/model",
            "--threads", "1", "--output", output,
          ] + more, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let text = try String(contentsOf: folder.appendingPathComponent(output), encoding: .utf8)
        return (run, text.split(separator: "\n").map(String.init))
      }
      let whole = try generate("whole.jsonl").lines
      try #require(whole.count == 12)
      let names = try whole.map { try #require(try JSONValue(parsing: $0.utf8).object?["image"]?.string) }

      // A line of a captioner that says otherwise, and half a line.
      let caption = try #require(try JSONValue(parsing: whole[0].utf8).object?["caption"]?.string)
      let done = whole[0].replacing("\"\(caption)\"", with: "\"something else\"")
      try #require(done != whole[0])
      let partial = folder.appendingPathComponent("out.jsonl.partial")
      let images = names.map { URL(fileURLWithPath: $0) }
      let header = try header(beside: folder.appendingPathComponent("out.jsonl"), images, folder)
      let written = Data("\(header)\(done)\n\(whole[1].prefix(whole[1].count / 2))".utf8)
      try written.write(to: partial)
      let resumed = try generate("out.jsonl")
      #expect(resumed.run.errors.contains("1 of 12 images were described before; resuming"))
      #expect(resumed.lines == [done] + whole.dropFirst())
      #expect(!FileManager.default.fileExists(atPath: partial.path))

      // What other options have written is no part of this run.
      try written.write(to: partial)
      let other = try generate("out.jsonl", ["--max-length", "3"])
      #expect(!other.run.errors.contains("resuming"), "\(other.run.errors)")
      #expect(other.lines.count == 12 && other.lines.allSatisfy { !$0.contains("something else") })
      #expect(!FileManager.default.fileExists(atPath: partial.path))

      // Nor is what was written of an image that has changed since.
      try written.write(to: partial)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: names[0])
      let changed = try generate("out.jsonl")
      #expect(!changed.run.errors.contains("resuming"), "\(changed.run.errors)")
      #expect(changed.lines == whole)
    }
  }

  /// The first line of the journal of a run with the usual options.
  private func header(beside output: URL, _ images: [URL], _ folder: URL) throws -> String {
    let captioner = try Captioner(
      opening: folder.appendingPathComponent("good/model"), options: CLIPEmbedder.Options(threads: 1))
    var options = GenerationOptions()
    options.noRepeatNGram = 3
    options.forbiddenEndings = GenerationOptions.commonForbiddenEndings
    let mark = captioner.mark(of: images, options, rerankWeight: 0)
    _ = try CaptionJournal(beside: output, mark: mark)
    return try String(contentsOf: output.appendingPathExtension("partial"), encoding: .utf8)
  }
}
