import CaptionMetrics

/// JSON to be printed.
typealias JSON = CaptionMetrics.JSONValue
