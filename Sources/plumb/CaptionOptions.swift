import ArgumentParser
import CaptionData

/// Which captions of a file a command reads: the same options wherever captions are read.
struct CaptionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The captions' column by name or number, or their key.", valueName: "name"))
  var column: String?

  @Option(help: ArgumentHelp("The ids' column by name or number, or their key.", valueName: "name"))
  var idColumn: String?

  @Option(help: SplitNames.help)
  var split: SplitNames?

  /// The choice.
  var selection: CaptionSelection {
    CaptionSelection(column: column, idColumn: idColumn, splits: split?.names)
  }
}

/// The names of splits, with commas between.
struct SplitNames: ExpressibleByArgument {
  let names: [String]

  static let help = ArgumentHelp(
    "Of a file with splits (Karpathy's), the images of these only: test, or train,restval.",
    valueName: "names")

  init?(argument: String) {
    names = argument.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
    guard !names.isEmpty, names.allSatisfy({ !$0.isEmpty }) else { return nil }
  }
}

/// The layouts of captions, in the help of the commands that read them.
let captionLayouts = """
  Captions: .txt with one a line; CSV and TSV with named columns, or with --column 2 and --id-column 1; Flickr's \
  name.jpg#0 and a tab; {id: caption} and {id: [captions]}; a JSON list or JSON lines of captions, or of objects with \
  one; COCO results and annotations, Karpathy's dataset_*.json, TextCaps; .gz too. What a file is is told from its \
  content. Missing captions (empty cells, null, NaN) are an error, or skipped and listed with --keep-going.
  """
