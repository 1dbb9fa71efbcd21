import CLIP
import Foundation

/// Images in terminals that can show them.
enum TerminalImage {
  /// How a terminal takes images.
  enum Method: Equatable {
    /// kitty's, which Ghostty and WezTerm take too: raw pixels.
    case kitty
    /// iTerm2's, which VS Code's terminal and mintty take too: a file.
    case iTerm
    /// DEC's sixels: foot, mlterm, xterm and others.
    case sixel
  }

  /// What the terminal of this process takes; nil where it shows no images, or where output does not go to a terminal.
  static func detected(
    environment: [String: String] = ProcessInfo.processInfo.environment, isTerminal: Bool = isatty(1) == 1
  ) -> Method? {
    guard isTerminal else { return nil }
    let (terminal, program) = (environment["TERM"] ?? "", environment["TERM_PROGRAM"] ?? "")
    if environment["KITTY_WINDOW_ID"]?.isEmpty == false || terminal.contains("kitty")
      || terminal.contains("ghostty")
      || program == "WezTerm" || program == "ghostty"
    {
      return .kitty
    }
    if program == "iTerm.app" || program == "vscode" || program == "mintty" { return .iTerm }
    if terminal.contains("sixel") || terminal.hasPrefix("foot") || terminal.hasPrefix("mlterm") {
      return .sixel
    }
    return nil
  }

  /// What shows an image file, no side longer than `side` pixels, in a terminal. Throws `ImageError`.
  static func text(contentsOf url: URL, side: Int, by method: Method) throws -> String {
    switch method {
    case .iTerm:
      let file = try Thumbnail.jpeg(contentsOf: url, side: side)
      return "\u{1B}]1337;File=inline=1;size=\(file.count):\(file.base64EncodedString())\u{07}\n"
    case .kitty: return kitty(try Thumbnail.pixels(contentsOf: url, side: side))
    case .sixel: return sixel(try Thumbnail.pixels(contentsOf: url, side: side))
    }
  }

  /// Raw RGB in pieces of 4,096 characters.
  private static func kitty(_ image: PreparedImage) -> String {
    var text = ""
    var rest = Substring(Data(image.pixels).base64EncodedString())
    var keys = "a=T,f=24,s=\(image.width),v=\(image.height),"
    while !rest.isEmpty {
      let piece = rest.prefix(4096)
      rest = rest.dropFirst(4096)
      text += "\u{1B}_G\(keys)m=\(rest.isEmpty ? 0 : 1);\(piece)\u{1B}\\"
      keys = ""
    }
    return text + "\n"
  }

  /// The order in which the pixels of a square of four become brighter (Bayer).
  private static let dither = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

  /// Six rows of pixels at a time, in a palette of six shades of red, green and blue, dithered.
  private static func sixel(_ image: PreparedImage) -> String {
    let (height, width) = (image.height, image.width)
    func color(_ row: Int, _ column: Int) -> Int {
      let place = (row * width + column) * 3
      let step = dither[row % 4 * 4 + column % 4] * 255
      func shade(_ offset: Int) -> Int { (Int(image.pixels[place + offset]) * 80 + step) / (255 * 16) }
      return (shade(0) * 6 + shade(1)) * 6 + shade(2)
    }
    var text = "\u{1B}Pq\"1;1;\(width);\(height)"
    for number in 0..<216 {
      text += "#\(number);2;\(number / 36 * 20);\(number / 6 % 6 * 20);\(number % 6 * 20)"
    }
    for top in stride(from: 0, to: height, by: 6) {
      let rows = top..<min(top + 6, height)
      let colors = Set(rows.flatMap { row in (0..<width).map { color(row, $0) } }).sorted()
      for (index, number) in colors.enumerated() {
        text += "#\(number)"
        for column in 0..<width {
          let bits = rows.reduce(0) { color($1, column) == number ? $0 | 1 << ($1 - top) : $0 }
          text.unicodeScalars.append(UnicodeScalar(UInt8(63 + bits)))
        }
        // Back to the start of the line, and at last to the next one.
        text += index + 1 < colors.count ? "$" : "-"
      }
    }
    return text + "\u{1B}\\\n"
  }
}
