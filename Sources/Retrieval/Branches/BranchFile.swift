import Compute
import Foundation

/// The header of trees, which makes their memory a file, and what is checked before a file is believed.
package enum BranchFile {
  package static let magic = Array("PLUMBKDT".utf8)
  package static let version = 1
  package static let maximumRows = Int(UInt32.max)
  /// With two rows and more, no product of a row's and a leaf's number overflows.
  package static let leafSizes = 2...65536

  /// Where the header has its fields.
  private enum Field {
    static let version = 8
    static let features = 12
    static let rows = 16
    static let leafSize = 20
    static let trees = 24
    static let seed = 32
    static let checksum = 40
  }

  package static func writeHeader(
    of trees: BranchTrees, checksums: [UInt64], to bytes: UnsafeMutableRawBufferPointer
  ) {
    bytes.copyBytes(from: magic)
    func put(_ value: some FixedWidthInteger & BitwiseCopyable, _ place: Int) {
      bytes.storeBytes(of: value.littleEndian, toByteOffset: place, as: type(of: value))
    }
    put(UInt32(version), Field.version)
    put(UInt32(trees.count), Field.trees)
    put(UInt32(trees.rowCount), Field.rows)
    put(trees.seed, Field.seed)
    put(UInt32(trees.layout.leafSize), Field.leafSize)
    put(UInt32(BranchFeatures.count), Field.features)
    for (index, subset) in trees.subsets.enumerated() {
      let entry = BranchLayout.headerSize + index * BranchLayout.entrySize
      put(UInt8(subset.count), entry)
      for (lane, feature) in subset.features.enumerated() { put(UInt8(feature), entry + 1 + lane) }
      put(checksums[index], entry + 16)
    }
    put(headerChecksum(bytes, end: trees.layout.offsets[0]), Field.checksum)
  }

  /// The seed and layout of a file, and the checksum that each tree should have.
  ///
  /// - Throws: ``BranchError/damaged(path:key:expected:found:)``.
  package static func readHeader(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws -> (seed: UInt64, layout: BranchLayout, checksums: [UInt64]) {
    func damaged(_ key: String, expected: String, found: String) -> BranchError {
      .damaged(path: path, key: key, expected: expected, found: found)
    }
    func get<Value: FixedWidthInteger & BitwiseCopyable>(_ place: Int, _: Value.Type) -> Value {
      Value(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Value.self))
    }
    func number(_ key: String, _ place: Int, _ range: ClosedRange<Int>) throws -> Int {
      let value = Int(get(place, UInt32.self))
      guard range.contains(value) else {
        throw damaged(key, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
      }
      return value
    }
    guard bytes.count >= BranchLayout.headerSize else {
      throw damaged("the end", expected: "\(BranchLayout.headerSize) bytes or more", found: "\(bytes.count)")
    }
    guard bytes.starts(with: magic) else {
      throw damaged("the first bytes", expected: "a file of trees", found: "another")
    }
    _ = try number("version", Field.version, version...version)
    _ = try number("number of features", Field.features, BranchFeatures.count...BranchFeatures.count)
    let rowCount = try number("number of rows", Field.rows, 0...maximumRows)
    let leafSize = try number("leaf size", Field.leafSize, leafSizes)
    let treeCount = try number("number of trees", Field.trees, 1...BranchSubset.maximumCount)
    let end = BranchLayout.headerSize + treeCount * BranchLayout.entrySize
    guard bytes.count >= end else {
      throw damaged("the end", expected: "\(end) bytes or more", found: "\(bytes.count)")
    }
    var subsets: [BranchSubset] = []
    var checksums: [UInt64] = []
    for entry in stride(from: BranchLayout.headerSize, to: end, by: BranchLayout.entrySize) {
      let features = bytes[(entry + 1)..<(entry + 9)].prefix(Int(bytes[entry])).map(Int.init)
      guard let subset = BranchSubset(features) else {
        throw damaged("tree \(subsets.count)", expected: "ascending features below 32", found: "\(features)")
      }
      subsets.append(subset)
      checksums.append(get(entry + 16, UInt64.self))
    }
    let layout = BranchLayout(rowCount: rowCount, leafSize: leafSize, subsets: subsets)
    guard bytes.count == layout.byteCount else {
      throw damaged("the end", expected: "\(layout.byteCount) bytes", found: "\(bytes.count)")
    }
    let checksum = headerChecksum(bytes, end: layout.offsets[0])
    guard get(Field.checksum, UInt64.self) == checksum else {
      throw damaged("the header", expected: "the checksum \(checksum)", found: "another")
    }
    return (get(Field.seed, UInt64.self), layout, checksums)
  }

  /// The checksum of everything that a tree has.
  package static func checksum(of tree: Int, in bytes: UnsafeMutableRawBufferPointer, _ layout: BranchLayout)
    -> UInt64
  {
    checksum(
      UnsafeRawBufferPointer(
        rebasing: UnsafeRawBufferPointer(bytes)[layout.offsets[tree]..<layout.offsets[tree + 1]]))
  }

  /// The checksum of the header without its own place, and of the directory.
  package static func headerChecksum(_ bytes: some Collection<UInt8>, end: Int) -> UInt64 {
    var header = Array(bytes.prefix(end))
    for place in Field.checksum..<(Field.checksum + 8) { header[place] = 0 }
    return header.withUnsafeBytes { checksum($0) }
  }

  /// Four sums over words of 8 bytes, each multiplied and turned as in xxHash64 (Collet), so that no changed word goes unnoticed; the
  /// number of bytes is a multiple of 64.
  private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var sums = SIMD4<UInt64>(1, 2, 3, 4)
    for place in stride(from: 0, to: bytes.count - 31, by: 32) {
      let words = bytes.loadUnaligned(fromByteOffset: place, as: SIMD4<UInt64>.self)
      sums = sums &+ words &* 0xC2B2_AE3D_27D4_EB4F
      sums = ((sums &<< 31) | (sums &>> 33)) &* 0x9E37_79B1_85EB_CA87
    }
    var mixed = SplitMix(seed: sums[0] ^ UInt64(bytes.count))
    for lane in 1..<4 { mixed = SplitMix(seed: mixed.next() ^ sums[lane]) }
    return mixed.next()
  }
}
