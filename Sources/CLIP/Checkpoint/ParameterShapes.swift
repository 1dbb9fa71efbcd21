extension CLIPConfiguration {
  /// Every parameter of the architecture by its Hugging Face name, with its shape.
  package var parameterShapes: [(name: String, shape: [Int])] {
    let vision = vision.transformer
    let text = text.transformer
    let patch = self.vision.patchSize
    var shapes: [(String, [Int])] = [
      ("vision_model.embeddings.class_embedding", [vision.width]),
      ("vision_model.embeddings.patch_embedding.weight", [vision.width, 3, patch, patch]),
      ("vision_model.embeddings.position_embedding.weight", [self.vision.patchCount + 1, vision.width]),
    ]
    shapes += Self.layerNorm("vision_model.pre_layrnorm", vision.width)
    shapes += Self.blocks("vision_model", vision)
    shapes += Self.layerNorm("vision_model.post_layernorm", vision.width)
    shapes += [
      ("visual_projection.weight", [embeddingWidth, vision.width]),
      ("text_model.embeddings.token_embedding.weight", [self.text.vocabularySize, text.width]),
      ("text_model.embeddings.position_embedding.weight", [self.text.contextLength, text.width]),
    ]
    shapes += Self.blocks("text_model", text)
    shapes += Self.layerNorm("text_model.final_layer_norm", text.width)
    shapes += [("text_projection.weight", [embeddingWidth, text.width]), ("logit_scale", [])]
    return shapes
  }

  private static func layerNorm(_ name: String, _ width: Int) -> [(String, [Int])] {
    [("\(name).weight", [width]), ("\(name).bias", [width])]
  }

  private static func linear(_ name: String, _ outputs: Int, _ inputs: Int) -> [(String, [Int])] {
    [("\(name).weight", [outputs, inputs]), ("\(name).bias", [outputs])]
  }

  private static func blocks(_ tower: String, _ shape: TransformerConfiguration) -> [(String, [Int])] {
    var shapes: [(String, [Int])] = []
    for layer in 0..<shape.layers {
      let block = "\(tower).encoder.layers.\(layer)"
      shapes += layerNorm("\(block).layer_norm1", shape.width)
      for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        shapes += linear("\(block).self_attn.\(projection)", shape.width, shape.width)
      }
      shapes += layerNorm("\(block).layer_norm2", shape.width)
      shapes += linear("\(block).mlp.fc1", shape.mlpWidth, shape.width)
      shapes += linear("\(block).mlp.fc2", shape.width, shape.mlpWidth)
    }
    return shapes
  }
}
