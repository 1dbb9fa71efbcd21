import CaptionMetrics
import Foundation
import Testing

@Suite struct DatasetTextListTests {
  private func texts(_ text: String, isPlain: Bool = false) throws -> [String] {
    try TextList(TextFile(name: "f", bytes: Array(text.utf8)), isPlain: isPlain).texts
  }

  @Test func everyKindOfListIsRead() throws {
    #expect(try texts("a dog\r\n\n a cat \n") == ["a dog", "", " a cat "])
    #expect(try texts("[\"a dog\",\n\"a \\\"cat\\\"\"]") == ["a dog", "a \"cat\""])
    #expect(try texts("\"a dog\"\n{\"id\": 1, \"caption\": \"a cat\"}\n\n") == ["a dog", "a cat"])
    #expect(try texts("{\"caption\": \"a dog\"}") == ["a dog"])
    #expect(try texts("[not json\n\"nor this\n", isPlain: true) == ["[not json", "\"nor this"])
    #expect(try texts("[]") == [])
  }

  @Test(arguments: [
    ("[\"a\", 1]", "f, line 1: text 2 is the number 1 where a string must be; write it in quotes."),
    ("[\"a\",\n{}]", "f, line 2: text 2 is an object"), ("{\"id\": 1}", "an object without a caption"),
    ("[\"a\"] b", "text follows the end of the JSON value"),
    ("\"a\" b\n", "text follows the end of the JSON value"),
    ("[\"a\"", "the JSON text ends before"),
  ])
  func faultsAreNamedWithTheirPlace(_ text: String, _ expected: String) {
    let error = #expect(throws: DatasetError.self) { try texts(text) }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }
}
