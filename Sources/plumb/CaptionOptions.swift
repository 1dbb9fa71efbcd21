import ArgumentParser
import CaptionData

/// Which captions of a file a command reads: the same options wherever captions are read.
struct CaptionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Name or number of the caption column, or the JSON key of captions.", valueName: "name"))
  var column: String?

  @Option(help: ArgumentHelp("Name or number of the id column, or the JSON key of ids.", valueName: "name"))
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
    "Splits to read from a file that has them (Karpathy's), such as test or train,restval.",
    valueName: "names")

  init?(argument: String) {
    names = argument.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
    guard !names.isEmpty, names.allSatisfy({ !$0.isEmpty }) else { return nil }
  }
}

/// The layouts of captions, in the help of the commands that read them.
let captionLayouts = """
  Caption files: .txt with one caption a line; CSV and TSV with named columns, or with --column 2 --id-column 1; \
  Flickr's token files (name.jpg#0, a tab, the caption); {id: caption} and {id: [captions]}; a JSON list or JSON lines of \
  captions, or of objects with captions; COCO results and annotations; Karpathy's dataset_*.json; TextCaps; each also \
  gzipped. The format is recognized from the content. Missing captions (empty cells, null, NaN) are an error, or \
  skipped and listed with --keep-going.
  """
