/// How the numbers of a tensor are stored.
public enum StorageType: String, Sendable, Equatable {
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"

  /// Bytes an element.
  public var byteCount: Int { self == .float32 ? 4 : 2 }
}

/// A read-only tensor in row-major order, usually a window into a memory-mapped file.
public struct StoredTensor: @unchecked Sendable {
  // Unchecked: `bytes` is never written to, and `owner` keeps the mapping behind it alive.

  /// The extent of each dimension; empty for a scalar.
  public let shape: [Int]
  /// How the elements are stored.
  public let type: StorageType
  /// The elements, contiguous, little-endian; not necessarily aligned.
  public let bytes: UnsafeRawBufferPointer
  /// What keeps `bytes` alive.
  public let owner: any AnyObject & Sendable

  /// Creates a window on `bytes`, which must hold exactly the product of `shape` elements.
  public init(shape: [Int], type: StorageType, bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable)
  {
    self.shape = shape
    self.type = type
    self.bytes = bytes
    self.owner = owner
  }

  /// The number of elements.
  public var count: Int { bytes.count / type.byteCount }
}
