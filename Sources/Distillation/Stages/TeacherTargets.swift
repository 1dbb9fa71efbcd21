import CLIP
import CaptionMetrics
import Foundation
import Learning

/// What a teacher says of every picture and caption of some data, computed once and kept in the run's folder.
struct TeacherTargets {
  /// Rows of pictures, in the order of the items; nil without a teacher of pictures.
  let images: VectorTable?
  /// Rows of texts; nil without a teacher of texts.
  let texts: VectorTable?
  /// The row of `texts` of every caption.
  private let textRows: [Int]
  /// What the teacher's cosines are multiplied with to be logits.
  let scale: Double

  /// - Parameters:
  ///   - folder: where computed rows are kept.
  ///   - needsImages: whether pictures are to be embedded.
  ///   - needsTexts: whether captions are.
  init(
    _ teacher: DistillationRecipe.Teacher, for set: TrainingSet, in folder: URL, needsImages: Bool,
    needsTexts: Bool, threads: Int?, progress: @escaping @Sendable (String, Int, Int) -> Void
  ) throws {
    var images: VectorTable?
    var texts: VectorTable?
    var textRows: [Int] = []
    var scale = 100.0
    var embedder: CLIPEmbedder?
    if let model = teacher.model, needsImages || (needsTexts && teacher.texts == nil) {
      var options = CLIPEmbedder.Options()
      options.threads = threads
      let opened = try CLIPEmbedder(opening: ModelLocator.resolve(model), options: options)
      scale = exp(Double(opened.checkpoint.logitScale))
      embedder = opened
    }
    if needsTexts {
      let captions = (0..<set.captionCount).map { set.caption($0) }
      if let list = teacher.texts, let vectors = teacher.textVectors {
        let known = try Self.lines(of: list)
        let table = try VectorTable(
          contentsOf: vectors, rows: known.count, of: "texts in \(list.lastPathComponent)")
        textRows = try captions.map { caption in
          guard let row = known.rows[caption] else {
            throw DistillationError.unknownText(text: caption, file: list.path)
          }
          return row
        }
        texts = table
      } else if let embedder {
        var unique: [String: Int] = [:]
        var order: [String] = []
        for caption in captions where unique[caption] == nil {
          unique[caption] = order.count
          order.append(caption)
        }
        textRows = captions.map { unique[$0] ?? 0 }
        let total = order.count
        texts = try KeptEmbeddings(of: embedder, in: folder, key: set.fingerprint).rows(total, of: "texts") {
          range in
          let rows = try embedder.embedTexts(Array(order[range]), normalized: false).rows
          progress("teacher's texts", range.upperBound, total)
          return rows
        }
      }
    }
    if needsImages, let embedder {
      let total = set.count
      images = try KeptEmbeddings(of: embedder, in: folder, key: set.fingerprint).rows(total, of: "pictures")
      {
        range in
        let urls = try range.map { item -> URL in
          guard case .file(let url) = set.picture(item) else {
            throw DistillationError.teacherNeedsFiles(data: set.name)
          }
          return url
        }
        // A picture that cannot be read is replaced when it is trained on, and its row is not looked at.
        let rows = try embedder.embedImages(at: urls, normalized: false, keepGoing: true)
        progress("teacher's pictures", range.upperBound, total)
        return rows
      }
    }
    self.images = images
    self.texts = texts
    self.textRows = textRows
    self.scale = scale
  }

  /// The teacher's rows of captions.
  func texts(of captionRows: [Int]) -> [Float]? { texts?.rows(captionRows.map { textRows[$0] }) }

  /// The row of each line; of equal lines the first.
  private static func lines(of url: URL) throws -> (rows: [String: Int], count: Int) {
    guard let data = try? Data(contentsOf: url) else {
      throw LearningError.unreadable(path: url.path, reason: "it is not there, or not to be read")
    }
    var rows: [String: Int] = [:]
    var count = 0
    for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let text = String(decoding: line, as: UTF8.self)
      if rows[text] == nil { rows[text] = count }
      count += 1
    }
    // The end of the last line begins no other.
    return (rows, data.last == UInt8(ascii: "\n") ? count - 1 : count)
  }
}
