/// The look of all plots: one sheet for light and for dark.
enum PlotStyle {
  /// The colours of series, in a fixed order: each is told from its neighbours also by those who see few colours.
  private static let series = [
    ("#2a78d6", "#3987e5"), ("#1baf7a", "#199e70"), ("#eda100", "#c98500"), ("#008300", "#008300"),
    ("#4a3aa7", "#9085e9"), ("#e34948", "#e66767"), ("#e87ba4", "#d55181"), ("#eb6834", "#d95926"),
  ]

  /// How many series have a colour of their own.
  static let seriesCount = series.count

  /// The size of a plain font that is as wide as the title's bold one of 16.
  static let titleWidth = 19.0
  static let labelSize = 13.0
  static let smallSize = 12.0

  private static func colours(
    surface: String, ink: String, soft: String, grid: String, axis: String, series: [String]
  ) -> String {
    var rules = [
      ".surface{fill:\(surface)}", ".title,.label{fill:\(ink)}", ".note,.tick,.unjudged{fill:\(soft)}",
      ".grid{stroke:\(grid)}", ".axis{stroke:\(axis)}",
    ]
    // Words by how well an image supports them: blue, orange and red, which also the colour-blind tell apart.
    for (style, index) in [("supported", 0), ("doubtful", 7), ("unsupported", 5)] {
      rules.append(".\(style){fill:\(series[index])}")
    }
    for (index, colour) in series.enumerated() {
      rules.append(".line\(index){stroke:\(colour)}")
      rules.append(".dot\(index){fill:\(colour);stroke:\(surface)}")
    }
    return rules.joined(separator: "\n")
  }

  static let sheet = """
    svg{color-scheme:light dark}
    text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:12px}
    .title{font-size:16px;font-weight:600}
    .label{font-size:13px}
    .supported,.doubtful,.unsupported,.unjudged{font-size:15px}
    .doubtful{text-decoration:underline dotted}
    .unsupported{font-weight:700;text-decoration:underline}
    .tick,.value{font-variant-numeric:tabular-nums}
    .grid,.axis{stroke-width:1}
    [class^=line]{stroke-width:2;stroke-linecap:round;stroke-linejoin:round;fill:none}
    [class^=dot]{stroke-width:2}
    \(colours(
      surface: "#fcfcfb", ink: "#1a1a19", soft: "#5f5e5a", grid: "#e4e3df", axis: "#a5a39b",
      series: series.map(\.0)))
    @media (prefers-color-scheme:dark){
    \(colours(
      surface: "#1a1a19", ink: "#f2f1ec", soft: "#b4b2a9", grid: "#373734", axis: "#75746e",
      series: series.map(\.1)))
    }
    """
}
