import Files
public import Foundation

/// The prompts of both steps, built in or from files.
public struct PromptSet: Sendable, Equatable {
  /// For x′.
  public let plain: Prompt
  /// For x″.
  public let paraphrase: Prompt
  /// The version that each line of the output names: that of the built-in prompts, or the one that the files name;
  /// with the beginning of a hash where files are changed under the built-in version, or name none.
  public let version: String
  /// Which interface the prompts are for.
  public let interface: ChatEndpoint.Interface

  /// The prompt of a step.
  public subscript(step: ParaphraseStep) -> Prompt { step == .plain ? plain : paraphrase }

  /// Takes the built-in prompts of an interface.
  public init(for interface: ChatEndpoint.Interface = .chat) throws {
    let texts = BuiltInPrompts.texts(for: interface)
    try self.init(plain: texts.plain, paraphrase: texts.paraphrase, folder: "", interface: interface)
  }

  /// What is sent for captions: all of them for the chat interface, and the first alone for a base model.
  func filled(_ step: ParaphraseStep, with items: [Prompt.Item]) -> String {
    switch interface {
    case .chat: self[step].filled(with: items)
    case .completions: self[step].filled(with: items.first?.caption ?? "")
    }
  }

  /// Reads `plain.txt` and `paraphrase.txt` of a folder.
  ///
  /// - Throws: ``ParaphraseError/badPrompt(file:problem:remedy:)``.
  public init(folder: URL, for interface: ChatEndpoint.Interface = .chat) throws {
    let texts = try ParaphraseStep.allCases.map { step in
      let file = folder.appendingPathComponent(step.fileName)
      do {
        return try String(contentsOf: file, encoding: .utf8)
      } catch {
        throw ParaphraseError.badPrompt(
          file: "\(folder.relativePath)/\(step.fileName)", problem: "it cannot be read as text",
          remedy: "write both prompts with --write-prompts and change those")
      }
    }
    try self.init(
      plain: texts[0], paraphrase: texts[1], folder: folder.relativePath + "/", interface: interface)
  }

  init(
    plain: String, paraphrase: String, folder: String, interface: ChatEndpoint.Interface = .chat
  ) throws {
    self.interface = interface
    self.plain = try Prompt(plain, file: folder + ParaphraseStep.plain.fileName)
    self.paraphrase = try Prompt(paraphrase, file: folder + ParaphraseStep.paraphrase.fileName)
    let isBuiltIn = (plain, paraphrase) == BuiltInPrompts.texts(for: interface)
    let names = [self.plain.version, self.paraphrase.version]
    let named = names[0] == names[1] ? names[0] : names.map { $0 ?? "-" }.joined(separator: "/")
    if isBuiltIn {
      version = interface == .chat ? BuiltInPrompts.version : "\(BuiltInPrompts.version)-examples"
    } else if let named, !names.contains(nil), !names.contains(BuiltInPrompts.version) {
      version = named
    } else {
      let hash = TextHash.sha256(self.plain.hash + self.paraphrase.hash).prefix(8)
      version = named.map { "\($0)-\(hash)" } ?? String(hash)
    }
  }

  /// Writes the built-in prompts as files that can be changed.
  ///
  /// - Throws: ``ParaphraseError/badPrompt(file:problem:remedy:)`` where one is there already or the folder cannot be made,
  ///   `FileWriteError`; none is written then.
  public static func writeBuiltIn(to folder: URL, for interface: ChatEndpoint.Interface = .chat) throws {
    let texts = BuiltInPrompts.texts(for: interface)
    let files = ParaphraseStep.allCases.map { step in
      (
        url: folder.appendingPathComponent(step.fileName),
        text: step == .plain ? texts.plain : texts.paraphrase
      )
    }
    for file in files where FileManager.default.fileExists(atPath: file.url.path) {
      throw ParaphraseError.badPrompt(
        file: "\(folder.relativePath)/\(file.url.lastPathComponent)", problem: "it is there already",
        remedy: "choose another folder, or take it away")
    }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ParaphraseError.badPrompt(
        file: folder.relativePath, problem: "the folder cannot be made (\(systemReason(of: error)))",
        remedy: "write elsewhere")
    }
    try AtomicFile.write(new: files)
  }
}

/// Hashes of texts.
enum TextHash {
  /// The SHA-256 of a text's bytes, in hexadecimal.
  static func sha256(_ text: String) -> String {
    var hash = SHA256()
    var text = text
    text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
    return hash.hexadecimal()
  }
}

/// The two steps of paraphrasing.
public enum ParaphraseStep: Int, Sendable, CaseIterable {
  /// From a caption x to a concise plain paraphrase x′.
  case plain = 1
  /// From x′ to x″, which avoids its words.
  case paraphrase = 2

  /// The name of the step's prompt file.
  public var fileName: String { self == .plain ? "plain.txt" : "paraphrase.txt" }
}
