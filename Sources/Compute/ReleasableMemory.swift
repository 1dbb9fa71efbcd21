/// Memory that can be given back to the system and comes again when it is read: a mapped file.
public protocol ReleasableMemory: AnyObject, Sendable {
  /// Says that some of the memory will not be read soon.
  func release(_ bytes: UnsafeRawBufferPointer)
}

extension Matrix {
  /// Gives rows that were copied back to the system, which reads them again where somebody asks.
  public func releaseRows(_ rows: Range<Int>) {
    guard let memory = owner as? any ReleasableMemory else { return }
    let size = columns * storage.byteCount
    memory.release(
      UnsafeRawBufferPointer(start: start + rows.lowerBound * size, count: rows.count * size))
  }
}
