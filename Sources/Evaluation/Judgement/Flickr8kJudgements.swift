import CaptionData
import Foundation

/// Flickr8k-Expert and Flickr8k-CF (Hodosh, Young, Hockenmaier 2013) under the rules of Anderson et al. 2016 (SPICE)
/// and Hessel et al. 2021 (CLIPScore, appendix A).
enum Flickr8kJudgements {
  private static let folders = ["Flickr8k_text", "flickr8k", "flickr8k/Flickr8k_text"]

  /// Each of the three judgements of a caption counts by itself; captions that are among the image's own references
  /// are left out.
  static func expert(_ folder: JudgementFolder) throws -> JudgementSet {
    var set = JudgementSet(
      name: folder.set.rawValue, items: [], judgements: .ratings([], coefficient: .kendallC),
      rules: "τ-c; each of three judgements a row; captions among the image's own references left out")
    if let file = folder.find(["ExpertAnnotations.txt"], under: folders),
      let captions = folder.find(["Flickr8k.token.txt"], under: folders)
    {
      try readExperts(file, Flickr8kCaptions(captions), into: &set)
    } else if let file = folder.find(["flickr8k.json"], under: folders) {
      try readJSON(file, into: &set)
    } else {
      throw folder.missing("ExpertAnnotations.txt and Flickr8k.token.txt, or flickr8k.json,")
    }
    return set
  }

  /// The share of "yes" is the rating; every judged caption of an image is taken out of its references.
  static func crowd(_ folder: JudgementFolder) throws -> JudgementSet {
    var set = JudgementSet(
      name: folder.set.rawValue, items: [], judgements: .ratings([], coefficient: .kendallB),
      rules: "τ-b; the share of \"yes\"; judged captions taken out of the image's references")
    let names = ["CrowdFlowerAnnotations.txt", "CrowdFlowerAnnotations.sample.txt"]
    if let file = folder.find(names, under: folders),
      let captions = folder.find(["Flickr8k.token.txt"], under: folders)
    {
      try readCrowd(file, Flickr8kCaptions(captions), into: &set)
    } else if let file = folder.find(["crowdflower_flickr8k.json"], under: folders) {
      try readJSON(file, into: &set)
    } else {
      throw folder.missing("CrowdFlowerAnnotations.txt and Flickr8k.token.txt, or crowdflower_flickr8k.json,")
    }
    return set
  }

  private static func readExperts(
    _ url: URL, _ captions: Flickr8kCaptions, into set: inout JudgementSet
  ) throws {
    let table = TabbedLines(file: try TextFile(contentsOf: url))
    var images = ImageJudgements()
    try table.forEach(columns: 5) { line, fields in
      let ratings = try fields[2...].enumerated().map {
        try table.number($1, "judgement \($0 + 1)", line: line)
      }
      let candidate = try captions.caption(fields[1], file: table.file.name, line: line)
      let references = try captions.references(fields[0], file: table.file.name, line: line)
      if references.contains(candidate) { return }
      images.add(ratings, of: candidate, image: fields[0], references: references)
    }
    try images.fill(&set, files: [table.file.name, captions.file])
  }

  private static func readCrowd(
    _ url: URL, _ captions: Flickr8kCaptions, into set: inout JudgementSet
  ) throws {
    let table = TabbedLines(file: try TextFile(contentsOf: url))
    var images = ImageJudgements()
    try table.forEach(columns: 5) { line, fields in
      let share = try table.number(fields[2], "share of yes", line: line)
      let candidate = try captions.caption(fields[1], file: table.file.name, line: line)
      let references = try captions.references(fields[0], file: table.file.name, line: line)
      images.add([share], of: candidate, image: fields[0], references: references)
      images.takeOut(candidate, image: fields[0])
    }
    try images.fill(&set, files: [table.file.name, captions.file])
  }

  /// `{image: {"image_path", "ground_truth": [captions], "human_judgement": [{"caption", "rating"}]}}`, which
  /// jmhessel/clipscore makes of the text files, with the rules applied.
  private static func readJSON(_ url: URL, into set: inout JudgementSet) throws {
    let document = try JudgementDocument(url)
    var images = ImageJudgements()
    for (image, entry) in try document.members(of: document.root, "the file") {
      let path = try document.text("image_path", of: entry, image)
      let references = try document.texts("ground_truth", of: entry, image)
      for judgement in try document.list("human_judgement", of: entry, image) {
        // What nobody rated is there as NaN.
        guard let rating = try document.number("rating", of: judgement, image) else { continue }
        images.add(
          [rating], of: try document.text("caption", of: judgement, image),
          image: path.split(separator: "/").last.map(String.init) ?? path, references: references)
      }
    }
    try images.fill(&set, files: [document.file])
  }
}
