import CKernels
import COneDNN
import Foundation

/// What the processor and the installed oneDNN can do, and what that makes of a precision.
public enum Hardware {
  /// The CPU cores that this process may use.
  public static let coreCount = max(1, ProcessInfo.processInfo.activeProcessorCount)

  /// The version of oneDNN, "2.6.3".
  public static let oneDNNVersion = String(cString: plumb_dnn_version())
  /// The instructions that oneDNN uses at most on this processor, "AVX2".
  public static var oneDNNInstructionSet: String {
    _ = limitsOneDNN
    return String(cString: plumb_dnn_instructions())
  }
  /// The instruction set that products and loops run on, "AVX-512 with VNNI and bf16": what `PLUMB_KERNELS` asked for, or
  /// the best that the processor has.
  public static let instructionSet = String(cString: Kernels.best.table.pointee.title)
  /// Whether bf16 numbers are multiplied as such; otherwise bf16 weights are widened to f32 as they are used.
  public static let multipliesBFloat16 = Kernels.best.table.pointee.half_product != nil

  /// Keeps oneDNN to the instructions of our own loops. To be read before its first product.
  static let limitsOneDNN: Void = {
    switch Kernels.best.name {
    case "baseline": plumb_dnn_limit(PLUMB_DNN_BASELINE)
    case "avx2": plumb_dnn_limit(PLUMB_DNN_AVX2)
    default: break
    }
  }()

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
