public import Foundation

/// Why captions could not be paraphrased.
public enum ParaphraseError: Error, Equatable {
  /// The file has captions without images, where other captions of the same image are wanted.
  case noImages(file: String)
  /// There is nothing to paraphrase.
  case noCaptions(file: String, read: Int)
  /// No rule paraphrases any of the captions.
  case nothingParaphrased(file: String)
  /// A prompt file cannot be used.
  case badPrompt(file: String, problem: String, remedy: String)
  /// The cache is another program's, of a later version, or damaged.
  case badCache(file: String, problem: String, remedy: String)
  /// `--endpoint` is not an address.
  case badEndpoint(String)
  /// The API key holds a character that a header may not have.
  case badKey(variable: String)
  /// The machine has no libcurl.
  case noTransport
  /// The server cannot be reached in a way that a second try could change.
  case unreachable(url: String, reason: String)
  /// The server does not take the key, or wants one.
  case refused(url: String, status: Int, variable: String?)
  /// The account has nothing left.
  case noCredit(url: String)
  /// The server does not know the address or the model.
  case notFound(url: String, model: String, reason: String)
  /// The server does not take the request.
  case rejected(url: String, status: Int, reason: String)
  /// The server kept failing.
  case serverFailed(url: String, attempts: Int, reason: String)
  /// The server asks for a longer pause than is waited for.
  case asksToWait(url: String, seconds: Int)
}

extension ParaphraseError: LocalizedError, CustomStringConvertible {
  /// One sentence for people: what, where, and what to do next.
  public var description: String {
    switch self {
    case .noImages(let file):
      "\(file): no image has two captions, so there are no other captions to take; give captions with their "
        + "images (COCO annotations, name.jpg#0, a table with --id-column), or choose --source rules."
    case .noCaptions(let file, let read):
      read == 0
        ? "\(file): there are no captions in it; give a file with captions."
        : "\(file): none of its \(read) captions has a number of words within --words; widen the range."
    case .nothingParaphrased(let file):
      "\(file): no rule paraphrases any of its captions; the rules know English captions of images. Use a language "
        + "model, with --endpoint."
    case .badPrompt(let file, let problem, let remedy):
      "\(file): \(problem); \(remedy)."
    case .badCache(let file, let problem, let remedy):
      "\(file): \(problem); \(remedy)."
    case .badEndpoint(let endpoint):
      "--endpoint \(endpoint): this is not the address of a language model; give one such as "
        + "http://localhost:8000/v1 or https://api.openai.com/v1."
    case .badKey(let variable):
      "\(variable): holds a line break, a blank or another character that no key has; set it to the key alone."
    case .noTransport:
      "there is no libcurl on this machine; install it (on Debian: apt-get install libcurl4) and try again."
    case .unreachable(let url, let reason):
      "\(url): cannot be reached: \(reason); check --endpoint, the network and the proxy settings."
    case .refused(let url, let status, let variable?):
      "\(url): the server does not accept the key in \(variable) (\(status)); check that the key is whole, belongs "
        + "to this server and may use the model."
    case .refused(let url, let status, nil):
      "\(url): the server needs an API key (\(status)); set PLUMB_LLM_KEY to it."
    case .noCredit(let url):
      "\(url): the account has no credit left; responses are in the cache, and the same command "
        + "continues once there is credit."
    case .notFound(let url, let model, let reason):
      "\(url): the server knows no such address, or no model \"\(model)\" (\(reason)); check --endpoint, which "
        + "usually ends in /v1, --llm-model, and --api, the interface that the server has: chat or completions."
    case .rejected(let url, let status, let reason) where (300..<400).contains(status):
      "\(url): \(reason) (\(status)), and redirections are not followed; give the address that answers with --endpoint."
    case .rejected(let url, let status, let reason):
      "\(url): the server rejects the request (\(status)): \(reason); check --llm-model, --temperature, "
        + "--top-p and --max-tokens."
    case .serverFailed(let url, let attempts, let reason):
      "\(url): \(attempts) attempts in a row failed, the last because \(reason); responses are in the "
        + "cache, and the same command continues from there."
    case .asksToWait(let url, let seconds):
      "\(url): the server asks to wait \(seconds) s; responses are in the cache, run the same "
        + "command again then."
    }
  }

  /// The same sentence.
  public var errorDescription: String? { description }
}
