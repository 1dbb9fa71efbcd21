import CLIP
import Distillation
import FineTuning
import Foundation
import TestSupport
import Testing
import Training

/// What a saved run is known by: named fields, whatever the types behind them look like in a later version.
@Suite struct RunDescriptionTests {
  private static let distill = """
    output: run
    seed: 3
    model: {pretrained: mini}
    teacher: {model: owner/teacher}
    data:
      pairs: {captions: /d/c.txt, images: /d/images}
      words: {texts: /d/w.txt}
    validation: {captions: /d/v.txt, images: /d/images}
    stages:
      - name: image
        train: image
        data: pairs
        epochs: 2
        batch_size: 4
        grad_accumulation_steps: 2
        learning_rate: 1e-3
        ema_decay: 0.9
        freeze: [vision_model.embeddings.]
        losses: {image: {l1: 0.5}, contrastive: {weight: 1, soft_targets: 0.3}}
        augment: {crop: [0.5, 1], flip: 0.5}
      - {name: text, train: text, data: words, epochs: 1, batch_size: 8, learning_rate: 1e-4, losses: {text: {cosine: 1}}}

    """

  private static let finetune = """
    output: run
    model: mini
    data: {paraphrases: /d/P.jsonl, images: /d/images}
    validation: {captions: /d/v.txt, images: /d/images}
    lora: {rank: 8}
    losses: {anchor: 10}
    train: {epochs: 3, batch_size: 4, learning_rate: 1e-3, grad_clip_norm: 1}

    """

  private static func recipe(_ text: String, _ settings: [String]) throws -> Recipe {
    try Recipe(text: text, name: "r.yaml", folder: URL(fileURLWithPath: "/r"), settings: settings)
  }

  private func distill(_ settings: String..., through stage: Int = 0) throws -> RunDescription {
    try DistillationRecipe(Self.recipe(Self.distill, settings)).description(start: "0123", through: stage)
  }

  private func finetune(_ settings: String...) throws -> RunDescription {
    try FineTuningRecipe(Self.recipe(Self.finetune, settings)).description(start: "0123")
  }

  /// A difference here makes the saved runs of users others': it needs a new ``RunDescription/version``.
  @Test func theFieldsAreThoseOfVersionOne() throws {
    #expect(RunDescription.version == 1)
    let run = try distill()
    #expect(
      run.lines == [
        "start=0123", "seed=3", "teacher.model=owner/teacher", "validation.captions=/d/v.txt",
        "validation.images=/d/images", "data.pairs.captions=/d/c.txt", "data.pairs.images=/d/images",
        "stages[0].name=image", "stages[0].train=image", "stages[0].data=pairs", "stages[0].epochs=2",
        "stages[0].batch_size=4", "stages[0].grad_accumulation_steps=2", "stages[0].learning_rate=0.001",
        "stages[0].ema_decay=0.9",
        "stages[0].freeze=vision_model.embeddings.", "stages[0].losses.image.l1=0.5",
        "stages[0].losses.contrastive=1.0", "stages[0].losses.contrastive.soft_targets=0.3",
        "stages[0].augment.crop=0.5...1.0", "stages[0].augment.flip=0.5",
      ])
    #expect(run.fingerprint == "1c8bd3b96e433aad")
    let tuned = try finetune()
    #expect(
      tuned.lines == [
        "start=0123", "data.paraphrases=/d/P.jsonl", "data.images=/d/images", "validation.captions=/d/v.txt",
        "validation.images=/d/images", "lora.rank=8", "lora.alpha=16.0", "losses.anchor=10.0",
        "train.epochs=3", "train.batch_size=4", "train.learning_rate=0.001", "train.grad_clip_norm=1.0",
      ])
    #expect(tuned.fingerprint == "1aee3e6c5dd59028")
  }

  @Test(arguments: [
    "output=other", "device=cuda", "threads=3", "image_cache.megabytes=5", "stages[0].save_every_seconds=7",
    "stages[0].grad_checkpointing=true", "stages[1].learning_rate=1", "data.words.texts=/d/x.txt",
    "stages[0].warmup_epochs=0",
    "mixed_precision=false", "max_skipped_fraction=0.01", "stages[0].keep_best=true",
  ]) func whatChangesNothingIsNoOtherRun(_ setting: String) throws {
    #expect(try distill(setting) == distill())
  }

  @Test(arguments: [
    "seed=4", "mixed_precision=true", "teacher.model=other/teacher", "teacher.image_embeddings=captions",
    "data.pairs.split=/d/s.txt", "validation.split=/d/s.txt", "max_skipped_fraction=0.5",
    "image_cache.edge=128",
    "stages[0].name=x", "stages[0].captions=first", "stages[0].image_size=64", "stages[0].epochs=3",
    "stages[0].grad_accumulation_steps=1", "stages[0].warmup_epochs=1", "stages[0].schedule=linear",
    "stages[0].min_lr_ratio=0.5",
    "stages[0].weight_decay=0", "stages[0].grad_clip_norm=1", "stages[0].ema_decay=0.5",
    "stages[0].keep_best=false",
    "stages[0].early_stopping_patience=2", "stages[0].validate_every_epochs=2", "stages[0].drop_path=0.1",
    "stages[0].wise_ft_alpha=0.5", "stages[0].freeze=[]", "stages[0].losses.similarity_regulator=1",
    "stages[0].losses.contrastive.temperature=1", "stages[0].augment.shift=2",
    "stages[0].augment.ratio=[1, 1]",
  ]) func whatChangesTheOutcomeIsAnotherRun(_ setting: String) throws {
    #expect(try distill(setting).fingerprint != distill().fingerprint)
  }

  @Test func laterStagesCountFromWhereTheyBegin() throws {
    #expect(try distill("stages[1].learning_rate=1", through: 1) != distill(through: 1))
    #expect(try distill("data.words.texts=/d/x.txt", through: 1) != distill(through: 1))
    for same in [
      "output=other", "wise_ft_alpha=0.5", "max_recall_drop=0.1", "train.save_every_seconds=1",
      "temperature=model",
    ] {
      #expect(try finetune(same) == finetune(), "\(same)")
    }
    for other in [
      "lora.rank=4", "lora.alpha=8", "lora=", "temperature=0.1", "temperature=learned",
      "data.anchors=/d/a",
      "losses.anchor=1", "train.epochs=1", "validation.paraphrases=/d/x",
    ] {
      #expect(try finetune(other) != finetune(), "\(other)")
    }
    #expect(try finetune("lora=", "unfrozen_layers=2") != finetune("lora="))
    // Beside `lora` it would mean two things.
    #expect(throws: RecipeError.self) { try finetune("unfrozen_layers=2") }
  }

  @Test func differencesAreNamedWithBothValues() throws {
    let run = try distill()
    #expect(run.differences(from: run.lines) == nil)
    #expect(try distill("seed=9").differences(from: run.lines)?.hasPrefix("seed was ") == true)
    var (one, two) = (RunDescription(), RunDescription())
    for (name, value) in [("start", "1f"), ("a", "1"), ("data", "x"), ("data", "y"), ("b", "2"), ("c", "3")] {
      one.add(name, value)
    }
    for (name, value) in [("start", "2e"), ("a", "1"), ("data", "x"), ("d", "4")] { two.add(name, value) }
    #expect(
      two.differences(from: one.lines)
        == "the initial model is another one; data was x, y and is x now; b was 2 and is the default now; 2 more differ"
    )
    #expect(two.differences(from: one.lines + ["d=4"])?.hasSuffix("; 1 more differs") == true)
  }

  @Test func aFieldWithALineBreakIsNoOtherField() {
    var (one, two) = (RunDescription(), RunDescription())
    one.add("a", "x\nb=y")
    two.add("a", "x")
    two.add("b", "y")
    #expect(one.fingerprint != two.fingerprint)
  }
}
