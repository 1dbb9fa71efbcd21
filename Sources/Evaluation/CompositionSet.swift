public import CLIP
public import CaptionData

/// Images, each with a true caption and a false one that is made of nearly the same words.
public struct CompositionSet: Sendable, Equatable {
  /// Whose set it is, and with it how the mean is taken.
  public enum Kind: String, Sendable {
    /// SugarCrepe (Hsieh et al., NeurIPS 2023): seven groups, a file each.
    case sugarCrepe = "SugarCrepe"
    /// VG-Relation of ARO (Yuksekgonul et al., ICLR 2023): a group a relation, symmetric relations left out.
    case relation = "VG-Relation"
    /// VG-Attribution of ARO: a group a pair of attributes, of which those with fewer than 25 cases are left out.
    case attribution = "VG-Attribution"
  }

  /// An image and its captions.
  public struct Case: Sendable, Equatable {
    /// What the case is called in messages.
    public var id: String
    /// The name of its image.
    public var image: String
    /// The part of the image that is looked at; nil for all of it.
    public var box: ImageRegion.Box?
    /// The true caption.
    public var caption: String
    /// The false one.
    public var negative: String
    /// What the case is a case of.
    public var group: String

    /// Creates a case.
    public init(
      id: String, image: String, box: ImageRegion.Box? = nil, caption: String, negative: String, group: String
    ) {
      self.id = id
      self.image = image
      self.box = box
      self.caption = caption
      self.negative = negative
      self.group = group
    }
  }

  /// Whose set it is.
  public var kind: Kind
  /// The cases.
  public var cases: [Case]
  /// What was skipped, and why.
  public var skipped: [SkippedItem]

  /// Creates a set.
  public init(kind: Kind, cases: [Case], skipped: [SkippedItem] = []) {
    self.kind = kind
    self.cases = cases
    self.skipped = skipped
  }

  /// Whether a group of so many cases counts in the mean.
  func counts(_ group: String, cases: Int) -> Bool {
    switch kind {
    case .sugarCrepe: true
    case .relation: !SymmetricRelations.names.contains(group)
    case .attribution: cases >= 25
    }
  }
}
