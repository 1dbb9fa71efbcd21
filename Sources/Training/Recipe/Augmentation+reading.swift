extension Augmentation {
  /// Reads `crop`, `flip` and the others of a recipe's `augment`. Throws ``RecipeError``.
  public init(_ node: RecipeNode) throws {
    self.init()
    let keys = try node.keys()
    cropScale = try keys.optional("crop").map { try Self.range($0, in: 0.001...1) }
    if let ratio = try keys.optional("ratio").map({ try Self.range($0, in: 0.01...100) }) {
      cropRatio = ratio
    }
    flip = try keys.number("flip", in: 0...1, default: 0)
    brightness = try keys.number("brightness", in: 0...10, default: 0)
    contrast = try keys.number("contrast", in: 0...10, default: 0)
    saturation = try keys.number("saturation", in: 0...10, default: 0)
    translation = try keys.int("shift", in: 0...1024, default: 0)
    erasing = try keys.number("erase", in: 0...1, default: 0)
    if let area = try keys.optional("erase_area").map({ try Self.range($0, in: 0.001...1) }) {
      erasingScale = area
    }
    try keys.end()
  }

  private static func range(_ node: RecipeNode, in bounds: ClosedRange<Double>) throws -> ClosedRange<Double>
  {
    let ends = try node.list()
    guard ends.count == 2 else { throw node.refused("two numbers, the least and the greatest") }
    let (low, high) = (try ends[0].number(in: bounds), try ends[1].number(in: bounds))
    guard low <= high else { throw node.refused("the least number before the greatest") }
    return low...high
  }
}
