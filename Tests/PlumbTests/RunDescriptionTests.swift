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
    model: {start: mini}
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
        batch: 4
        accumulate: 2
        rate: 1e-3
        average: 0.9
        freeze: [vision_model.embeddings.]
        losses: {image: {l1: 0.5}, contrastive: {weight: 1, softened: 0.3}}
        augment: {crop: [0.5, 1], flip: 0.5}
      - {name: text, train: text, data: words, epochs: 1, batch: 8, rate: 1e-4, losses: {text: {cosine: 1}}}

    """

  private static let finetune = """
    output: run
    model: mini
    data: {paraphrases: /d/P.jsonl, images: /d/images}
    validation: {captions: /d/v.txt, images: /d/images}
    update: {rank: 8}
    losses: {anchor: 10}
    train: {epochs: 3, batch: 4, rate: 1e-3, clip: 1}

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
        "stages[0].name=image", "stages[0].trains=image", "stages[0].data=pairs", "stages[0].epochs=2",
        "stages[0].batch=4", "stages[0].accumulation=2", "stages[0].rate=0.001", "stages[0].average=0.9",
        "stages[0].freeze=vision_model.embeddings.", "stages[0].losses.image.l1=0.5",
        "stages[0].losses.contrastive=1.0", "stages[0].losses.contrastive.softened=0.3",
        "stages[0].augment.crop=0.5...1.0", "stages[0].augment.flip=0.5",
      ])
    #expect(run.fingerprint == "fccd441acfe6df60")
    let tuned = try finetune()
    #expect(
      tuned.lines == [
        "start=0123", "data.paraphrases=/d/P.jsonl", "data.images=/d/images", "validation.captions=/d/v.txt",
        "validation.images=/d/images", "update.rank=8", "update.rank_alpha=16.0", "losses.anchor=10.0",
        "train.epochs=3", "train.batch=4", "train.rate=0.001", "train.clip=1.0",
      ])
    #expect(tuned.fingerprint == "ad7ae3a320d98268")
  }

  @Test(arguments: [
    "output=other", "device=cuda", "threads=3", "image_cache.megabytes=5", "stages[0].save_every=7",
    "stages[0].recompute=true", "stages[1].rate=1", "data.words.texts=/d/x.txt", "stages[0].warm_up=0",
    "mixed_precision=false", "broken_share=0.01", "stages[0].keep_best=true",
  ]) func whatChangesNothingIsNoOtherRun(_ setting: String) throws {
    #expect(try distill(setting) == distill())
  }

  @Test(arguments: [
    "seed=4", "mixed_precision=true", "teacher.model=other/teacher", "teacher.images=captions",
    "data.pairs.split=/d/s.txt", "validation.split=/d/s.txt", "broken_share=0.5", "image_cache.edge=128",
    "stages[0].name=x", "stages[0].captions=first", "stages[0].image_size=64", "stages[0].epochs=3",
    "stages[0].accumulate=1", "stages[0].warm_up=1", "stages[0].schedule=linear", "stages[0].floor=0.5",
    "stages[0].weight_decay=0", "stages[0].clip=1", "stages[0].average=0.5", "stages[0].keep_best=false",
    "stages[0].early_stop=2", "stages[0].validate_every=2", "stages[0].branch_drop=0.1",
    "stages[0].blend_start=0.5", "stages[0].freeze=[]", "stages[0].losses.regulator=1",
    "stages[0].losses.contrastive.temperature=1", "stages[0].augment.shift=2",
    "stages[0].augment.ratio=[1, 1]",
  ]) func whatChangesTheOutcomeIsAnotherRun(_ setting: String) throws {
    #expect(try distill(setting).fingerprint != distill().fingerprint)
  }

  @Test func laterStagesCountFromWhereTheyBegin() throws {
    #expect(try distill("stages[1].rate=1", through: 1) != distill(through: 1))
    #expect(try distill("data.words.texts=/d/x.txt", through: 1) != distill(through: 1))
    for same in ["output=other", "alpha=0.5", "guard=0.1", "train.save_every=1", "temperature=model"] {
      #expect(try finetune(same) == finetune(), "\(same)")
    }
    for other in [
      "update={last_layers: 2}", "update.rank_alpha=8", "temperature=0.1", "temperature=learnt",
      "data.anchors=/d/a",
      "losses.anchor=1", "train.epochs=1", "validation.paraphrases=/d/x",
    ] {
      #expect(try finetune(other) != finetune(), "\(other)")
    }
  }

  @Test func aFieldWithALineBreakIsNoOtherField() {
    var (one, two) = (RunDescription(), RunDescription())
    one.add("a", "x\nb=y")
    two.add("a", "x")
    two.add("b", "y")
    #expect(one.fingerprint != two.fingerprint)
  }
}
