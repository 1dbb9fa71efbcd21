import CLIP
import Compute
import Files
import Foundation

extension Checkup {
  /// The program and what it runs on.
  static func machine() -> [Finding] {
    let processor = values("/proc/cpuinfo", of: "model name", separator: ":").first ?? "unknown"
    let system = values("/etc/os-release", of: "PRETTY_NAME", separator: "=").first ?? "unknown"
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    return [
      Finding(name: "plumb", value: "\(plumbVersion), \(ServeCommand.ownFolder.path)/plumb"),
      Finding(name: "system", value: system.trimmingCharacters(in: ["\""])),
      Finding(name: "processor", value: processor),
      Finding(name: "CPU cores", value: "\(Hardware.coreCount)"),
      Finding(name: "memory", value: bytes(memory)),
    ]
  }

  /// The instruction sets that matter to products, by the names of Linux, and for people.
  private static let instructions = [
    ("avx2", "AVX2"), ("fma", "FMA"), ("avx_vnni", "AVX-VNNI"), ("avx512f", "AVX-512"),
    ("avx512_vnni", "VNNI"), ("avx512_bf16", "bf16"), ("avx512_fp16", "fp16"), ("amx_bf16", "AMX bf16"),
    ("amx_int8", "AMX int8"),
  ]

  /// Which instructions there are, and which run.
  static func arithmetic(_ environment: [String: String]) -> [Finding] {
    let flags = Set(
      (values("/proc/cpuinfo", of: "flags", separator: ":").first ?? "").split(separator: " ")
        .map(String.init))
    let there = instructions.filter { flags.contains($0.0) }.map(\.1)
    let asked = environment["PLUMB_KERNELS"].flatMap { $0.isEmpty ? nil : $0 }
    return [
      Finding(
        name: "instruction sets", value: there.isEmpty ? "none beyond SSE2" : there.joined(separator: ", ")),
      Finding(
        name: "kernels that run",
        value: Hardware.instructionSet + (asked.map { " (PLUMB_KERNELS=\($0))" } ?? ""),
        action: asked.map { _ in "unset PLUMB_KERNELS for the fastest that this processor has" }),
      Finding(name: "bf16 runs as", value: Hardware.meaning(of: .bfloat16)),
      Finding(name: "int8 runs as", value: Hardware.meaning(of: .int8)),
      Finding(
        name: "oneDNN",
        value: "\(Hardware.oneDNNVersion), may use \(Hardware.oneDNNInstructionSet)"),
    ]
  }

  /// The formats that are decoded, and the libraries for the others.
  static func images() -> [Finding] {
    ImageFormat.allCases.map { format in
      guard let package = format.libraryPackage else {
        return Finding(name: format.rawValue, value: "built in")
      }
      return format.isReadable
        ? Finding(name: format.rawValue, value: "its library is there (\(package))")
        : Finding(
          status: .optional, name: format.rawValue, value: "its library is not there",
          action: "sudo apt-get install \(package)")
    }
  }

  /// The values of a key in a file of lines.
  private static func values(_ file: String, of key: String, separator: Character) -> [String] {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: separator, maxSplits: 1)
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key else { return nil }
      return parts[1].trimmingCharacters(in: .whitespaces)
    }
  }
}
