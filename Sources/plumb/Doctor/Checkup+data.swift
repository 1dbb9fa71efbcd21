import CLIP
import CaptionMetrics
import Captioning
import Files
import Foundation
import Retrieval
import Training

extension Checkup {
  /// The models that come with Plumb, those that were fetched, and what fetches.
  static func models(_ environment: [String: String]) -> [Finding] {
    let builtIn = BuiltInModels(environment: environment)
    let available = ModelLocator.available(environment: environment)
    let own = ["mini", "captioner"]
    var findings = own.map { name -> Finding in
      guard let folder = builtIn.folder(of: name), available.contains(where: { $0.name == name }) else {
        return Finding(
          status: .missing, name: name, value: "comes with Plumb, and is not there",
          action: "install Plumb again with bin/install, or name its Models folder in PLUMB_MODELS")
      }
      return Finding(name: name, value: shown(folder), bytes: FolderSize(of: folder).bytes)
    }
    findings += available.filter { !own.contains($0.name) }.map {
      Finding(name: $0.name, value: shown($0.folder))
    }
    findings.append(
      HubClient.hasLibrary
        ? Finding(name: "libcurl", value: "is there; plumb model pull OWNER/NAME fetches models")
        : Finding(
          status: .optional, name: "libcurl", value: "is not there, so that no model can be fetched",
          action: "sudo apt-get install libcurl4"))
    return findings
  }

  /// METEOR's tables.
  static func meteor() -> [Finding] {
    let file = METEORTable.installedFile
    let make = "plumb meteor install"
    guard METEORTable.areInstalled else {
      return [
        Finding(status: .optional, name: "tables", value: "\(file.path) is not there", action: make)
      ]
    }
    do {
      let table = try METEORTable(contentsOf: file)
      return [
        Finding(
          name: "tables", value: "1.5, English, \(table.paraphraseCount) paraphrases, \(file.path)",
          bytes: FolderSize(of: file).bytes)
      ]
    } catch {
      return [Finding(status: .optional, name: "tables", value: sentence(for: error), action: make)]
    }
  }

  /// libtorch, and what it trains on.
  static func training() -> [Finding] {
    let make = "plumb torch setup"
    guard TorchInstallation.isSetUp else {
      return [Finding(status: .optional, name: "libtorch", value: "is not set up", action: make)]
    }
    do {
      let torch = try Torch()
      let record = try? TorchRecord(in: TorchInstallation.folder)
      return [
        Finding(
          name: "libtorch",
          value: "\(record?.torchVersion ?? torch.version), \(record?.torch ?? torch.path)"),
        Finding(name: "devices", value: TorchShowCommand.devices(torch)),
        Finding(name: "processes", value: TorchShowCommand.processes(torch)),
      ]
    } catch {
      return [Finding(status: .optional, name: "libtorch", value: sentence(for: error), action: make)]
    }
  }

  /// The program of `plumb serve`, and the index that it serves.
  static func server() -> [Finding] {
    let program = ServeCommand.program
    let index = ImageIndex.userDefault
    return [
      FileManager.default.isExecutableFile(atPath: program.path)
        ? Finding(name: "plumb-server", value: program.path)
        : Finding(
          status: .optional, name: "plumb-server", value: "is not beside plumb",
          action: "swift build -c release --product plumb-server, or bin/install"),
      FileManager.default.fileExists(atPath: index.path)
        ? Finding(name: "index", value: index.path)
        : Finding(
          status: .optional, name: "index", value: "there is none in your data folder",
          action: "plumb index FOLDER"),
    ]
  }

  private static func shown(_ folder: URL) -> String {
    "\(folder.path), \(FolderSize(of: folder))"
  }
}
