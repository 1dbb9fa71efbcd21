import JSON

extension CLIPConfiguration {
  /// The text of a `config.json`: one from which transformers' `CLIPModel` computes the same embeddings, where the
  /// architecture is a plain CLIP's.
  func huggingFaceDocument(storage: StorageType, roundsRows: Bool = false) -> JSONValue {
    var vision = Self.section(self.vision.transformer, type: "clip_vision_model")
    vision["image_size"] = .integer(self.vision.imageSize)
    vision["patch_size"] = .integer(self.vision.patchSize)
    vision["num_channels"] = .integer(3)
    vision["projection_dim"] = .integer(embeddingWidth)
    var text = Self.section(self.text.transformer, type: "clip_text_model")
    text["vocab_size"] = .integer(self.text.vocabularySize)
    text["max_position_embeddings"] = .integer(self.text.contextLength)
    text["projection_dim"] = .integer(embeddingWidth)
    // transformers' default, 49406, is complained about where the vocabulary ends before it.
    if self.text.vocabularySize <= 49_406 { text["bos_token_id"] = .null }
    switch self.text.endOfText {
    // transformers reads 2 as "the highest id of the text": the old files' rule, which is OpenAI's.
    case .highestID: text["eos_token_id"] = .integer(2)
    case .firstID(let id): text["eos_token_id"] = .integer(id)
    }
    let type: [StorageType: String] = [
      .float32: "float32", .float16: "float16", .bfloat16: "bfloat16",
    ]
    if !isPlain {
      LightweightKeys.write(self.vision, into: &vision)
      LightweightKeys.write(self.text, into: &text)
    }
    let whole: JSONValue = [
      "architectures": [.string(isPlain ? "CLIPModel" : "LCLIPModel")],
      "model_type": .string(isPlain ? "clip" : LightweightKeys.modelType),
      "projection_dim": .integer(embeddingWidth), "logit_scale_init_value": .number(2.6592),
      "torch_dtype": .string(type[storage] ?? "float32"), "text_config": JSONValue(sorted: text),
      "vision_config": JSONValue(sorted: vision),
    ]
    guard case .object(var members) = whole else { return whole }
    // transformers would take the bytes for numbers. It refuses a configuration that names no `quant_method`, and only warns of a name that it
    // does not know.
    if roundsRows { members.append(.init("quantization_config", ["format": "plumb_byte_rows"])) }
    return .object(members + (scoreCalibration?.members ?? []))
  }

  private static func section(_ shape: TransformerConfiguration, type: String) -> [String: JSONValue] {
    [
      "model_type": .string(type), "hidden_size": .integer(shape.width),
      "intermediate_size": .integer(shape.mlpWidth), "num_hidden_layers": .integer(shape.layers),
      "num_attention_heads": .integer(shape.heads), "hidden_act": .string(shape.activation.rawValue),
      // Through its shortest decimal form, so that 1e-5 stays 1e-5.
      "layer_norm_eps": .number(Double("\(shape.layerNormEpsilon)") ?? Double(shape.layerNormEpsilon)),
    ]
  }
}
