/// What other training programs call the keys of recipes, so that someone who writes such a name is told Plumb's.
///
/// The names are those of open_clip's flags, transformers' `TrainingArguments`, peft's `LoraConfig` and timm, with
/// underscores. They are not read in place of the keys: a recipe has one spelling.
enum FamiliarKeys {
  /// Plumb's key for a name that another program uses, if it is one of `known`.
  static func key(for name: String, among known: some Collection<String>) -> String? {
    let plain = name.lowercased().replacing("-", with: "_")
    return names[plain]?.first { known.contains($0) }
  }

  /// How a key is meant, where the other program's name counts something else.
  static func unit(of key: String) -> String? { units[key] }

  private static let units = [
    "warmup_epochs": "in epochs", "min_lr_ratio": "a share of learning_rate",
    "save_every_seconds": "in seconds", "validate_every_epochs": "in epochs",
  ]

  private static let names: [String: [String]] = [
    "lr": ["learning_rate"], "rate": ["learning_rate"], "base_lr": ["learning_rate"],
    "batch": ["batch_size"], "train_batch_size": ["batch_size"],
    "per_device_train_batch_size": ["batch_size"],
    "warmup": ["warmup_epochs"], "warm_up": ["warmup_epochs"], "warmup_steps": ["warmup_epochs"],
    "warmup_ratio": ["warmup_epochs"],
    "lr_scheduler": ["schedule"], "lr_scheduler_type": ["schedule"], "scheduler": ["schedule"],
    "min_lr": ["min_lr_ratio"], "lr_cooldown_end": ["min_lr_ratio"], "min_lr_rate": ["min_lr_ratio"],
    "wd": ["weight_decay"], "decay": ["weight_decay"],
    "max_grad_norm": ["grad_clip_norm"], "clip_grad": ["grad_clip_norm"],
    "clip_grad_norm": ["grad_clip_norm"],
    "gradient_clipping": ["grad_clip_norm"],
    "accum_freq": ["grad_accumulation_steps"], "accumulate": ["grad_accumulation_steps"],
    "gradient_accumulation_steps": ["grad_accumulation_steps"],
    "accumulate_grad_batches": ["grad_accumulation_steps"],
    "gradient_checkpointing": ["grad_checkpointing"], "recompute": ["grad_checkpointing"],
    "ema": ["ema_decay"], "model_ema_decay": ["ema_decay"], "ema_beta": ["ema_decay"],
    "drop_path_rate": ["drop_path"], "stochastic_depth": ["drop_path"],
    "num_train_epochs": ["epochs"], "num_epochs": ["epochs"],
    "early_stop": ["early_stopping_patience"], "early_stopping": ["early_stopping_patience"],
    "patience": ["early_stopping_patience"], "load_best_model_at_end": ["keep_best"],
    "val_frequency": ["validate_every_epochs"], "eval_steps": ["validate_every_epochs"],
    "validate_every": ["validate_every_epochs"],
    "save_frequency": ["save_every_seconds"], "save_steps": ["save_every_seconds"],
    "save_every": ["save_every_seconds"],
    "force_image_size": ["image_size"], "resolution": ["image_size"], "lock": ["freeze"],
    "lock_image_freeze_bn_stats": ["freeze_bn_stats"], "layer_decay": ["learning_rate_factors"],
    "lr_scale": ["learning_rate_factors"],
    "label_smoothing": ["soft_targets"],
    "precision": ["mixed_precision"], "fp16": ["mixed_precision"], "bf16": ["mixed_precision"],
    "amp": ["mixed_precision"],
    "output_dir": ["output"], "logs": ["output"], "workers": ["threads"], "num_workers": ["threads"],
    "dataloader_num_workers": ["threads"],
    "train_data": ["data"], "dataset": ["data"], "val_data": ["validation"], "eval_dataset": ["validation"],
    "pretrained": ["pretrained", "model"], "checkpoint": ["pretrained", "model"], "start": ["pretrained"],
    "model_name_or_path": ["pretrained", "model"],
    "r": ["rank"], "lora_r": ["rank", "lora"], "lora_rank": ["rank", "lora"],
    "lora_alpha": ["alpha", "lora"], "peft": ["lora"], "logit_scale": ["temperature"],
    "alpha": ["wise_ft_alpha"], "wise_ft": ["wise_ft_alpha"],
    "lock_text_unlocked_layers": ["unfrozen_layers"], "last_layers": ["unfrozen_layers"],
  ]
}
