import Files

/// Long-CLIP's two position tables as the one that they amount to.
///
/// Its text tower (beichenzbc/Long-CLIP, `model/model_longclip.py`) adds
/// `positional_embedding · mask1 + positional_embedding_res · mask2` to the tokens, where the masks are constants: the
/// first 20 positions come from the first table and the rest of the 248 from the second. The table with these rows gives
/// the same embeddings.
enum LongCLIPPositions {
  /// Positions that keep the embeddings that CLIP was trained with.
  static let kept = 20
  /// The name of the second table, in open_clip's layout.
  static let name = "positional_embedding_res"

  /// The one table; throws ``CheckpointError/misshapen(file:tensor:expected:found:)``.
  static func table(_ first: StoredTensor, _ second: StoredTensor, file: String) throws -> StoredTensor {
    guard first.shape.count == 2, first.shape == second.shape, first.shape[0] > kept else {
      throw CheckpointError.misshapen(
        file: file, tensor: name, expected: first.shape, found: second.shape)
    }
    let boundary = kept * first.shape[1]
    guard first.type == second.type else {
      return StoredTensor(
        shape: first.shape,
        floats: [Float](first.floats()[..<boundary]) + [Float](second.floats()[boundary...]))
    }
    let bytes = boundary * first.type.byteCount
    let owned = OwnedBytes(count: first.bytes.count) { output in
      output.copyBytes(from: first.bytes[..<bytes])
      UnsafeMutableRawBufferPointer(rebasing: output[bytes...]).copyBytes(from: second.bytes[bytes...])
    }
    return StoredTensor(shape: first.shape, type: first.type, bytes: owned.bytes, owner: owned)
  }
}
