import Files
public import Foundation

/// What can be wrong with shards, with a folder of their outputs, and with what is filtered.
public enum ShardingError: Error, Equatable {
  /// A pattern of names is wrong.
  case badPattern(pattern: String, problem: String)
  /// The outputs of a shard cannot have its name.
  case badName(file: String, problem: String)
  /// A shard is not there.
  case noShard(file: String, count: Int)
  /// A folder has no shards.
  case noShards(folder: String)
  /// Two shards have one name, which is that of their outputs.
  case sameName(name: String, files: [String])
  /// A shard cannot be opened or read.
  case unreadable(file: String, reason: String)
  /// A shard is damaged, or not as shards of pairs are.
  case damaged(file: String, problem: String, remedy: String)
  /// A shard that is done has another size now.
  case changed(file: String, output: String, before: Int, now: Int)
  /// The output is a file, or a folder of something else.
  case foreignOutput(path: String, found: String)
  /// What is in the folder was made with other settings.
  case otherSettings(folder: String, setting: String, there: String, here: String)
  /// Folders that are taken together were made with different settings.
  case mixedSettings(folders: [String], setting: String, values: [String])
  /// A file that a run has written cannot be understood.
  case damagedOutput(file: String, problem: String)
  /// A list of kept pairs is there, with others than are kept now.
  case otherList(file: String)
  /// A folder holds no finished shard.
  case nothingDone(folder: String)
  /// Rows have no scores.
  case noScores(folder: String, option: String)
  /// A line of a table of scores cannot be used.
  case badLine(file: String, line: Int, problem: String)
  /// No scores are there for a shard whose pairs are to be copied.
  case notScored(shard: String)
  /// A list of images to exclude names no member of the shards.
  case nothingExcluded(shards: Int)
}

extension ShardingError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: the file, what is wrong, and what to do next.
  public var description: String {
    switch self {
    case .badPattern(let pattern, let problem):
      "\(pattern): \(problem); write a range as {00000..00099} and alternatives as {a,b}."
    case .badName(let file, let problem): "\(file): \(problem); rename the shard."
    case .noShard(let file, let count):
      "\(file): \(count == 1 ? "there is no such shard" : "this and \(count - 1) more of the shards are not there"); "
        + "correct --shards, or leave out what is missing with --keep-going."
    case .noShards(let folder):
      "\(folder): there are no .tar files in this folder; name shards, or a folder of them."
    case .sameName(let name, let files):
      "\(files.joined(separator: " and ")): two shards are called \(name), and so would be their outputs; "
        + "rename one, or give each its own --output."
    case .unreadable(let file, let reason):
      "\(file): the shard cannot be read: \(reason); see whether it is there and may be read, or go on without it with --keep-going."
    case .damaged(let file, let problem, let remedy):
      "\(file): \(problem); \(remedy), or go on without the shard with --keep-going."
    case .changed(let file, let output, let before, let now):
      "\(file): it has \(now) bytes, and had \(before) when \(output) was made of it; remove \(output) to do it again."
    case .foreignOutput(let path, let found):
      "\(path): \(found); write elsewhere."
    case .otherSettings(let folder, let setting, let there, let here):
      "\(folder): it was made with \(setting) \(there), and this run has \(here); give the settings of the "
        + "earlier run, or write elsewhere."
    case .mixedSettings(let folders, let setting, let values):
      "\(folders.joined(separator: " and ")): they were made with \(setting) \(values.joined(separator: " and ")), so that their scores "
        + "cannot be compared; make them anew with the same settings, or give those of one kind at a time."
    case .damagedOutput(let file, let problem):
      "\(file): \(problem); remove the folder that it is in, and do the shard again."
    case .otherList(let file):
      "\(file): it lists other pairs or scores than are kept now: shards were scored anew since, or it was changed; remove it to "
        + "write it again, or write elsewhere."
    case .nothingDone(let folder):
      "\(folder): there is no finished shard in this folder; give the output of plumb score --shards."
    case .noScores(let folder, let option):
      "\(folder): it has embeddings and no scores, which \(option) needs; give the output of plumb score --shards."
    case .badLine(let file, let line, let problem):
      "\(file), line \(line): \(problem); give the file of plumb score --per-caption, or a table with columns of ids and scores."
    case .nothingExcluded(let shards):
      "--exclude: its list names no member of the \(counted(shards, "shard")); give the list of plumb dedup of these archives."
    case .notScored(let shard):
      "\(shard): there are no scores of this shard; score it, or leave it out of --shards."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}

extension ShardingError {
  /// Whether the other shards can be done all the same.
  var isAboutOneShard: Bool {
    switch self {
    case .unreadable, .damaged, .changed, .damagedOutput: true
    case .badPattern, .badName, .noShard, .noShards, .sameName, .foreignOutput, .otherSettings,
      .mixedSettings, .otherList, .nothingDone, .noScores, .notScored, .badLine, .nothingExcluded:
      false
    }
  }
}
