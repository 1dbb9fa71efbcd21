/// Images and captions of a batch side by side: who belongs to whom, and how similar they are.
///
/// There are B images and M captions, at least one an image; with one each, caption `i` is image `i`'s.
public struct PairBatch {
  /// Cosines of the student's (B, M).
  public let student: Tensor
  /// Cosines of the teacher's (B, M), without a gradient; nil without a teacher.
  public let teacher: Tensor?
  /// 1 where the caption is the image's, else 0, (B, M).
  public let matched: Tensor
  /// Captions an image: B numbers.
  public let captionCounts: [Int]
  /// The torch that computes.
  public let torch: Torch

  /// - Parameters:
  ///   - images: the student's embeddings (B, E).
  ///   - texts: the student's embeddings (M, E), or a fixed text encoder's.
  ///   - teacherImages: the teacher's embeddings (B, D).
  ///   - teacherTexts: the teacher's embeddings (M, D).
  ///   - captionCounts: how many of the M captions, which lie in the images' order, belong to each image.
  public init(
    images: Tensor, texts: Tensor, teacherImages: Tensor?, teacherTexts: Tensor?, captionCounts: [Int]
  ) throws {
    torch = images.torch
    self.captionCounts = captionCounts
    student = try images.normalized().matmul(texts.normalized().transposed())
    if let teacherImages, let teacherTexts {
      teacher = try teacherImages.normalized().matmul(teacherTexts.normalized().transposed()).detached()
    } else {
      teacher = nil
    }
    let (images, captions) = (captionCounts.count, captionCounts.reduce(0, +))
    var matched = [Float](repeating: 0, count: images * captions)
    var start = 0
    for (image, count) in captionCounts.enumerated() {
      for caption in start..<(start + count) { matched[image * captions + caption] = 1 }
      start += count
    }
    self.matched = try torch.tensor(matched, [images, captions])
  }

  /// The number of images.
  public var images: Int { captionCounts.count }
  /// The number of captions.
  public var captions: Int { captionCounts.reduce(0, +) }
}
