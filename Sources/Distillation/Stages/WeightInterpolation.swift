package import CLIP

extension Checkpoint {
  /// `(1 − α) · self + α · tuned`, parameter by parameter (Wortsman et al. 2022, WiSE-FT); what is the same in both stays as
  /// it is stored.
  package func interpolated(to tuned: Checkpoint, alpha: Double) -> Checkpoint {
    var result = self
    for (name, new) in tuned.tensors {
      guard let old = tensors[name], old.shape == new.shape else { continue }
      let (before, after) = (old.floats(), new.floats())
      guard before != after else { continue }
      result.tensors[name] = StoredTensor(
        shape: old.shape,
        floats: zip(before, after).map { Float((1 - alpha) * Double($0) + alpha * Double($1)) })
    }
    return result
  }
}
