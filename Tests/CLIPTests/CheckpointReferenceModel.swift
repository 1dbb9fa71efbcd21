import CLIP
import Foundation

/// CLIP written down plainly in doubles: what a checkpoint means, one row at a time, with nothing made fast.
struct CheckpointReferenceModel {
  let checkpoint: Checkpoint

  /// The embedding of a square image of 8-bit RGB, not of unit length.
  func embed(pixels: [UInt8], mean: [Double], std: [Double]) -> [Double] {
    let shape = checkpoint.configuration.vision
    let (width, patch) = (shape.transformer.width, shape.patchSize)
    let grid = shape.imageSize / patch
    let kernel = values("vision_model.embeddings.patch_embedding.weight")
    let positions = values("vision_model.embeddings.position_embedding.weight")
    var rows = [values("vision_model.embeddings.class_embedding")]
    for cell in 0..<(grid * grid) {
      var row = [Double](repeating: 0, count: width)
      for output in 0..<width {
        for channel in 0..<3 {
          for y in 0..<patch {
            for x in 0..<patch {
              let place =
                ((cell / grid * patch + y) * shape.imageSize + cell % grid * patch + x) * 3 + channel
              let value = (Double(pixels[place]) / 255 - mean[channel]) / std[channel]
              row[output] += value * kernel[((output * 3 + channel) * patch + y) * patch + x]
            }
          }
        }
      }
      rows.append(row)
    }
    for i in rows.indices {
      for j in 0..<width { rows[i][j] += positions[i * width + j] }
      rows[i] = norm(rows[i], "vision_model.pre_layrnorm", shape.transformer)
    }
    let output = blocks(rows, "vision_model", shape.transformer, isCausal: false)
    return linear(
      norm(output[0], "vision_model.post_layernorm", shape.transformer), "visual_projection", bias: false)
  }

  /// The embedding of a text, not of unit length.
  func embed(ids: [Int]) -> [Double] {
    let shape = checkpoint.configuration.text
    let width = shape.transformer.width
    let tokens = values("text_model.embeddings.token_embedding.weight")
    let positions = values("text_model.embeddings.position_embedding.weight")
    let rows = ids.enumerated().map { place, id in
      (0..<width).map { tokens[id * width + $0] + positions[place * width + $0] }
    }
    let output = blocks(rows, "text_model", shape.transformer, isCausal: true)
    let end =
      switch shape.endOfText {
      case .highestID: ids.firstIndex(of: ids.max() ?? 0) ?? 0
      case .firstID(let id): ids.firstIndex(of: id) ?? 0
      }
    return linear(
      norm(output[end], "text_model.final_layer_norm", shape.transformer), "text_projection", bias: false)
  }

  private func values(_ name: String) -> [Double] {
    checkpoint.tensors[name]?.floats().map(Double.init) ?? []
  }

  private func linear(_ row: [Double], _ name: String, bias hasBias: Bool = true) -> [Double] {
    let weight = values("\(name).weight")
    let bias = hasBias ? values("\(name).bias") : []
    return (0..<(weight.count / row.count)).map { output in
      var sum = hasBias ? bias[output] : 0
      for i in row.indices { sum += row[i] * weight[output * row.count + i] }
      return sum
    }
  }

  private func norm(_ row: [Double], _ name: String, _ shape: TransformerConfiguration) -> [Double] {
    let mean = row.reduce(0, +) / Double(row.count)
    let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
    let scale = 1 / (variance + Double(shape.layerNormEpsilon)).squareRoot()
    let (weight, bias) = (values("\(name).weight"), values("\(name).bias"))
    return row.indices.map { (row[$0] - mean) * scale * weight[$0] + bias[$0] }
  }

  private func blocks(
    _ input: [[Double]], _ tower: String, _ shape: TransformerConfiguration, isCausal: Bool
  ) -> [[Double]] {
    var rows = input
    for layer in 0..<shape.layers {
      let name = "\(tower).encoder.layers.\(layer)"
      let attended = attention(
        rows.map { norm($0, "\(name).layer_norm1", shape) }, "\(name).self_attn", shape, isCausal: isCausal)
      for i in rows.indices {
        for j in rows[i].indices { rows[i][j] += attended[i][j] }
        let hidden = linear(norm(rows[i], "\(name).layer_norm2", shape), "\(name).mlp.fc1").map {
          activate($0, shape.activation)
        }
        let output = linear(hidden, "\(name).mlp.fc2")
        for j in rows[i].indices { rows[i][j] += output[j] }
      }
    }
    return rows
  }

  private func attention(
    _ rows: [[Double]], _ name: String, _ shape: TransformerConfiguration, isCausal: Bool
  ) -> [[Double]] {
    let queries = rows.map { linear($0, "\(name).q_proj") }
    let keys = rows.map { linear($0, "\(name).k_proj") }
    let contents = rows.map { linear($0, "\(name).v_proj") }
    let width = shape.width / shape.heads
    return rows.indices.map { i in
      var output = [Double](repeating: 0, count: shape.width)
      for head in 0..<shape.heads {
        let part = (head * width)..<((head + 1) * width)
        let seen = isCausal ? 0...i : 0...(rows.count - 1)
        let scores = seen.map { j in
          exp(part.reduce(0) { $0 + queries[i][$1] * keys[j][$1] } / Double(width).squareRoot())
        }
        let total = scores.reduce(0, +)
        for (j, score) in zip(seen, scores) {
          for k in part { output[k] += score / total * contents[j][k] }
        }
      }
      return linear(output, "\(name).out_proj")
    }
  }

  private func activate(_ x: Double, _ activation: Activation) -> Double {
    switch activation {
    case .quickGELU: x / (1 + exp(-1.702 * x))
    case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
    }
  }
}

/// What a peer computed from the checkpoint beside it; `Fixtures/checkpoint/README.md` describes the file.
struct CheckpointGolden: Decodable {
  let activation: String?
  let side: Int
  let mean: [Double]
  let std: [Double]
  let pixels: Data
  let token_ids: [[Int]]
  let image_embeddings: [[Double]]
  let text_embeddings: [[Double]]
  let logit_scale: Float

  init(folder: URL) throws {
    self = try JSONDecoder().decode(
      CheckpointGolden.self, from: Data(contentsOf: folder.appendingPathComponent("golden.json")))
  }

  /// The 8-bit RGB of one image.
  func image(_ index: Int) -> [UInt8] {
    let count = side * side * 3
    return [UInt8](pixels.dropFirst(index * count).prefix(count))
  }

  /// One minus the lowest cosine between the peer's embeddings and those of the model.
  func distance(_ model: CheckpointReferenceModel) -> Double {
    var worst = 0.0
    for (index, expected) in image_embeddings.enumerated() {
      worst = max(
        worst, 1 - Self.cosine(expected, model.embed(pixels: image(index), mean: mean, std: std)))
    }
    for (ids, expected) in zip(token_ids, text_embeddings) {
      worst = max(worst, 1 - Self.cosine(expected, model.embed(ids: ids)))
    }
    return worst
  }

  private static func cosine(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return -1 }
    let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    let norms = [a, b].map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return dot / (norms[0] * norms[1])
  }
}
