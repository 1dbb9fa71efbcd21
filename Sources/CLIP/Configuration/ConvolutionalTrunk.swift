/// A convolutional network that an image goes through whole: one of the EfficientNet-Lite family, or its first stages.
///
/// A 3 × 3 convolution of stride 2 to 32 channels, up to seven stages of blocks without squeeze-and-excitation, and a 1 × 1
/// convolution to 1280 channels (the head). A batch norm with ε = 1e-3 and, but for the last convolution of a block, ReLU6
/// follow every convolution. Padding is TensorFlow's "same": a stride of 2 pads the right and the bottom more, by how much
/// depends on the side of the input. (Tan and Le, *EfficientNet*, 2019; timm's `tf_efficientnet_lite*`.)
///
/// Alone (a vision transformer of no layers), its map is averaged over all cells and projected into the common space. With
/// transformer layers, its map is what patches are cut from, in place of a ``StemStage`` stem.
public struct ConvolutionalTrunk: Sendable, Equatable {
  /// Which of the family.
  public var architecture: Architecture
  /// How many of the seven stages of blocks are there.
  public var stages: Int
  /// Whether the convolution to 1280 channels ends the trunk.
  public var hasHead: Bool
  /// How an average of the map becomes an embedding; of no meaning where a transformer follows.
  public var projection: Projection
  /// Whether the last layer of the projection has a bias.
  public var hasProjectionBias: Bool

  /// A network of the family: the same plan, wider and deeper from one to the next.
  public enum Architecture: String, Sendable, Equatable, CaseIterable {
    case efficientNetLite0 = "efficientnet_lite0"
    case efficientNetLite1 = "efficientnet_lite1"
    case efficientNetLite2 = "efficientnet_lite2"
    case efficientNetLite3 = "efficientnet_lite3"
    case efficientNetLite4 = "efficientnet_lite4"

    /// By what the channels of the smallest are multiplied, and the blocks of its stages.
    fileprivate var scale: (width: Double, depth: Double) {
      switch self {
      case .efficientNetLite0: (1, 1)
      case .efficientNetLite1: (1, 1.1)
      case .efficientNetLite2: (1.1, 1.2)
      case .efficientNetLite3: (1.2, 1.4)
      case .efficientNetLite4: (1.4, 1.8)
      }
    }

    /// The side of the images that the published weights were trained on.
    public var imageSize: Int {
      switch self {
      case .efficientNetLite0: 224
      case .efficientNetLite1: 240
      case .efficientNetLite2: 260
      case .efficientNetLite3: 300
      case .efficientNetLite4: 380
      }
    }
  }

  /// What follows the average.
  public enum Projection: String, Sendable, Equatable, CaseIterable {
    /// One matrix.
    case linear
    /// A linear layer to twice the embedding's width, GELU, and a linear layer to it: open_clip's `timm_proj` "mlp".
    case mlp
  }

  /// Creates a trunk of some stages; all of them, with the head, where nothing else is said.
  public init(
    _ architecture: Architecture, stages: Int = ConvolutionalTrunk.stageCount, hasHead: Bool? = nil,
    projection: Projection = .linear, hasProjectionBias: Bool = false
  ) {
    self.architecture = architecture
    self.stages = stages
    self.hasHead = hasHead ?? (stages == Self.stageCount)
    self.projection = projection
    self.hasProjectionBias = hasProjectionBias
  }

  /// The stages of blocks of a whole network.
  public static let stageCount = 7
  /// The channels after the first convolution.
  public static let stemChannels = 32
  /// The channels after the head.
  public static let headChannels = 1_280
  /// What a batch norm adds to a variance before its root is taken.
  package static let normEpsilon: Float = 1e-3

  /// The channels of the map.
  public var channels: Int {
    hasHead ? Self.headChannels : blocks.last?.last?.outputs ?? Self.stemChannels
  }

  /// Pixels of the image from a cell of the map to the next.
  public var stride: Int { Self.plan.prefix(stages).reduce(2) { $0 * $1.stride } }

  /// The side of the map of an image of so many pixels: what is left over counts as a cell.
  public func side(ofImage side: Int) -> Int { (side + stride - 1) / stride }
}

extension ConvolutionalTrunk {
  /// A block: a 1 × 1 convolution that expands (where there is one), a depthwise convolution, and a 1 × 1 convolution to the
  /// block's outputs.
  package struct Block: Sendable, Equatable {
    /// Channels that come in.
    package var inputs: Int
    /// Channels of the depthwise convolution; as many as come in where nothing expands.
    package var expanded: Int
    /// Channels that come out.
    package var outputs: Int
    /// The side of the depthwise convolution's window.
    package var kernel: Int
    /// Its stride.
    package var stride: Int
    /// Whether a convolution expands: in all but the first stage.
    package var expands: Bool

    /// Whether the input is added to the output.
    package var isResidual: Bool { stride == 1 && inputs == outputs }
  }

  /// The stages of EfficientNet-Lite0.
  private static let plan: [(channels: Int, blocks: Int, kernel: Int, stride: Int, expansion: Int)] = [
    (16, 1, 3, 1, 1), (24, 2, 3, 2, 6), (40, 2, 5, 2, 6), (80, 3, 3, 2, 6), (112, 3, 5, 1, 6),
    (192, 4, 5, 2, 6), (320, 1, 3, 1, 6),
  ]

  /// The blocks of each stage that is there.
  package var blocks: [[Block]] {
    let scale = architecture.scale
    var inputs = Self.stemChannels
    return Self.plan.prefix(stages).enumerated().map { index, stage in
      let outputs = Self.rounded(Double(stage.channels) * scale.width)
      // The first and the last stage are never deeper.
      let isFixed = index == 0 || index == Self.stageCount - 1
      let count = isFixed ? stage.blocks : Int((Double(stage.blocks) * scale.depth).rounded(.up))
      return (0..<count).map { block in
        defer { inputs = outputs }
        return Block(
          inputs: inputs, expanded: inputs * stage.expansion, outputs: outputs, kernel: stage.kernel,
          stride: block == 0 ? stage.stride : 1, expands: stage.expansion > 1)
      }
    }
  }

  /// The multiple of 8 that is nearest to a number of channels, and not below nine tenths of it.
  private static func rounded(_ channels: Double) -> Int {
    let nearest = max(8, Int(channels + 4) / 8 * 8)
    return Double(nearest) < 0.9 * channels ? nearest + 8 : nearest
  }
}
