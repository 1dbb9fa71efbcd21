import Files
import Foundation
import JSON

/// An image with its caption in a shard: the members of one key.
struct ShardPair: Sendable {
  /// What the members' names have in common: `000000001` of `000000001.jpg`, folders included.
  let key: String
  /// Where the image is in the archive.
  var image: FileStretch?
  /// The caption: that of `.txt`, or else of `.json`.
  var caption: String?
  /// Why there is no image, or none of which one could say which it is.
  var imageProblem: String?
  /// Why there is no caption.
  var captionProblem: String?
  /// Where the image comes from, as `.json` says: `url` and `uid`.
  var source: [JSONValue.Member] = []
  /// The bytes of the archive that hold the members with their headers.
  var stretches: [Range<Int>] = []
}
