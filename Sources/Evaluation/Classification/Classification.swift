import Foundation

/// Images with the labels that fit them best.
public struct Classification: Sendable {
  /// A label of an image.
  public struct Choice: Sendable, Equatable {
    /// The place of the label in its set.
    public var label: Int
    /// The softmax of the scaled cosines: the probabilities of all labels add up to one.
    public var probability: Double
    /// The cosine, less the label's mean where labels are balanced.
    public var cosine: Float
  }

  /// The choices of each image, the best first; of equal ones the earlier label.
  public let choices: [[Choice]]

  /// Chooses labels.
  ///
  /// - Parameters:
  ///   - cosines: `(images, labels)`.
  ///   - labels: the number of labels.
  ///   - scale: what cosines are multiplied by before the softmax.
  ///   - top: how many choices of an image are kept.
  public init(cosines: [Float], labels: Int, scale: Double, top: Int) {
    let count = labels > 0 ? cosines.count / labels : 0
    choices = (0..<count).map { image in
      let row = cosines[image * labels..<(image + 1) * labels]
      let best = Double(row.max() ?? 0)
      let sum = row.reduce(0.0) { $0 + exp(scale * (Double($1) - best)) }
      let order = row.enumerated().sorted {
        $0.element == $1.element ? $0.offset < $1.offset : $0.element > $1.element
      }
      return order.prefix(top).map {
        Choice(
          label: $0.offset, probability: exp(scale * (Double($0.element) - best)) / sum, cosine: $0.element)
      }
    }
  }
}

/// How right a classification is, where the labels of images are known.
public struct ClassificationAccuracy: Sendable, Equatable {
  /// Two labels that are taken for each other.
  public struct Confusion: Sendable, Equatable {
    /// The true label.
    public var truth: Int
    /// The one that was chosen.
    public var choice: Int
    /// How many images.
    public var count: Int

    /// Counts a confusion.
    public init(truth: Int, choice: Int, count: Int) {
      self.truth = truth
      self.choice = choice
      self.count = count
    }
  }

  /// How many images there are.
  public let count: Int
  /// The share of images whose first choice is right.
  public let top1: Double
  /// The share of images with the right label among the first five choices.
  public let top5: Double
  /// The 95 % interval of ``top1`` (Wilson 1927).
  public let interval: ClosedRange<Double>
  /// The mean over labels of the share of their images that are right.
  public let meanPerLabel: Double
  /// How many images of each label (rows) were given each label (columns), `(labels, labels)`.
  public let matrix: [[Int]]
  /// The expected calibration error of the first choice in 15 bins of equal width (Guo et al. 2017).
  public let calibrationError: Double

  /// Compares choices with the truth, a label for each image.
  public init(_ classification: Classification, truth: [Int], labels: Int) {
    count = truth.count
    var matrix = [[Int]](repeating: [Int](repeating: 0, count: labels), count: labels)
    var among = 0
    var bins = [(count: Int, right: Int, sure: Double)](repeating: (0, 0, 0), count: 15)
    for (choices, truth) in zip(classification.choices, truth) {
      guard let first = choices.first else { continue }
      matrix[truth][first.label] += 1
      if choices.prefix(5).contains(where: { $0.label == truth }) { among += 1 }
      let bin = max(0, min(14, Int(first.probability * 15)))
      bins[bin].count += 1
      bins[bin].right += first.label == truth ? 1 : 0
      bins[bin].sure += first.probability
    }
    let total = Double(max(1, count))
    let right = matrix.indices.reduce(0) { $0 + matrix[$1][$1] }
    top1 = Double(right) / total
    top5 = Double(among) / total
    interval = Self.wilson(right, of: count)
    let shares = matrix.indices.compactMap { label -> Double? in
      let sum = matrix[label].reduce(0, +)
      return sum > 0 ? Double(matrix[label][label]) / Double(sum) : nil
    }
    meanPerLabel = shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
    calibrationError = bins.reduce(0) { $0 + abs(Double($1.right) - $1.sure) } / total
    self.matrix = matrix
  }

  /// The labels that are taken for each other most often, most first.
  public func confusions(limit: Int) -> [Confusion] {
    var all: [Confusion] = []
    for truth in matrix.indices {
      for choice in matrix.indices where choice != truth && matrix[truth][choice] > 0 {
        all.append(Confusion(truth: truth, choice: choice, count: matrix[truth][choice]))
      }
    }
    all.sort { ($1.count, $0.truth, $0.choice) < ($0.count, $1.truth, $1.choice) }
    return Array(all.prefix(limit))
  }

  private static func wilson(_ right: Int, of count: Int) -> ClosedRange<Double> {
    guard count > 0 else { return 0...1 }
    let (n, z) = (Double(count), 1.959963984540054)
    let share = Double(right) / n
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, min(middle - half, share))...min(1, max(middle + half, share))
  }
}

/// The scale of cosines with which the probabilities of a classification are as often right as they say.
public enum ScaleCalibration {
  /// The scale with the least mean negative log likelihood of the truth (temperature scaling, Guo et al. 2017), between .1 and
  /// 10,000.
  ///
  /// - Parameters:
  ///   - cosines: `(images, labels)`.
  ///   - truth: a label for each image.
  ///   - images: which of the images count.
  public static func scale(cosines: [Float], labels: Int, truth: [Int], images: [Int]) -> Double {
    func loss(_ logarithm: Double) -> Double {
      let scale = exp(logarithm)
      return images.reduce(0.0) { sum, image in
        let row = cosines[image * labels..<(image + 1) * labels]
        let best = Double(row.max() ?? 0)
        let total = row.reduce(0.0) { $0 + exp(scale * (Double($1) - best)) }
        return sum + log(total) - scale * (Double(row[row.startIndex + truth[image]]) - best)
      }
    }
    // The loss is convex in the scale, so that it has one minimum over its logarithm: golden-section search.
    var (low, high) = (log(0.1), log(10000.0))
    let share = (5.0.squareRoot() - 1) / 2
    var (left, right) = (high - share * (high - low), low + share * (high - low))
    var (leftLoss, rightLoss) = (loss(left), loss(right))
    for _ in 0..<40 {
      if leftLoss <= rightLoss {
        (high, right, rightLoss) = (right, left, leftLoss)
        left = high - share * (high - low)
        leftLoss = loss(left)
      } else {
        (low, left, leftLoss) = (left, right, rightLoss)
        right = low + share * (high - low)
        rightLoss = loss(right)
      }
    }
    return exp((low + high) / 2)
  }
}
