import CLIP

extension Provenance {
  /// One line for a paper: what another run must have in common for its numbers to be comparable.
  ///
  /// ```
  /// BLEU-4+CIDEr+CLIPScore|plumb:0.1.0|captions:5000|words:ptb|df:corpus-5000|clipscore:hessel|model:clip-vit-b32@2f0a…|precision:f32
  /// ```
  ///
  /// The keys, in this order and only where they matter: `plumb`, the version; `captions`, how many were scored;
  /// `skipped`, how many entries `--keep-going` skipped; those of ``sources``: `words`, the tokenizer of the n-gram
  /// metrics, `meteor`, its version and the checksum of its tables, `df`, CIDEr's document frequencies, with the number
  /// of images and the checksum of a file, `clipscore`, the definition, with scale and offsets in brackets where the
  /// model has its own; `model`, its name and the fingerprint of its weights; `before`, the same of the model that it is
  /// compared with; `precision`; `images`, how they are prepared; `texts`, how the model's tokenizer cleans them.
  public var signature: String {
    var parts = metrics.isEmpty ? [] : [metrics.joined(separator: "+")]
    func add(_ key: String, _ value: String?) {
      guard let value else { return }
      parts.append("\(key):\(value.replacing("|", with: "/"))")
    }
    add("plumb", version)
    add("captions", captionCount.map(String.init))
    let skippedCount = skipped.count + skippedElsewhere
    add("skipped", skippedCount == 0 ? nil : String(skippedCount))
    for source in sources { add(source.signatureKey, source.signature) }
    add("model", model?.identity)
    add("before", before?.identity)
    add("precision", model?.precision.map { String($0.prefix { $0 != "," && $0 != " " }) })
    add("images", model?.preprocessing)
    add("texts", model?.tokenizer)
    return parts.joined(separator: "|")
  }
}

extension ModelProvenance {
  /// The name and what tells the weights apart.
  fileprivate var identity: String { name + (fingerprint.map { "@\($0)" } ?? "") }
}
