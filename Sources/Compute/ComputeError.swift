/// What can go wrong in the numerics.
public enum ComputeError: Error, Equatable, CustomStringConvertible {
  /// The system gave no memory.
  case outOfMemory(bytes: Int)
  /// oneDNN has no product of this kind on this processor.
  case unsupportedProduct(String)
  /// oneDNN failed while it ran.
  case productFailed(String)

  /// The sentence for people.
  public var description: String {
    switch self {
    case .outOfMemory(let bytes):
      return "no memory for \(bytes / 1_000_000) MB more; close other programs or take a smaller model"
    case .unsupportedProduct(let shape):
      return "the installed oneDNN has no matrix product \(shape) for this processor; try --precision f32"
    case .productFailed(let shape):
      return "oneDNN failed at the matrix product \(shape); run again with DNNL_VERBOSE=1 to see why"
    }
  }
}
