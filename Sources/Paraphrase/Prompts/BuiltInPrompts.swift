import Files

/// The prompts that come with Plumb: instructions for the chat interface, and examples for base models.
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

  /// The prompts of an interface, of the first step and of the second.
  static func texts(for interface: ChatEndpoint.Interface) -> (plain: String, paraphrase: String) {
    interface == .chat ? (plain, paraphrase) : (plainExamples, paraphraseExamples)
  }

  static let plainExamples = """
    version: 1
    Captions of images, and the same in few plain words.

    Caption: A fluffy brown dog is leaping over a low wooden fence in a sunny garden.
    Plain: a brown dog jumps over a fence

    Caption: Three elderly men sit playing cards around a small table outside a café.
    Plain: three old men play cards at a table outside

    Caption: There is no one on the wet platform while a yellow train arrives.
    Plain: a yellow train comes in and nobody is waiting

    Caption: A little girl wearing a striped sweater holds up a drawing to the camera.
    Plain: a girl in a striped sweater shows a drawing

    Caption: Two kayakers paddle down a rocky river between steep cliffs.
    Plain: two people in kayaks on a river with rocks

    Caption: {captions}
    Plain:
    """

  static let paraphraseExamples = """
    version: 1
    Descriptions of images, and how another person would put the same in other words.

    Description: a brown dog jumps over a fence
    Other words: a puppy with dark fur leaps across a barrier of wood

    Description: three old men play cards at a table outside
    Other words: outdoors, three elderly gentlemen are busy with a game

    Description: a yellow train comes in and nobody is waiting
    Other words: no passenger stands by as the bright railway car arrives

    Description: a girl in a striped sweater shows a drawing
    Other words: a child wearing a pullover with lines holds up a picture she made

    Description: two people in kayaks on a river with rocks
    Other words: a stony stream carries two paddlers in small boats

    Description: {captions}
    Other words:
    """
}
