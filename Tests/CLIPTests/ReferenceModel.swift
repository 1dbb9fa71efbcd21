import CLIP
import Foundation

/// CLIP written down plainly, in double precision: what the engine is held against.
struct ReferenceModel {
  let checkpoint: Checkpoint

  typealias Rows = [[Double]]

  // ---------------------------------------------------------------- the towers

  /// The raw embedding of a picture.
  func embed(_ picture: PreparedImage, _ normalization: PixelNormalization) throws -> [Double] {
    let vision = checkpoint.configuration.vision
    let patch = vision.patchSize
    let across = vision.imageSize / patch
    let kernel = try values("vision_model.embeddings.patch_embedding.weight")
    var stream: Rows = [try values("vision_model.embeddings.class_embedding")]
    for py in 0..<across {
      for px in 0..<across {
        var numbers: [Double] = []
        for channel in 0..<3 {
          for y in 0..<patch {
            for x in 0..<patch {
              let at = ((py * patch + y) * picture.width + px * patch + x) * 3 + channel
              numbers.append(Double(normalization.table[256 * channel + Int(picture.pixels[at])]))
            }
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
    stream = try run(stream, "vision_model", vision.transformer, isCausal: false)
    let pooled = try norm([stream[0]], "vision_model.post_layernorm", vision.transformer)
    return try product(pooled, rows("visual_projection.weight"))[0]
  }

  /// The raw embedding of a text.
  func embed(_ ids: [Int32]) throws -> [Double] {
    let text = checkpoint.configuration.text
    let table = try rows("text_model.embeddings.token_embedding.weight")
    let positions = try rows("text_model.embeddings.position_embedding.weight")
    var stream = add(ids.map { table[Int($0)] }, positions)
    stream = try run(stream, "text_model", text.transformer, isCausal: true)
    let end: Int
    switch text.endOfText {
    case .highestID: end = ids.firstIndex(of: ids.max() ?? 0) ?? 0
    case .firstID(let id): end = ids.firstIndex(of: Int32(id)) ?? 0
    }
    let pooled = try norm([stream[end]], "text_model.final_layer_norm", text.transformer)
    return try product(pooled, rows("text_projection.weight"))[0]
  }

  // ---------------------------------------------------------------- the blocks

  private func run(
    _ input: Rows, _ tower: String, _ shape: TransformerConfiguration, isCausal: Bool
  ) throws -> Rows {
    var stream = input
    for layer in 0..<shape.layers {
      let name = "\(tower).encoder.layers.\(layer)"
      let normed = try norm(stream, "\(name).layer_norm1", shape)
      let query = try linear(normed, "\(name).self_attn.q_proj")
      let key = try linear(normed, "\(name).self_attn.k_proj")
      let value = try linear(normed, "\(name).self_attn.v_proj")
      let mixed = attention(query, key, value, heads: shape.heads, isCausal: isCausal)
      stream = add(stream, try linear(mixed, "\(name).self_attn.out_proj"))
      let hidden = try linear(norm(stream, "\(name).layer_norm2", shape), "\(name).mlp.fc1")
      let active = hidden.map { $0.map { activate($0, shape.activation) } }
      stream = add(stream, try linear(active, "\(name).mlp.fc2"))
    }
    return stream
  }

  private func attention(_ query: Rows, _ key: Rows, _ value: Rows, heads: Int, isCausal: Bool) -> Rows {
    let width = query[0].count / heads
    return query.indices.map { row in
      (0..<heads).flatMap { head -> [Double] in
        let range = (head * width)..<((head + 1) * width)
        let seen = isCausal ? row + 1 : key.count
        let scores = (0..<seen).map { other in
          range.reduce(0) { $0 + query[row][$1] * key[other][$1] } / Double(width).squareRoot()
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let total = weights.reduce(0, +)
        return range.map { column in
          (0..<seen).reduce(0) { $0 + weights[$1] * value[$1][column] } / total
        }
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

  private func linear(_ input: Rows, _ name: String) throws -> Rows {
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
