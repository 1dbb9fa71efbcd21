import COneDNN
import Foundation

/// What the processor and the installed oneDNN can do, and what that makes of a precision.
public enum Hardware {
  /// The processors that this process may use.
  public static let processorCount = max(1, ProcessInfo.processInfo.activeProcessorCount)

  /// The version of oneDNN, "2.6.3".
  public static let oneDNNVersion = String(cString: plumb_dnn_version())
  /// The instruction set of the matrix products, "AVX-512 with VNNI and bf16".
  public static let instructionSet = String(cString: plumb_dnn_instruction_set())
  /// Whether bf16 numbers are multiplied as such; otherwise bf16 weights are widened to f32 as they are used.
  public static let multipliesBFloat16 = plumb_dnn_has_bf16() != 0
  /// Whether products of bytes keep all bits; otherwise activations and weights are scaled so that 16-bit sums of
  /// products cannot overflow.
  public static let hasVNNI = plumb_dnn_has_vnni() != 0

  static let prefersPacked = plumb_dnn_prefers_packed() != 0

  /// How the left side of a product is stored in a precision.
  static func operandFormat(_ precision: Precision) -> NumberFormat {
    switch precision {
    case .float32: .float32
    case .bfloat16: multipliesBFloat16 ? .bfloat16 : .float32
    case .int8: .unsignedByte
    }
  }

  /// What a precision means on this machine, in a few words for people.
  public static func meaning(of precision: Precision) -> String {
    switch precision {
    case .float32: return "f32"
    case .bfloat16: return multipliesBFloat16 ? "bf16" : "bf16 weights, f32 arithmetic"
    case .int8:
      // Every real model's layers have a multiple of 8 inputs.
      let levels = ProductBackend.best(.int8, .always, inputs: 8).activationLevels
      return "int8 weights, activations of \(levels + 1) levels scaled row by row"
    }
  }
}
