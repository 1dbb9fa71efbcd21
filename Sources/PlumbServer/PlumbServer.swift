public import CLIP
import Files
public import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
public import Retrieval

/// Serves an index over HTTP: a web page to search it and to mark hits, and the interface that the page uses.
///
/// ```swift
/// let server = try PlumbServer(ImageIndex.userDefault) { model in
///   try CLIPEmbedder(opening: ModelLocator.resolve(model.name))
/// }
/// try await server.run { print($0) }
/// ```
public struct PlumbServer: Sendable {
  /// The version of Plumb.
  package static let version = plumbVersion

  /// Where the server can be reached, and by whom.
  public struct Address: Sendable {
    /// The host name or address that it listens on.
    public var host = "127.0.0.1"
    /// The port; 0 for any that is free.
    public var port = 8080
    /// Other names under which it is opened, without a port.
    public var allowedHosts: [String] = []
    /// What clients must send; needed where the host is not this machine alone.
    public var token: String?

    /// Creates the address of a server that only this machine reaches.
    public init() {}

    /// Whether only this machine reaches it.
    public var isLoopback: Bool { Self.isLoopback(host) }

    static func isLoopback(_ host: String) -> Bool {
      let parts = host.split(separator: ".", omittingEmptySubsequences: false)
      return host == "localhost" || host == "::1"
        || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
    }

    /// The values of `Host` that are served.
    func hosts(port: Int) -> Set<String> {
      var names = allowedHosts + ["localhost", "127.0.0.1", "::1"]
      names +=
        ["0.0.0.0", "::"].contains(host) ? [ProcessInfo.processInfo.hostName] + Self.ownAddresses : [host]
      func written(_ name: String) -> String {
        name.contains(":") ? "[\(name.lowercased())]" : name.lowercased()
      }
      // A name that was allowed may be that of a proxy, on the port that browsers do not write.
      return Set(names.map { "\(written($0)):\(port)" }).union(allowedHosts.map(written))
        .union(port == 80 ? names.map(written) : [])
    }

    func page(port: Int) -> String {
      let host = host.contains(":") ? "[\(host)]" : host
      return "http://\(host):\(port)/" + (token.map { "#token=\($0)" } ?? "")
    }

    private static var ownAddresses: [String] {
      ((try? System.enumerateDevices()) ?? []).compactMap { $0.address?.ipAddress }
    }
  }

  /// Why a server does not start.
  public enum Failure: LocalizedError, Equatable {
    /// The address cannot be listened on.
    case cannotListen(host: String, port: Int, reason: String)
    /// Other machines could reach it without a token.
    case tokenNeeded(host: String)

    /// The sentence for people.
    public var errorDescription: String? {
      switch self {
      case .cannotListen(let host, let port, let reason):
        "\(host):\(port): cannot be listened on (\(reason)); name another address with --host and --port."
      case .tokenNeeded(let host): "\(host): other machines reach this address; name a token with --token."
      }
    }
  }

  private let library: ImageLibrary
  private var address: Address

  /// Opens an index.
  ///
  /// - Parameters:
  ///   - searches: the folder for marks and saved searches; that of the index for nil, or `plumb/searches` in the user's data folder where the
  ///     index's cannot be written to.
  ///   - openModel: opens the index's model, more than once.
  /// - Throws: `RetrievalError`, `ModelError`, `CheckpointError`, ``Failure``.
  public init(
    _ index: URL, searches: URL? = nil, at address: Address = Address(),
    openModel: @escaping @Sendable (ImageIndex.Model) throws -> CLIPEmbedder
  ) throws {
    guard address.isLoopback || address.token?.isEmpty == false else {
      throw Failure.tokenNeeded(host: address.host)
    }
    self.address = address
    if address.token?.isEmpty == true { self.address.token = nil }
    library = try ImageLibrary(index, searches: searches, openModel: openModel)
  }

  /// The images that are served.
  public var imageCount: Int { library.imageCount }

  /// Serves until the process is asked to end.
  ///
  /// - Parameter started: called with the page's address.
  /// - Throws: ``Failure``.
  public func run(started: @escaping @Sendable (String) -> Void) async throws {
    var logger = Logger(label: "plumb-server")
    logger.logLevel = .error
    let hosts = ServedHosts()
    let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: AccessPolicy(hosts: hosts, token: address.token))
    PageRoutes().add(to: router)
    SearchRoutes(library: library).add(to: router)
    SessionRoutes(library: library).add(to: router)
    IndexRoutes(library: library).add(to: router)
    OtherMethods.add(to: router)
    let address = address
    let application = Application(
      router: router,
      server: .http1(
        configuration: .init(
          idleTimeout: .seconds(30),
          httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10))),
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: MaximumAvailableConnections(512)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? address.port
        hosts.set(address.hosts(port: port))
        started(address.page(port: port))
      }, logger: logger)
    do {
      try await application.runService()
    } catch let error as IOError {
      throw Failure.cannotListen(
        host: address.host, port: address.port, reason: String(cString: strerror(error.errnoCode)))
    }
  }
}
