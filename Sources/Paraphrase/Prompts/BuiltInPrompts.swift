import Files

/// The prompts that come with Plumb.
enum BuiltInPrompts {
  /// Raised whenever one of them changes.
  static let version = "1"

  static let plain = """
    version: 1
    Each item of the list below has a caption of an image. Paraphrase every caption as one short, plain phrase or sentence \
    that means the same. Use common words. Add nothing, and lose nothing that can be seen: keep who does what, and keep \
    numbers, colors and negations. A paraphrase must not be the caption itself.

    Where an item has a "problem", an earlier paraphrase of it was refused for that reason: avoid it.

    {captions}

    Answer with a JSON list of strings and nothing else: one paraphrase for each item, in the same order.

    """

  static let paraphrase = """
    version: 1
    Each item of the list below has a caption of an image. Say the same as every caption in other words: another \
    person's way of describing the same image. Avoid the caption's own nouns, verbs and adjectives wherever the \
    language has others, and feel free to change the order of its parts. Add nothing, and keep numbers and negations.

    Where an item has a "problem", an earlier paraphrase of it was refused for that reason: avoid it.

    {captions}

    Answer with a JSON list of strings and nothing else: one paraphrase for each item, in the same order.

    """
}
