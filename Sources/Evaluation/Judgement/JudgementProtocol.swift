public import Foundation
import TextProcessing

/// The published ways to tell how well a caption metric agrees with people.
public enum JudgementProtocol: String, Sendable, CaseIterable {
  /// Flickr8k-Expert (Hodosh et al. 2013): three experts rated each caption from 1 to 4.
  case flickr8kExpert = "flickr8k-expert"
  /// Flickr8k-CF (Hodosh et al. 2013): the share of people on CrowdFlower who said that a caption fits.
  case flickr8kCF = "flickr8k-cf"
  /// Composite (Aditya et al. 2015): correctness from 1 to 5 of captions of Flickr8k, Flickr30k and COCO.
  case composite
  /// Pascal-50S (Vedantam et al. 2015): which of two captions is closer to what 48 people wrote.
  case pascal50S = "pascal-50s"
  /// FOIL (Shekhar et al. 2017): captions of COCO against the same with one word made wrong.
  case foil
  /// THumB 1.0 (Kasai et al. 2022): total ratings by rubric of captions of COCO, by machines and by people.
  case thumb
  /// THumB 1.0: the ratings of precision alone.
  case thumbPrecision = "thumb-precision"
  /// THumB 1.0: the ratings of recall alone.
  case thumbRecall = "thumb-recall"

  /// Finds a set by its name.
  ///
  /// - Throws: ``JudgementError/unknownSet(name:nearest:)``.
  public init(named name: String) throws {
    let plain = name.lowercased().replacingOccurrences(of: "_", with: "-")
    if let known = Self(rawValue: plain) {
      self = known
      return
    }
    let distances = Self.allCases.map { ($0, EditDistance.between(plain, $0.rawValue)) }
    let nearest = distances.min { $0.1 < $1.1 }
    let isNear = nearest.map { $0.1 <= max(2, name.count / 2) } ?? false
    throw JudgementError.unknownSet(name: name, nearest: isNear ? nearest?.0.rawValue : nil)
  }

  /// How many judgements the published figures are made of; nil where it is not settled.
  public var publishedCount: Int? {
    switch self {
    case .flickr8kExpert: 16_992
    case .flickr8kCF: 47_830
    case .pascal50S: 4_000
    case .thumb, .thumbPrecision, .thumbRecall: 2_500
    case .composite, .foil: nil
    }
  }
}

extension JudgementSet {
  /// Reads a published set from the files that its authors distribute.
  ///
  /// - Throws: ``JudgementError``, ``DatasetError``.
  public init(_ set: JudgementProtocol, in folder: URL) throws {
    let files = JudgementFolder(folder, set: set)
    switch set {
    case .flickr8kExpert: self = try Flickr8kJudgements.expert(files)
    case .flickr8kCF: self = try Flickr8kJudgements.crowd(files)
    case .composite: self = try CompositeJudgements.read(files)
    case .pascal50S: self = try PascalJudgements.read(files)
    case .foil: self = try FOILJudgements.read(files)
    case .thumb, .thumbPrecision, .thumbRecall: self = try THumBJudgements.read(files)
    }
    if let published = set.publishedCount, judgements.count != published {
      warnings.append(
        "these are \(judgements.count) judgements, and published figures come from \(published)")
    }
  }
}
