/// English words that hold a sentence together and name nothing that an image could show; they are not judged.
enum FunctionWords {
  /// Whether a word in lower case is one.
  static func contains(_ word: String) -> Bool { list.contains(word) }

  private static let list = Set(
    """
    a an the this that these those some any each every all both several many few other another same such no of in on at by to
    for from with without into onto over under above below up down out off across through around along between among behind
    beside beneath near next towards toward against about during while within as and or but nor so than then if when where
    which who whom whose what it its he she they his her hers him himself herself itself themselves their them i me my mine we
    us our you your is are was were be been being am has have had having do does did doing done can could will would may might
    must shall should not there here very too also just only it's that's he's she's they're there's isn't aren't don't doesn't
    s t re ve ll
    """.split(whereSeparator: \.isWhitespace).map(String.init))
}
