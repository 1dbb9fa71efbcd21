import Compute
import Foundation
import Testing

/// Which products really run, as oneDNN tells it: one on its reference implementation is hundreds of times too slow.
@Suite struct ProductImplementationTests {
  /// The names of the instruction sets that this machine has.
  private static let kernels = ["baseline", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx"].filter {
    Kernels.named($0) != nil
  }

  /// The model that comes with Plumb, and tiny ones in every layout.
  private static let models: [String] = {
    let fixtures = CommandRun.package.appendingPathComponent("Tests/CLIPTests/Fixtures/checkpoint")
    let layouts = [
      "huggingface", "huggingface-bf16", "huggingface-old", "huggingface-sharded", "lclip", "lclip-causal",
      "lclip-stem",
      "lclip-stem-blocks", "openai/tiny.pt", "openclip", "openclip-file/weights.safetensors",
      "openclip-training/epoch_1.pt",
    ]
    return ["mini"] + layouts.map { fixtures.appendingPathComponent($0).path }
  }()

  @Test(arguments: kernels, Precision.allCases)
  func noProductRunsOnAReferenceImplementation(_ kernels: String, _ precision: Precision) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("plumb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let captions = folder.appendingPathComponent("captions.txt")
    try Data("a cat\na dog on the beach\ntwo birds\n".utf8).write(to: captions)
    let image = CommandRun.example.appendingPathComponent("images/image1.jpg").path
    let environment = ["PLUMB_KERNELS": kernels, "ONEDNN_VERBOSE": "1"]
    for model in Self.models {
      let output = folder.appendingPathComponent("\(UUID().uuidString).npy").path
      let common = ["--model", model, "--precision", precision.rawValue, "--activation", "gelu"]
      var commands = [
        ["embed", "images", image, "-o", output],
        ["embed", "images"] + Array(repeating: image, count: 5) + ["-o", output],
      ]
      // The tiny ones come without tokenizers.
      if model == "mini" {
        commands += [["embed", "texts", captions.path, "-o", output], ["rank", image, "a cat"]]
      }
      for arguments in commands {
        let run = try CommandRun(arguments + common, environment: environment)
        #expect(run.status == 0, "\(run.errors)")
        let slow = run.output.split(separator: "\n").filter { line in
          let fields = line.split(separator: ",")
          return line.hasPrefix("onednn_verbose") && fields.count > 4 && fields[4].hasPrefix("ref")
        }
        #expect(slow.isEmpty, "\(model), \(arguments.prefix(2)): \(slow.first ?? "")")
      }
    }
  }
}
