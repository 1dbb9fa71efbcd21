import CKernels
import Compute
import Foundation
import TestSupport
import Testing

/// The tables that this processor runs.
nonisolated(unsafe) private let tables: [(String, UnsafePointer<plumb_kernels>)] = [
  "baseline", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx",
].compactMap {
  (name: String) in
  plumb_kernels_named(name).map { (name, $0) }
}

@Suite struct KernelTests {
  private func numbers(_ count: Int, seed: UInt64, scale: Float = 3) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -scale...scale, using: &generator) }
  }

  @Test func aTableIsFoundForThisProcessor() {
    #expect(tables.first?.0 == "baseline")
    #expect(plumb_kernels_named("abacus") == nil)
    #expect(tables.map(\.0).contains(Kernels.best.name))
  }

  @Test(arguments: [1, 7, 8, 33, 96, 768, 1024])
  func layerNormIsTheFormula(_ width: Int) {
    let rows = 3
    let x = numbers(rows * width, seed: 1).map { $0 + 5 }
    let weight = numbers(width, seed: 2)
    let bias = numbers(width, seed: 3)
    for (name, table) in tables {
      var y = [Float](repeating: 0, count: rows * width)
      table.pointee.layer_norm(x, width, weight, bias, 1e-5, rows, width, &y, width)
      for row in 0..<rows {
        let line = x[(row * width)..<((row + 1) * width)].map(Double.init)
        let mean = line.reduce(0, +) / Double(width)
        let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
        for i in 0..<width {
          let expected =
            (line[i] - mean) / (variance + 1e-5).squareRoot() * Double(weight[i]) + Double(bias[i])
          #expect(abs(Double(y[row * width + i]) - expected) < 2e-5, "\(name)")
        }
      }
    }
  }

  @Test(
    arguments: [
      (1, 8), (2, 64), (5, 16), (13, 64), (50, 64), (77, 64), (50, 80), (33, 88), (257, 64), (20, 3),
    ],
    [false, true])
  func attentionIsTheFormula(_ shape: (keys: Int, width: Int), _ isCausal: Bool) {
    let heads = 2
    let stride = 3 * heads * shape.width
    let x = numbers(shape.keys * stride, seed: 4, scale: 2)
    let total = heads * shape.width
    // All rows at once, and the last ones alone: few queries go another way.
    for (name, table) in tables {
      for first in Set([0, max(0, shape.keys - 5), shape.keys - 1]) {
        let scratchCount = plumb_attention_scratch(shape.keys, shape.width)
        let y = outputs(
          of: x, keys: shape.keys, width: shape.width, heads: heads, first: first, isCausal: isCausal,
          scratchCount: scratchCount
        ) { arguments in
          for head in 0..<heads { table.pointee.attention(&arguments, head) }
        }
        for head in 0..<heads {
          for row in Set([0, 1, shape.keys / 2, shape.keys - 1]) where row >= first && row < shape.keys {
            let expected = attention(x, row, head, shape.keys, shape.width, stride, total, isCausal)
            for i in 0..<shape.width {
              let found = Double(y[row * total + head * shape.width + i])
              #expect(abs(found - expected[i]) < 1e-5, "\(name), from \(first)")
            }
          }
        }
      }
    }
  }

  /// What attention writes for the queries from `first` on, where `x` is (keys, 3, heads, width): queries, keys and values. Rows before
  /// `first` are not numbers.
  private func outputs(
    of x: [Float], keys: Int, width: Int, heads: Int, first: Int, isCausal: Bool, scratchCount: Int,
    _ attend: (inout plumb_attention) -> Void
  ) -> [Float] {
    let total = heads * width
    let stride = 3 * total
    var y = [Float](repeating: .nan, count: keys * total)
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        withUnsafeTemporaryAllocation(byteCount: scratchCount * 4, alignment: 64) { scratch in
          guard let base = x.baseAddress, let to = y.baseAddress, let scratch = scratch.baseAddress
          else { return }
          var arguments = plumb_attention(
            query: base + first * stride, key: base + total, value: base + 2 * total, query_stride: stride,
            key_stride: stride, output: to + first * total, output_stride: total, queries: keys - first,
            keys: keys, first_query: first, head_width: width, causal: isCausal ? 1 : 0,
            scratch: scratch.assumingMemoryBound(to: Float.self))
          attend(&arguments)
        }
      }
    }
    return y
  }

  private func attention(
    _ x: [Float], _ row: Int, _ head: Int, _ keys: Int, _ width: Int, _ stride: Int, _ total: Int,
    _ isCausal: Bool
  ) -> [Double] {
    let seen = isCausal ? row + 1 : keys
    let scores = (0..<seen).map { key in
      (0..<width).reduce(0.0) {
        $0 + Double(x[row * stride + head * width + $1]) * Double(x[key * stride + total + head * width + $1])
      } / Double(width).squareRoot()
    }
    let top = scores.max() ?? 0
    let weights = scores.map { exp($0 - top) }
    let sum = weights.reduce(0, +)
    return (0..<width).map { i in
      (0..<seen).reduce(0.0) { $0 + weights[$1] * Double(x[$1 * stride + 2 * total + head * width + i]) }
        / sum
    }
  }

  @Test(
    arguments: [
      (1, 8, 2), (5, 16, 1), (13, 64, 12), (50, 32, 24), (77, 64, 3), (33, 20, 7),
    ],
    [false, true])
  func mixedAttentionIsTheFormula(_ shape: (keys: Int, width: Int, heads: Int), _ isCausal: Bool) {
    let (keys, width, heads) = shape
    let total = heads * width
    let stride = 3 * total
    let x = numbers(keys * stride, seed: 4, scale: 1)
    let before = numbers(heads * heads, seed: 5, scale: 1)
    let after = numbers(heads * heads, seed: 6, scale: 1)
    let rows = Set([0, 1, keys / 2, keys - 1]).filter { $0 < keys }
    let expected = rows.map { row in
      (row, mixedAttention(x, row, shape, isCausal, before.map(Double.init), after.map(Double.init)))
    }
    // All rows at once, and from the middle on: as two threads share them.
    for (name, table) in tables {
      for first in Set([0, keys / 2]) {
        let scratchCount = plumb_talking_heads_scratch(keys, width, heads)
        let y = outputs(
          of: x, keys: keys, width: width, heads: heads, first: first, isCausal: isCausal,
          scratchCount: scratchCount
        ) { arguments in
          before.withUnsafeBufferPointer { before in
            after.withUnsafeBufferPointer { after in
              var mixers = plumb_talking_heads(
                heads: heads, scores: before.baseAddress, probabilities: after.baseAddress)
              table.pointee.talking_heads_attention(&arguments, &mixers)
            }
          }
        }
        for (row, line) in expected where row >= first {
          for i in 0..<total {
            #expect(abs(Double(y[row * total + i]) - line[i]) < 1e-4, "\(name) \(row) \(i)")
          }
        }
        #expect(y[..<(first * total)].allSatisfy { $0.isNaN })
      }
    }
  }

  private func mixedAttention(
    _ x: [Float], _ row: Int, _ shape: (keys: Int, width: Int, heads: Int), _ isCausal: Bool,
    _ before: [Double], _ after: [Double]
  ) -> [Double] {
    let (keys, width, heads) = shape
    let total = heads * width
    let seen = isCausal ? row + 1 : keys
    func mix(_ maps: [[Double]], _ mixer: [Double]) -> [[Double]] {
      (0..<heads).map { head in
        (0..<seen).map { key in (0..<heads).reduce(0) { $0 + mixer[head * heads + $1] * maps[$1][key] } }
      }
    }
    let scores = (0..<heads).map { head in
      (0..<seen).map { key in
        (0..<width).reduce(0.0) {
          $0 + Double(x[row * 3 * total + head * width + $1])
            * Double(x[key * 3 * total + total + head * width + $1])
        } / Double(width).squareRoot()
      }
    }
    let weights = mix(scores, before).map { line in
      let top = line.max() ?? 0
      let sum = line.reduce(0) { $0 + exp($1 - top) }
      return line.map { exp($0 - top) / sum }
    }
    let maps = mix(weights, after)
    return (0..<total).map { i in
      (0..<seen).reduce(0.0) { $0 + maps[i / width][$1] * Double(x[$1 * 3 * total + 2 * total + i]) }
    }
  }

  @Test func exponentialsAreTheFormula() {
    let x = (-150...0).map { Float($0) / 7 } + [-Float.infinity, 3]
    for (name, table) in tables {
      for count in [1, 15, 16, 17, x.count] {
        var y = [Float](repeating: -1, count: count)
        let sum = table.pointee.exponentials(x, count, 3, 1.5, &y)
        let powers = x.prefix(count).map { (Double($0) - 3) * 1.5 }
        let expected = powers.map { exp($0) }
        for ((found, value), power) in zip(zip(y, expected), powers) {
          // The power is rounded to f32; what is below the smallest normal number is 0.
          let rounding = value > 0 ? (1 + abs(power)) * 1.2e-7 * value : 0
          #expect(abs(Double(found) - value) <= rounding + 1.2e-38, "\(name) \(value)")
        }
        let total = expected.reduce(0, +)
        #expect(abs(Double(sum) - total) <= 1e-6 * total + 1e-36, "\(name)")
      }
    }
  }

  @Test func activationsAreTheFormulas() {
    let x = (-2000...2000).map { Float($0) / 100 } + [Float(0), -0, 88, -88, 1e30, -1e30]
    for (name, table) in tables {
      var quick = x
      var exact = x
      table.pointee.quick_gelu(&quick, quick.count)
      table.pointee.gelu(&exact, exact.count)
      for (index, value) in x.map(Double.init).enumerated() {
        let tolerance = 2e-6 * max(1, abs(value))
        #expect(
          abs(Double(quick[index]) - value / (1 + exp(-1.702 * value))) <= tolerance, "\(name) \(value)")
        #expect(
          abs(Double(exact[index]) - value * 0.5 * erfc(-value / 2.0.squareRoot())) <= tolerance, "\(name)")
      }
    }
  }

  #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
    @Test func everyHalfFloatWidensToItself() {
      let all = (0...UInt16.max).map { $0 }
      for (name, table) in tables {
        var y = [Float](repeating: 0, count: all.count)
        table.pointee.widen_f16(all, all.count, &y)
        for (bits, value) in zip(all, y) {
          let expected = Float(Float16(bitPattern: bits))
          #expect(value == expected || value.isNaN && expected.isNaN, "\(name) \(bits)")
        }
      }
    }
  #endif

  @Test func bfloat16RoundsToNearestEvenAndWidensBack() {
    let x: [Float] = [
      1, Float(bitPattern: 0x3F80_8000), Float(bitPattern: 0x3F81_8000), Float(bitPattern: 0x3F80_8001), -0.0,
      .infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
    ]
    for (name, table) in tables {
      var halves = [UInt16](repeating: 0, count: x.count)
      var back = [Float](repeating: 0, count: x.count)
      table.pointee.narrow_bf16(x, x.count, &halves)
      table.pointee.widen_bf16(halves, x.count, &back)
      #expect(Array(halves[0..<4]) == [0x3F80, 0x3F80, 0x3F82, 0x3F81], "\(name)")
      #expect(
        back[4].sign == .minus && back[5] == .infinity && back[6].isNaN && back[7] == .infinity, "\(name)")
    }
  }

  @Test(arguments: [Int32(127), 255], [1, 16, 24, 50, 768])
  func quantisedRowsAreWithinHalfAStep(_ levels: Int32, _ count: Int) {
    let rowCount = 37
    for (name, table) in tables {
      func quantized(_ x: [Float]) -> (bytes: [UInt8], rows: [plumb_row_scale]) {
        var bytes = [UInt8](repeating: 0, count: x.count)
        var rows = [plumb_row_scale](repeating: plumb_row_scale(), count: rowCount)
        table.pointee.quantize(x, rowCount, count, levels, &bytes, &rows)
        return (bytes, rows)
      }
      let mixed = numbers(rowCount * count, seed: 9)
      for x in [
        mixed, mixed.map { abs($0) }, mixed.map { -abs($0) }, [Float](repeating: 0, count: mixed.count),
        // Rows of other sizes, and one of zeros among them.
        mixed.enumerated().map { $1 * Float($0 / count) },
      ] {
        let (bytes, rows) = quantized(x)
        for (place, byte) in bytes.enumerated() {
          let row = rows[place / count]
          #expect(Int32(byte) <= levels)
          #expect(
            abs(row.scale * Float(Int32(byte) - row.zero) - x[place]) <= row.scale * 0.51, "\(name)")
        }
      }
      for strange in [Float.nan, .infinity, -.infinity] {
        for row in [0, 8, rowCount - 1] {
          for column in Set([0, count - 1]) {
            var spoiled = mixed
            spoiled[row * count + column] = strange
            let rows = quantized(spoiled).rows
            #expect(rows.indices.allSatisfy { rows[$0].scale.isNaN == ($0 == row) }, "\(name)")
          }
        }
      }
    }
  }

  @Test func quantisedWeightsAreWithinHalfAStep() {
    for (name, table) in tables {
      for count in [1, 8, 50, 768] {
        let x = numbers(count, seed: 20)
        var bytes = [Int8](repeating: 0, count: count)
        var total: Int32 = 0
        let scale = table.pointee.quantize_weights(x, count, 0, &bytes, &total)
        #expect(total == bytes.reduce(0) { $0 + Int32($1) }, "\(name)")
        for (value, byte) in zip(x, bytes) {
          #expect(abs(scale * Float(byte) - value) <= scale * 0.5001, "\(name)")
        }
        for strange in [Float.nan, .infinity] {
          let spoiled = x.dropLast() + [strange]
          #expect(table.pointee.quantize_weights(Array(spoiled), count, 0, &bytes, &total).isNaN, "\(name)")
        }
        let zeros = [Float](repeating: 0, count: count)
        #expect(table.pointee.quantize_weights(zeros, count, 0, &bytes, &total) == 0)
      }
    }
  }

  @Test func noGroupOfQuantisedWeightsPassesItsLimit() {
    for (name, table) in tables {
      for scale in [Float(0.01), 1, 100] {
        let x = numbers(768, seed: 21, scale: scale) + [Float](repeating: scale, count: 8)
        var bytes = [Int8](repeating: 0, count: x.count)
        var total: Int32 = 0
        let step = table.pointee.quantize_weights(x, x.count, PLUMB_BYTE_GROUP, &bytes, &total)
        for (value, byte) in zip(x, bytes) {
          #expect(abs(step * Float(byte) - value) <= step * 0.5001, "\(name)")
        }
        for first in stride(from: 0, to: x.count, by: 8) {
          for group in [[0, 1, 4, 5], [2, 3, 6, 7]] {
            #expect(group.reduce(0) { $0 + abs(Int32(bytes[first + $1])) } <= PLUMB_BYTE_GROUP, "\(name)")
          }
        }
      }
    }
  }

  @Test(arguments: [(1, 8, 1), (4, 64, 16), (7, 776, 40), (100, 64, 33)])
  func aByteProductIsTheSumOfItsProducts(_ shape: (rows: Int, inputs: Int, outputs: Int)) throws {
    let (rows, inputs, outputs) = shape
    let weights = (0..<(outputs * inputs)).map { Int8(($0 / inputs + $0 / 8) % 2 == 0 ? 45 : -45) }
    let scales = numbers(outputs, seed: 30)
    let bias = numbers(outputs, seed: 31)
    let sums = (0..<outputs).map { output in
      weights[(output * inputs)..<((output + 1) * inputs)].reduce(0) { $0 + Int32($1) }
    }
    let panels = try AlignedBuffer(byteCount: plumb_byte_panels_size(outputs, inputs))
    plumb_byte_panels_pack(weights, outputs, inputs, panels.bound(to: Int8.self))
    let operands = try (copy(scales), copy(sums), copy(bias))
    let rowScales = try copy((0..<rows).map { plumb_row_scale(scale: 0.5, zero: Int32($0)) })
    for (name, table) in tables {
      guard let product = table.pointee.byte_product else { continue }
      // The worst case: activations at their highest, groups of weights at their limit.
      let levels = Int(table.pointee.byte_levels)
      let source = (0..<(rows * inputs)).map { UInt8($0 % 3 == 0 ? $0 % (levels + 1) : levels) }
      let bytes = try copy(source)
      let result = try copy([Float](repeating: 1, count: rows * outputs))
      let y = result.bound(to: Float.self)
      var arguments = plumb_byte_product(
        source: bytes.bound(to: UInt8.self), source_stride: inputs,
        rows: rowScales.bound(to: plumb_row_scale.self), row_count: rows, inputs: inputs, outputs: outputs,
        panels: panels.bound(to: Int8.self), column_scales: operands.0.bound(to: Float.self),
        column_sums: operands.1.bound(to: Int32.self), bias: operands.2.bound(to: Float.self), destination: y,
        destination_stride: outputs, epilogue: PLUMB_ADD, bytes: nil)
      product(&arguments)
      for row in 0..<rows {
        for output in 0..<outputs {
          let total = (0..<inputs).reduce(Int32(0)) {
            $0 + (Int32(source[row * inputs + $1]) - Int32(row)) * Int32(weights[output * inputs + $1])
          }
          let expected = Float(total) * 0.5 * scales[output] + bias[output] + 1
          #expect(abs(y[row * outputs + output] - expected) <= 1e-5 * max(1, abs(expected)), "\(name)")
        }
      }
      // Behind ReLU6, as bytes: the same numbers, of which these scales bring some into the range.
      guard table.pointee.byte_depthwise != nil else { continue }
      let small = try copy((0..<rows).map { plumb_row_scale(scale: 1e-3, zero: Int32($0)) })
      let map = try copy([UInt8](repeating: 7, count: rows * outputs + 64))
      arguments.rows = UnsafePointer(small.bound(to: plumb_row_scale.self))
      arguments.epilogue = PLUMB_RELU6
      product(&arguments)
      arguments.bytes = map.bound(to: UInt8.self)
      product(&arguments)
      for place in 0..<(rows * outputs) {
        #expect(abs(Float(map.bound(to: UInt8.self)[place]) - y[place] * 255 / 6) <= 0.501, "\(name)")
      }
      #expect(map.bound(to: UInt8.self)[rows * outputs] == 7, "\(name): behind the end")
    }
  }

  @Test(arguments: [(1, 6, 1), (4, 64, 16), (7, 778, 40), (6, 512, 64), (100, 64, 132), (13, 1030, 300)])
  func aProductOfNumbersIsTheSumOfItsProducts(_ shape: (rows: Int, inputs: Int, outputs: Int)) throws {
    let (rows, inputs, outputs) = shape
    // Numbers that bf16 has exactly, so that both kinds of product have the same sums.
    let x = numbers(rows * inputs, seed: 40).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
    let weights = numbers(outputs * inputs, seed: 41).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
    let bias = numbers(outputs, seed: 42)
    let halves = { (values: [Float]) in values.map { UInt16($0.bitPattern >> 16) } }
    let biases = try copy(bias)
    // A destination wider than the product, whose other numbers must stay; the first 16 outputs are not asked for.
    let first = outputs > 16 ? 16 : 0
    let width = outputs - first + 3
    for (name, table) in tables {
      for (product, unit, source, plain) in try [
        (table.pointee.float_product, 1, copy(x), copy(weights)),
        (table.pointee.half_product, 2, copy(halves(x)), copy(halves(weights))),
      ] {
        guard let product else { continue }
        let units = inputs / unit
        let panels = try AlignedBuffer(byteCount: 4 * plumb_float_panels_count(outputs, units))
        plumb_float_panels_pack(
          plain.bound(to: Float.self), 0, outputs, outputs, units, panels.bound(to: Float.self))
        for epilogue in [PLUMB_STORE, PLUMB_ADD] {
          let result = try copy([Float](repeating: 1, count: rows * width))
          let y = result.bound(to: Float.self)
          var arguments = plumb_float_product(
            source: source.bound(to: Float.self), source_stride: units, row_count: rows, inputs: units,
            panels: panels.bound(to: Float.self), all_outputs: outputs, first_output: first,
            outputs: outputs - first, bias: biases.bound(to: Float.self) + first, destination: y,
            destination_stride: width, epilogue: epilogue, bytes: nil)
          product(&arguments)
          for row in 0..<rows {
            for column in 0..<width {
              let output = first + column
              let found = Double(y[row * width + column])
              guard output < outputs else { #expect(found == 1, "\(name)"); continue }
              let sum = (0..<inputs).reduce(0.0) {
                $0 + Double(x[row * inputs + $1]) * Double(weights[output * inputs + $1])
              }
              let expected = sum + Double(bias[output]) + (epilogue == PLUMB_ADD ? 1 : 0)
              #expect(abs(found - expected) <= 2e-5 * Double(inputs), "\(name), \(unit)")
            }
          }
        }
      }
    }
  }

  private func copy<T: BitwiseCopyable>(_ values: [T]) throws -> AlignedBuffer {
    let buffer = try AlignedBuffer(byteCount: values.count * MemoryLayout<T>.stride)
    buffer.bound(to: T.self).update(from: values, count: values.count)
    return buffer
  }

  @Test func patchesAreCutChannelByChannel() {
    let side = 4
    let pixels = (0..<UInt8(side * side * 3)).map { $0 }
    let table = (0..<768).map { Float($0) }
    for (_, kernels) in tables {
      var rows = [Float](repeating: 0, count: side * side * 3)
      kernels.pointee.cut_patches(pixels, side, side, 2, table, &rows)
      #expect(Array(rows[0..<4]) == [0, 3, 12, 15])
      #expect(Array(rows[4..<8]) == [257, 260, 269, 272])
      #expect(Array(rows[12..<16]) == [6, 9, 18, 21])
    }
  }
}
