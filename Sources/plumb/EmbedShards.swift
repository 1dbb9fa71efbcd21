public import ArgumentParser
import CLIP
import Files
import Foundation
public import Sharding

extension ShardTask.Parts: ExpressibleByArgument {}

/// `plumb embed --shards`.
struct EmbedShards: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shards",
    abstract: "Embed the images and captions of tar shards, a folder of outputs a shard.",
    usage: "plumb embed --shards <tar> ... --output <folder> [<options>]",
    discussion: """
      A shard is a .tar archive as img2dataset and webdataset write it: members that share a name up to the first point are a \
      pair, 0001.jpg with its caption in 0001.txt, or in 0001.json as "caption".

        plumb embed --shards 'data/{00000..00099}.tar' --output embeddings
        plumb embed --shards 'data/{00000..00099}.tar' --shard 3/8 --dtype float16 --output small
        plumb embed --shards data --only images --output images-only

      Each shard gets a folder, embeddings/00000, with images.npy, texts.npy, rows.jsonl and summary.json, which appears whole and \
      once. The command may be stopped at any moment, and goes on when it is given again; other processes may work on the same \
      output. Pairs that cannot be embedded have a row with the reason, and status 2.
      """)

  @OptionGroup var shards: ShardOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Folder to write the outputs of the shards to.", valueName: "folder"))
  var output: String?

  @OptionGroup var model: NamedModel

  @Option(
    help: ArgumentHelp(
      "Element type of the embeddings: float32, float16, or int8, which keeps the direction of an embedding and not its length.",
      valueName: "type"))
  var dtype = NumPyType.float32

  @Option(help: "What is embedded: both, images, or texts.")
  var only = ShardTask.Parts.both

  @Flag(name: .customLong("no-normalize"), help: "Do not normalize embeddings to unit length.")
  var isRaw = false

  @Flag(help: "Go on without shards that cannot be read, list them, and exit with status 2.")
  var keepGoing = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup(title: "The model")
  var options: ModelOptions

  func validate() throws {
    guard shards.areGiven == (output != nil) else {
      throw ValidationError(
        shards.areGiven ? "--shards needs --output, a folder." : "--output needs --shards, the archives.")
    }
    guard !isRaw || dtype != .int8 else {
      throw ValidationError("--dtype int8 keeps no lengths; leave out --no-normalize, or take float16.")
    }
  }

  func run() throws {
    // `plumb embed` alone, since this is its default; what is left over on a longer line was refused by now.
    guard let output else { throw CleanExit.helpRequest(EmbedCommand.self) }
    try ShardedRun.print(shards.list(keepGoing: keepGoing), output: output, json: json) {
      let embedder = try options.open(model.name)
      Output.note(model.warnings(of: embedder))
      var run = try ShardedRun(
        .embeddings(dtype, normalized: !isRaw, of: only), with: embedder, output: URL(fileURLWithPath: output)
      )
      run.keepGoing = keepGoing
      return run
    }
  }
}
