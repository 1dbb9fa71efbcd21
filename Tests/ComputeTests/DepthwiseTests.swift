import CKernels
import Compute
import TestSupport
import Testing

/// The tables that this processor runs.
nonisolated(unsafe) private let tables: [(String, UnsafePointer<plumb_kernels>)] = [
  "baseline", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx",
].compactMap { name in plumb_kernels_named(name).map { (name, $0) } }

/// Depthwise convolutions against their formula.
@Suite struct DepthwiseTests {
  /// Sides, kernels and strides that meet every edge, and channels that fill vectors and do not.
  private static let shapes: [(side: Int, kernel: Int, stride: Int, channels: Int)] = [
    (1, 3, 1, 8), (5, 3, 1, 16), (9, 3, 2, 24), (12, 3, 1, 144), (12, 5, 1, 96), (11, 5, 2, 104),
    (3, 5, 1, 72), (14, 5, 2, 32),
  ]

  @Test(arguments: shapes)
  func numbersAreTheFormula(_ shape: (side: Int, kernel: Int, stride: Int, channels: Int)) throws {
    let windows = SameWindows(side: shape.side, kernel: shape.kernel, stride: shape.stride)
    let (channels, across) = (shape.channels, windows.across)
    var generator = SeededGenerator(seed: 3)
    let map = (0..<(shape.side * shape.side * channels)).map { _ in Float.random(in: 0...6, using: &generator)
    }
    let weights = (0..<(channels * shape.kernel * shape.kernel)).map { _ in
      Float.random(in: -0.5...0.5, using: &generator)
    }
    let bias = (0..<channels).map { _ in Float.random(in: -1...3, using: &generator) }
    // (kernel · kernel, channels)
    let area = shape.kernel * shape.kernel
    let transposed = (0..<(area * channels)).map { weights[$0 % channels * area + $0 / channels] }
    for (name, table) in tables {
      var result = [Float](repeating: -1, count: across * across * channels)
      transposed.withUnsafeBufferPointer { weights in
        map.withUnsafeBufferPointer { map in
          bias.withUnsafeBufferPointer { bias in
            result.withUnsafeMutableBufferPointer { result in
              var arguments = plumb_depthwise(
                source: map.baseAddress, source_row: 0, side: shape.side, channels: channels,
                weights: weights.baseAddress, bias: bias.baseAddress, kernel: shape.kernel,
                stride: shape.stride, before: windows.before, first_output_row: 0, output_rows: across,
                output_side: across, first_channel: 0, channel_count: channels,
                destination: result.baseAddress, bytes: nil, levels: 0)
              table.pointee.depthwise(&arguments)
            }
          }
        }
      }
      for place in result.indices {
        let sum = Self.sum(windows, channels, place, kernel: shape.kernel) {
          Double(map[$0]) * Double(weights[$1])
        }
        let expected = min(max(sum + Double(bias[place % channels]), 0), 6)
        #expect(abs(Double(result[place]) - expected) <= 1e-5, "\(name), \(place)")
      }
    }
  }

  @Test(arguments: shapes)
  func bytesAreTheFormula(_ shape: (side: Int, kernel: Int, stride: Int, channels: Int)) throws {
    let windows = SameWindows(side: shape.side, kernel: shape.kernel, stride: shape.stride)
    let (channels, across, kernel) = (shape.channels, windows.across, shape.kernel)
    var generator = SeededGenerator(seed: 4)
    let map = (0..<(shape.side * shape.side * channels)).map { _ in
      UInt8.random(in: 0...255, using: &generator)
    }
    let weights = (0..<(channels * kernel * kernel)).map { _ in Int8.random(in: -127...127, using: &generator)
    }
    let scales = (0..<channels).map { _ in Float.random(in: 0.0005...0.01, using: &generator) }
    let bias = (0..<channels).map { _ in Float.random(in: -50...100, using: &generator) }
    let all = plumb_byte_depthwise_channels(channels)
    var packed = [Int8](repeating: 1, count: all * kernel * ((kernel + 3) / 4 * 4))
    var (packedScales, packedBias) = ([Float](repeating: 1, count: all), [Float](repeating: 1, count: all))
    plumb_byte_depthwise_pack(
      weights, scales, bias, channels, kernel, &packed, &packedScales, &packedBias)
    for (name, table) in tables {
      guard let convolve = table.pointee.byte_depthwise else { continue }
      var result = [UInt8](repeating: 7, count: across * across * channels + 64)
      // Line by line, as if threads shared the lines, and group by group of channels.
      for line in 0..<across {
        for first in stride(from: 0, to: channels, by: 64) {
          let needed = windows.sourceRows(of: line..<(line + 1))
          map.withUnsafeBufferPointer { map in
            packed.withUnsafeBufferPointer { packed in
              packedScales.withUnsafeBufferPointer { scales in
                packedBias.withUnsafeBufferPointer { bias in
                  result.withUnsafeMutableBufferPointer { result in
                    var arguments = plumb_byte_depthwise(
                      source: map.baseAddress.map { $0 + needed.lowerBound * shape.side * channels },
                      source_row: needed.lowerBound, side: shape.side, channels: channels, kernel: kernel,
                      stride: shape.stride, before: windows.before, first_output_row: line, output_rows: 1,
                      output_side: across, weights: packed.baseAddress, scales: scales.baseAddress,
                      bias: bias.baseAddress, first_channel: first,
                      channel_count: min(64, channels - first),
                      destination: result.baseAddress.map { $0 + line * across * channels })
                    convolve(&arguments)
                  }
                }
              }
            }
          }
        }
      }
      for place in 0..<(across * across * channels) {
        let sum = Self.sum(windows, channels, place, kernel: kernel) {
          Double(Int(map[$0]) * Int(weights[$1]))
        }
        let exact = Float(sum) * scales[place % channels] + bias[place % channels]
        #expect(abs(Float(result[place]) - min(max(exact, 0), 255)) <= 0.501, "\(name), \(place)")
      }
      #expect(result[across * across * channels] == 7, "\(name): behind the end")
    }
  }

  /// The sum of a window's products for one output; `product` takes places in the map and in the weights.
  private static func sum(
    _ windows: SameWindows, _ channels: Int, _ place: Int, kernel: Int, product: (Int, Int) -> Double
  ) -> Double {
    let (channel, cell) = (place % channels, place / channels)
    var sum = 0.0
    for ky in 0..<kernel {
      for kx in 0..<kernel {
        let y = cell / windows.across * windows.stride - windows.before + ky
        let x = cell % windows.across * windows.stride - windows.before + kx
        guard (0..<windows.side).contains(y), (0..<windows.side).contains(x) else { continue }
        sum += product((y * windows.side + x) * channels + channel, (channel * kernel + ky) * kernel + kx)
      }
    }
    return sum
  }
}
