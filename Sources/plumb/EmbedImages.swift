import ArgumentParser
import CLIP
import CaptionData
import Files
import Foundation

/// `plumb embed images`.
struct EmbedImages: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract: "Embed images.",
    discussion: """
      Images are embedded in the order given: those of a folder sorted by name, those of a .tar archive in its order.

        plumb embed images photos --output photos.npy
        plumb embed images a.jpg b.png --model openai/clip-vit-base-patch32 --output two.npy
      """)

  @Argument(help: "Image files, folders of images, and .tar archives; - is an image from standard input.")
  var paths: [String]

  @OptionGroup var embedding: EmbedOptions

  func run() throws {
    try embedding.checkOutput { $0.readsImages(paths) }
    let urls = try ImageList(paths.map(inputFile)).urls
    let isNormalized = !embedding.isRaw
    try embedding.run(urls.map(FileStretch.name(of:)), of: "images") { clip, progress in
      try clip.embedImages(
        at: urls, normalized: isNormalized, keepGoing: embedding.keepGoing, progress: progress)
    }
  }
}
