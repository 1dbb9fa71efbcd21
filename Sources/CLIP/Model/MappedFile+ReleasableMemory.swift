import Compute
import Files
import Foundation

extension MappedFile: ReleasableMemory {
  /// Gives the whole pages of a part of the mapping back; they are read from the file again if anybody asks.
  package func release(_ part: UnsafeRawBufferPointer) {
    guard let whole = bytes.baseAddress, let first = part.baseAddress, first >= whole,
      first + part.count <= whole + bytes.count
    else { return }
    let page = Int(getpagesize())
    let begin = (Int(bitPattern: first) + page - 1) / page * page
    let end = Int(bitPattern: first + part.count) / page * page
    if begin < end { madvise(UnsafeMutableRawPointer(bitPattern: begin), end - begin, MADV_DONTNEED) }
  }
}
