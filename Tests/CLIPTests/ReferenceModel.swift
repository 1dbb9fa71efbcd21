import CLIP
import Foundation

/// CLIP written down plainly, in double precision: what the engine is held against.
struct ReferenceModel {
  let checkpoint: Checkpoint

  typealias Rows = [[Double]]

  // ---------------------------------------------------------------- the towers

  /// The raw embedding of an image.
  func embed(_ image: PreparedImage, _ normalization: PixelNormalization) throws -> [Double] {
    let vision = checkpoint.configuration.vision
    let pooled = try norm(
      [stream(image, normalization)[0]], "vision_model.post_layernorm", vision.transformer)
    return try product(pooled, rows("visual_projection.weight"))[0]
  }

  /// The patches of an image behind the last block and the norm after it, row by row.
  func grid(_ image: PreparedImage, _ normalization: PixelNormalization) throws -> [Double] {
    let patches = Array(try stream(image, normalization).dropFirst())
    return Array(
      try norm(patches, "vision_model.post_layernorm", checkpoint.configuration.vision.transformer).joined())
  }

  /// The rows of an image behind the last block.
  private func stream(_ image: PreparedImage, _ normalization: PixelNormalization) throws -> Rows {
    let vision = checkpoint.configuration.vision
    let across = vision.imageSize / vision.patchSize
    let map = try stem(image, normalization)
    let patch = map[0].count / across
    let kernel = try values("vision_model.embeddings.patch_embedding.weight")
    var stream: Rows = [try values("vision_model.embeddings.class_embedding")]
    for py in 0..<across {
      for px in 0..<across {
        var numbers: [Double] = []
        for plane in map {
          for y in 0..<patch {
            for x in 0..<patch { numbers.append(plane[py * patch + y][px * patch + x]) }
          }
        }
        stream.append(
          (0..<vision.transformer.width).map { out in
            (0..<numbers.count).reduce(0) { $0 + kernel[out * numbers.count + $1] * numbers[$1] }
          })
      }
    }
    stream = try add(stream, rows("vision_model.embeddings.position_embedding.weight"))
    stream = try norm(stream, "vision_model.pre_layrnorm", vision.transformer)
    return try run(stream, "vision_model", vision.transformer, isCausal: false)
  }

  /// The raw embedding of a text.
  func embed(_ ids: [Int32]) throws -> [Double] {
    let text = checkpoint.configuration.text
    let end = ids.firstIndex { id in
      switch text.endOfText {
      case .highestID: id == ids.max()
      case .firstID(let wanted): id == Int32(wanted)
      }
    }
    // What follows the end is padding, which nobody sees.
    let ids = ids[...(end ?? 0)]
    let table = try rows("text_model.embeddings.token_embedding.weight")
    let positions = try rows("text_model.embeddings.position_embedding.weight")
    var stream = ids.map { table[Int($0)] }
    if text.embeddingRank != nil {
      stream = try product(stream, rows("text_model.embeddings.token_projection.weight"))
    }
    stream = add(stream, positions)
    stream = try run(stream, "text_model", text.transformer, isCausal: text.attention == .causal)
    let pooled = try norm([stream[ids.count - 1]], "text_model.final_layer_norm", text.transformer)
    return try product(pooled, rows("text_projection.weight"))[0]
  }

  // ---------------------------------------------------------------- the stem

  /// The normalised image after the stem, plane by plane.
  private func stem(_ image: PreparedImage, _ normalization: PixelNormalization) throws -> [Rows] {
    var map: [Rows] = (0..<3).map { channel in
      (0..<image.height).map { y in
        (0..<image.width).map { x in
          Double(
            normalization.table[256 * channel + Int(image.pixels[(y * image.width + x) * 3 + channel])])
        }
      }
    }
    for (index, stage) in checkpoint.configuration.vision.stem.enumerated() {
      let name = "vision_model.embeddings.stem.\(index)"
      map = try active(batchNorm(convolution(map, "\(name).conv", stride: 2), "\(name).norm"))
      for block in 0..<stage.blocks {
        let name = "\(name).blocks.\(block)"
        let inner = try active(batchNorm(convolution(map, "\(name).conv1", stride: 1), "\(name).norm1"))
        let change = try batchNorm(convolution(inner, "\(name).conv2", stride: 1), "\(name).norm2")
        map = zip(map, change).map { add($0, $1) }
      }
    }
    return map
  }

  /// A 3 × 3 convolution with a frame of zeros.
  private func convolution(_ map: [Rows], _ name: String, stride: Int) throws -> [Rows] {
    let weight = try values("\(name).weight")
    let side = map[0].count
    return (0..<weight.count / (9 * map.count)).map { output in
      Swift.stride(from: 0, to: side, by: stride).map { y in
        Swift.stride(from: 0, to: side, by: stride).map { x in
          var sum = 0.0
          for (channel, plane) in map.enumerated() {
            for ky in 0..<3 where (0..<side).contains(y + ky - 1) {
              for kx in 0..<3 where (0..<side).contains(x + kx - 1) {
                sum +=
                  weight[((output * map.count + channel) * 3 + ky) * 3 + kx] * plane[y + ky - 1][x + kx - 1]
              }
            }
          }
          return sum
        }
      }
    }
  }

  private func active(_ map: [Rows]) -> [Rows] { map.map { $0.map { $0.map { activate($0, .gelu) } } } }

  private func batchNorm(_ map: [Rows], _ name: String) throws -> [Rows] {
    let parts = try ["weight", "bias", "running_mean", "running_var"].map { try values("\(name).\($0)") }
    return map.enumerated().map { channel, plane in
      let scale = parts[0][channel] / (parts[3][channel] + 1e-5).squareRoot()
      return plane.map { $0.map { scale * ($0 - parts[2][channel]) + parts[1][channel] } }
    }
  }

  // ---------------------------------------------------------------- the blocks

  private func run(
    _ input: Rows, _ tower: String, _ shape: TransformerConfiguration, isCausal: Bool
  ) throws -> Rows {
    var stream = input
    for layer in 0..<shape.layers {
      let name = "\(tower).encoder.layers.\(layer)"
      let shared = "\(tower).encoder.layers.\(layer - layer % shape.sharing)"
      let normed = try norm(stream, "\(name).layer_norm1", shape)
      let query = try linear(normed, "\(shared).self_attn.q_proj", hasBias: shape.hasQueryKeyValueBias)
      let key = try linear(normed, "\(shared).self_attn.k_proj", hasBias: shape.hasQueryKeyValueBias)
      let value = try linear(normed, "\(shared).self_attn.v_proj", hasBias: shape.hasQueryKeyValueBias)
      var maps = scores(query, key, heads: shape.heads, isCausal: isCausal)
      if shape.talkingHeads { maps = mix(maps, try rows("\(name).self_attn.score_mixer.weight")) }
      maps = maps.map { $0.map(softmax) }
      if shape.talkingHeads { maps = mix(maps, try rows("\(name).self_attn.probability_mixer.weight")) }
      stream = add(stream, try linear(attended(maps, value), "\(shared).self_attn.out_proj"))
      let hidden = try linear(norm(stream, "\(name).layer_norm2", shape), "\(shared).mlp.fc1")
      let active = hidden.map { $0.map { activate($0, shape.activation) } }
      stream = add(stream, try linear(active, "\(shared).mlp.fc2"))
    }
    return stream
  }

  /// (heads, rows that ask, rows that are seen)
  private func scores(_ query: Rows, _ key: Rows, heads: Int, isCausal: Bool) -> [Rows] {
    let width = query[0].count / heads
    return (0..<heads).map { head in
      query.indices.map { row in
        (0..<(isCausal ? row + 1 : key.count)).map { other in
          ((head * width)..<((head + 1) * width)).reduce(0) { $0 + query[row][$1] * key[other][$1] }
            / Double(width).squareRoot()
        }
      }
    }
  }

  private func softmax(_ scores: [Double]) -> [Double] {
    let top = scores.max() ?? 0
    let weights = scores.map { exp($0 - top) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  private func mix(_ maps: [Rows], _ mixer: Rows) -> [Rows] {
    mixer.map { line in
      maps[0].indices.map { row in
        maps[0][row].indices.map { column in
          line.indices.reduce(0) { $0 + line[$1] * maps[$1][row][column] }
        }
      }
    }
  }

  private func attended(_ maps: [Rows], _ value: Rows) -> Rows {
    let width = value[0].count / maps.count
    return maps[0].indices.map { row in
      value[0].indices.map { column in
        let map = maps[column / width][row]
        return map.indices.reduce(0) { $0 + map[$1] * value[$1][column] }
      }
    }
  }

  private func activate(_ x: Double, _ activation: Activation) -> Double {
    switch activation {
    case .quickGELU: x / (1 + exp(-1.702 * x))
    case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    }
  }

  private func norm(_ input: Rows, _ name: String, _ shape: TransformerConfiguration) throws -> Rows {
    let weight = try values("\(name).weight")
    let bias = try values("\(name).bias")
    return input.map { row in
      let mean = row.reduce(0, +) / Double(row.count)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
      let inverse = 1 / (variance + Double(shape.layerNormEpsilon)).squareRoot()
      return row.indices.map { (row[$0] - mean) * inverse * weight[$0] + bias[$0] }
    }
  }

  // ---------------------------------------------------------------- products

  private func linear(_ input: Rows, _ name: String, hasBias: Bool = true) throws -> Rows {
    guard hasBias else { return try product(input, rows("\(name).weight")) }
    let bias = try values("\(name).bias")
    return try product(input, rows("\(name).weight")).map { row in row.indices.map { row[$0] + bias[$0] } }
  }

  private func product(_ input: Rows, _ weights: Rows) -> Rows {
    input.map { row in
      weights.map { line in row.indices.reduce(0) { $0 + row[$1] * line[$1] } }
    }
  }

  private func add(_ a: Rows, _ b: Rows) -> Rows {
    a.indices.map { row in a[row].indices.map { a[row][$0] + b[row][$0] } }
  }

  private func rows(_ name: String) throws -> Rows {
    let all = try values(name)
    let columns = checkpoint.tensors[name]?.shape.last ?? 1
    return stride(from: 0, to: all.count, by: columns).map { Array(all[$0..<($0 + columns)]) }
  }

  private func values(_ name: String) throws -> [Double] {
    guard let tensor = checkpoint.tensors[name] else { throw ModelError.missingTensor(name: name) }
    return (0..<tensor.count).map { index in
      switch tensor.type {
      case .float32:
        Double(tensor.bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
      case .float16:
        Double(tensor.bytes.loadUnaligned(fromByteOffset: 2 * index, as: Float16.self))
      case .bfloat16:
        Double(
          Float(
            bitPattern: UInt32(tensor.bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)) << 16))
      }
    }
  }
}
