package import CKernels

/// The loops between the matrix products, compiled for the processor that runs.
package struct Kernels: @unchecked Sendable {
  // Unchecked: a table of functions that is never written to.

  package let table: UnsafePointer<plumb_kernels>

  /// The fastest table for this processor.
  package static let best = Kernels(table: plumb_kernels_best())

  /// A table by name, `baseline`, `avx2` or `avx512`; nil when this processor does not run it.
  package static func named(_ name: String) -> Kernels? {
    plumb_kernels_named(name).map(Kernels.init)
  }

  /// The instruction set of the table.
  package var name: String { String(cString: table.pointee.name) }
}
