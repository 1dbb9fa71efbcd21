/// What `open_clip_config.json` says about the text.
struct OpenCLIPText: Decodable {
  private struct Model: Decodable {
    var text_cfg: Text?
  }

  private struct Text: Decodable {
    var context_length: Int?
    var hf_tokenizer_name: String?
    var tokenizer_kwargs: Arguments?
  }

  private struct Arguments: Decodable {
    var clean: String?
    var reduction_mask: String?
  }

  private var model_cfg: Model?

  var contextLength: Int? { model_cfg?.text_cfg?.context_length }

  /// Refuses the tokenizers of open_clip that are not CLIP's.
  func check(file: String) throws {
    if let name = model_cfg?.text_cfg?.hf_tokenizer_name, !name.isEmpty {
      throw TokenizerError.unsupported(
        file: file, key: "model_cfg.text_cfg.hf_tokenizer_name", expected: "no such key", found: "\"\(name)\""
      )
    }
    if let clean = model_cfg?.text_cfg?.tokenizer_kwargs?.clean, clean != "lower" {
      throw TokenizerError.unsupported(
        file: file, key: "model_cfg.text_cfg.tokenizer_kwargs.clean", expected: "\"lower\"",
        found: "\"\(clean)\"")
    }
    // Takes other tokens of a long text than its first.
    if let mask = model_cfg?.text_cfg?.tokenizer_kwargs?.reduction_mask, !mask.isEmpty {
      throw TokenizerError.unsupported(
        file: file, key: "model_cfg.text_cfg.tokenizer_kwargs.reduction_mask", expected: "no such key",
        found: "\"\(mask)\"")
    }
  }
}
