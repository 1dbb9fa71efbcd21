import Foundation
import JSON
import TestSupport
import Testing

@Suite struct JSONValueTests {
  private func parse(_ text: String, duplicates: JSONValue.Duplicates = .lastCounts) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8), duplicates: duplicates)
  }

  @Test(
    arguments: [
      ("null", JSONValue.null), (" true ", .bool(true)), ("-12", .integer(-12)), ("1.5e3", .number(1500)),
      (#""aé\u00e9\ud83d\ude00\n""#, .string("aéé😀\n")), ("[]", .array([])), ("{}", .object([])),
      ("\u{FEFF}[1]", .array([.integer(1)])),
      (#"{"b": 1, "a": [2, null]}"#, ["b": .integer(1), "a": .array([.integer(2), .null])]),
    ] as [(String, JSONValue)])
  func valuesAreRead(_ text: String, _ value: JSONValue) throws { #expect(try parse(text) == value) }

  @Test func wholeNumbersStayWhole() throws {
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try parse("3.0").integer == 3 && parse("3").number == 3)
    #expect(try parse("NaN").number?.isNaN == true && parse("-Infinity").number == -.infinity)
  }

  @Test(
    arguments: [
      ("", 0), ("[1,]", 3), ("[1 2]", 3), (#"{"a" 1}"#, 5), (#"{"a": 1,}"#, 8), ("nul", 0), ("1e999", 0),
      (#""abc"#, 0), ("[1] x", 4), ("{1: 2}", 1),
    ] as [(String, Int)])
  func whatIsNoJSONIsToldWithItsByte(_ text: String, _ offset: Int) throws {
    let error = #expect(throws: JSONSyntaxError.self) { try parse(text) }
    #expect(error.map { abs($0.offset - offset) <= 1 } == true, "\(text): \(error as Any)")
    #expect(error?.problem.isEmpty == false)
  }

  @Test func ofEqualKeysTheLastCountsOrNone() throws {
    #expect(try parse(#"{"a": 1, "a": 2}"#).object?["a"] == .integer(2))
    #expect(throws: JSONSyntaxError.self) { try parse(#"{"a": 1, "a": 2}"#, duplicates: .refused) }
  }

  @Test func depthIsBounded() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONSyntaxError.self) { try parse(deep) }
    let fine = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(throws: Never.self) { try parse(fine) }
  }

  @Test func whatIsWrittenIsReadAlike() throws {
    let value: JSONValue = [
      "text": "\"\\\u{1}\t\u{2028}é", "list": [.number(0.1), .integer(-3), .bool(false)],
      "empty": .object([]),
      "inner": ["none": .null],
    ]
    for isIndented in [false, true] {
      let text = try value.text(isIndented: isIndented)
      #expect(try parse(text) == value)
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }
    let error = #expect(throws: JSONNumberNotFinite.self) {
      _ = try JSONValue.object([.init("a", ["b": .number(.nan)])]).text()
    }
    #expect(error?.path == "a.b")
  }

  @Test func damagedTextsNeverCrashAndAgreeWithFoundation() throws {
    let corpus = [#"{"a": [1, 2.5, "x\u00e9"], "b": {"c": null}}"#, #"[["é", true], -1e-3, "😀"]"#].map {
      Data($0.utf8)
    }
    Fuzzing.run(corpus: corpus) { data in
      let own = try? JSONValue(parsing: data)
      // Ours also takes NaN and Infinity, as Python's reader does.
      guard own == nil, let text = String(bytes: data, encoding: .utf8), !text.contains("\0") else { return }
      let theirs = try? JSONSerialization.jsonObject(with: data)
      #expect(!(theirs is [Any] && text.allSatisfy(\.isASCII)), "\(text)")
    }
  }
}
