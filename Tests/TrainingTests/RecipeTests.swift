import Foundation
import TestSupport
import Testing
import Training

@Suite struct RecipeTests {
  static let text = """
    # A recipe
    name: flickr
    seed: 17
    data:
      images: ${DATA:-images}/images
      captions: [a.txt, /b.txt]
    stages:
      - kind: image
        epochs: 3
        rate: 1e-3
        loss: {l1: 1, sr: {weight: 0.5, lambda: 10}}
      - kind: text
        epochs: 1_000
        frozen: true
        rate:

    """

  enum Kind: String, CaseIterable {
    case image, text, joint
  }

  static func recipe(
    _ text: String = text, settings: [String] = [], variables: [String: String] = [:]
  ) throws -> Recipe {
    try Recipe(
      text: text, name: "r.yaml", folder: URL(fileURLWithPath: "/recipes"), settings: settings,
      variables: variables)
  }

  @Test func valuesAreReadByTheirTypes() throws {
    let keys = try Self.recipe().root.keys()
    #expect(try keys.string("name") == "flickr")
    #expect(try keys.int("seed", in: 0...100) == 17)
    #expect(try keys.int("none", default: 4) == 4)
    let data = try #require(try keys.keys("data"))
    #expect(try data.url("images").path == "/recipes/images/images")
    #expect(try data.urls("captions").map(\.path) == ["/recipes/a.txt", "/b.txt"])
    let stages = try keys.list("stages")
    #expect(stages.map(\.line) == [8, 12])
    let first = try stages[0].keys()
    #expect(try first.choice("kind") == Kind.image)
    #expect(try first.number("rate") == 1e-3)
    let sr = try #require(try first.keys("loss")?.keys("sr"))
    #expect(try sr.number("weight", in: 0...1) == 0.5)
    let second = try stages[1].keys()
    #expect(try second.int("epochs") == 1000)
    #expect(try second.bool("frozen", default: false))
    #expect(!second.has("rate"))
    #expect(try second.number("rate", default: 2) == 2)
    try keys.end()
    #expect(second.names == ["kind", "epochs", "frozen", "rate"])
  }

  @Test func whatIsWrongIsNamedWithItsPathAndLine() throws {
    let root = try Self.recipe().root.keys()
    let stages = try root.list("stages")
    let loss = try #require(try stages[0].keys().keys("loss"))
    let sr = try #require(try loss.keys("sr"))
    #expect(
      message { try sr.number("weight", in: 1...2) }
        == "r.yaml, line 11: stages[0].loss.sr.weight should be a number from 1.0 to 2.0, found 0.5. Correct it."
    )
    #expect(message { try root.int("name") }.contains("line 2: name should be a whole number, found flickr"))
    #expect(message { try root.list("name") }.contains("name should be a list, found flickr"))
    #expect(message { try root.keys("seed") }.contains("seed should be keys with values, found 17"))
    #expect(message { try root.string("stages") }.contains("should be a text, found a list of 2"))
    #expect(message { try root.int("seed", in: 20...30) }.contains("a whole number from 20 to 30, found 17"))
    #expect(message { try root.int("seed", in: 20...Int.max) }.contains("of at least 20"))
    #expect(message { try stages[0].keys().choice("rate") as Kind }.contains("one of image, text, joint"))
    #expect(
      message { throw stages[1].refused("x") }.contains("line 12: stages[1] should be x, found keys (kind"))
    let quoted = try Self.recipe("a: \"3\"\nb: 1e400\nc: .nan\nd: yes\n").root.keys()
    #expect(message { try quoted.int("a") }.contains("found the text \"3\""))
    #expect(message { try quoted.number("b") }.contains("a number, found 1e400"))
    #expect(message { try quoted.number("c") }.contains("a number"))
    #expect(message { try quoted.bool("d") }.contains("true or false, found yes"))
  }

  @Test func unknownAndMissingKeysNameTheNearest() throws {
    let keys = try Self.recipe("epochs: 1\nweigth: 2\n").root.keys()
    _ = try keys.int("epochs")
    #expect(
      message { try keys.number("weight") }
        == "r.yaml, line 1: weight is missing; did you mean it by \"weigth\"?")
    _ = try keys.number("weight", default: 1)
    #expect(
      message { try keys.end() } == "r.yaml, line 2: weigth is not known; did you mean \"weight\"?")
    let other = try Self.recipe("stages:\n  - kind: image\n    zebra: 2\n").root.keys()
    let stage = try other.list("stages")[0].keys()
    _ = try stage.string("kind")
    _ = try stage.int("epochs", default: 1)
    #expect(
      message { try stage.end() }
        == "r.yaml, line 3: stages[0].zebra is not known; what can stand there is: \"kind\", \"epochs\".")
    #expect(message { try stage.int("gone") }.contains("stages[0].gone is missing. Add it."))
    let word = try Self.recipe("kind: imge\n").root.keys()
    #expect(message { try word.choice("kind") as Kind }.contains("(perhaps image)"))
  }

  @Test func theNamesOfOtherTrainingProgramsNameTheKey() throws {
    let keys = try Self.recipe("lr: 1e-3\nwarmup: 100\naccum-freq: 2\n").root.keys()
    #expect(
      message { try keys.number("learning_rate") }
        == "r.yaml, line 1: there is no key \"lr\"; it is called \"learning_rate\".")
    let others = try Self.recipe("stages:\n  - warmup_steps: 100\n").root.keys().list("stages")[0].keys()
    _ = try others.number("warmup_epochs", default: 0)
    #expect(
      message { try others.end() }
        == "r.yaml, line 2: there is no key \"stages[0].warmup_steps\"; it is called \"warmup_epochs\" (in epochs)."
    )
    // A key that is not read here is not offered.
    let elsewhere = try Self.recipe("lr: 1\n").root.keys()
    _ = try elsewhere.int("epochs", default: 1)
    #expect(message { try elsewhere.end() }.contains("lr is not known; what can stand there is: \"epochs\"."))
    let set = try Self.recipe("epochs: 1\n", settings: ["accum-freq=4"]).root.keys()
    _ = try set.int("epochs")
    _ = try set.int("grad_accumulation_steps", default: 1)
    #expect(
      message { try set.end() }
        == "--set accum-freq=4: there is no key \"accum-freq\"; it is called \"grad_accumulation_steps\".")
  }

  @Test func variablesAndSettingsReplaceValues() throws {
    let recipe = try Self.recipe(
      settings: [
        "stages[1].epochs=5", "data.images=/x y/z", "seed=3", "new.deep.key=[1, 2]", "name=*.jpg", "data.e=",
      ],
      variables: ["DATA": "/big"])
    let keys = try recipe.root.keys()
    #expect(try keys.list("stages")[1].keys().int("epochs") == 5)
    #expect(try keys.keys("data")?.url("images").path == "/x y/z")
    #expect(try keys.int("seed") == 3)
    #expect(try keys.keys("new")?.keys("deep")?.numbers("key") == [1, 2])
    #expect(try keys.string("name") == "*.jpg")
    #expect(try keys.keys("data")?.has("e") == false)
    let plain = try Self.recipe(variables: ["DATA": "/big"]).root.keys()
    #expect(try plain.keys("data")?.url("images").path == "/big/images")
    let needy = try Self.recipe("a: x/${NOT_SET}/y\nb: ${A\nc: ${}\n").root.keys()
    #expect(message { try needy.string("a") }.contains("a uses ${NOT_SET}, which is not set"))
    #expect(message { try needy.string("b") }.contains("never closed"))
    #expect(message { try needy.string("c") }.contains("names no variable"))
    let number = try Self.recipe("n: ${N:-5}\n", variables: ["N": "7"]).root.keys()
    #expect(try number.int("n") == 7)
    for (setting, problem) in [
      ("seed", "there is no ="), ("stages[9].epochs=1", "no element 9"), ("a..b=1", "is empty"),
      ("name.x=1", "cannot be set inside flickr"), ("seed[0]=1", "no list"),
      ("stages[x]=1", "a number in brackets"),
      ("stages[0=1", "a number in brackets"), ("=1", "is empty"),
    ] {
      #expect(message { try Self.recipe(settings: [setting]) }.contains(problem), "\(setting)")
    }
  }

  @Test func whatASettingSaysIsNamedByTheSetting() throws {
    func keys(_ settings: String...) throws -> RecipeKeys {
      let keys = try Self.recipe(settings: settings).root.keys()
      for name in ["name", "seed", "data", "stages"] { _ = keys.has(name) }
      return keys
    }
    let wrong = try keys("stages[0].epochs=soon")
    #expect(
      message { try wrong.list("stages")[0].keys().int("epochs") }
        == "--set stages[0].epochs=soon: stages[0].epochs should be a whole number, found soon. Correct it.")
    #expect(message { try wrong.list("stages")[1].keys().int("kind") }.hasPrefix("r.yaml, line 12: "))
    #expect(message { try keys("sed=1").end() } == "--set sed=1: sed is not known; did you mean \"seed\"?")
    // A setting that replaces what the file has is as probable as one that adds a key.
    let stage = try keys("stages[0].rat=1").list("stages")[0].keys()
    for name in ["kind", "epochs", "rate", "loss", "ratio"] { _ = stage.has(name) }
    #expect(
      message { try stage.end() }
        == "--set stages[0].rat=1: stages[0].rat is not known; did you mean \"rate\"?")
    let nested = try keys("more={a: [1, x]}")
    #expect(
      message { try nested.node("more").keys().numbers("a") }.hasPrefix(
        "--set more={a: [1, x]}: more.a[1] should"))
    #expect(
      message { try keys("more.b=1").node("more").keys().int("c") }.hasPrefix(
        "--set more.b=1: more.c is missing"))
    #expect(
      message { try keys("name=${NOT_SET}").string("name") }.hasPrefix("--set name=${NOT_SET}: name uses"))
    #expect(message { try keys("seed") }.hasPrefix("--set seed: there is no ="))
    let row = try Recipe(
      text: Self.text, name: "r.yaml", folder: URL(fileURLWithPath: "/recipes"), settings: ["seed=x"],
      settingsName: "row \"a\", set")
    #expect(message { try row.root.keys().int("seed") }.hasPrefix("row \"a\", set seed=x: seed should"))
  }

  @Test func pathsOfSettingsAndVariablesStartFromWhereTheUserIs() throws {
    let keys = try Self.recipe(
      "a: ${A:-x}/y\nb: ${B:-x}/y\nc: x\nd: x/${A}\n", settings: ["e=z/y", "c=~/y"],
      variables: ["A": "here", "HOME": "/home/me"]
    ).root.keys()
    let here = FileManager.default.currentDirectoryPath
    #expect(try keys.url("a").path == here + "/here/y")
    #expect(try keys.url("b").path == "/recipes/x/y")
    #expect(try keys.url("c").path == "/home/me/y")
    #expect(try keys.url("d").path == "/recipes/x/here")
    #expect(try keys.url("e").path == here + "/z/y")
    let row = try Recipe(
      text: "a: x\n", name: "r.yaml", folder: URL(fileURLWithPath: "/recipes"), settings: ["a=z"],
      settingsFolder: URL(fileURLWithPath: "/tables"))
    #expect(try row.root.keys().url("a").path == "/tables/z")
  }

  @Test func brokenAndHostileTextsAreRefused() throws {
    for (text, problem) in [
      ("a: [1, 2\nb: 3\n", "line"), ("", "the recipe is empty"), ("# nothing\n", "the recipe is empty"),
      ("a: 1\na: 2\n", "\"a\" stands there twice"),
      ("a: &x 1\nb: 2\n", "line 1: \"&x\" looks like an anchor"),
      ("a: 1\nb: *x\n", "line 2: \"*x\" looks like an anchor"), ("? [a, b]\n: 1\n", "a key must be a word"),
      ("a: 1\n---\nb: 2\n", "single document"),
      (String(repeating: "[", count: 200) + String(repeating: "]", count: 200), "64 levels"),
      (String(repeating: "[", count: 100_000), "line"), (String(repeating: "- ", count: 100_000), "line"),
      ("a: " + String(repeating: "x", count: 300_000), "at most 256 KiB"),
      ("# don't *do* \"*this\": *x", "anchor"), ("a: \"\n# \", b: *x\n", "anchor"),
    ] {
      #expect(message { try Self.recipe(text) }.contains(problem), "\(text.prefix(40))")
    }
    // What only looks like an alias.
    for text in ["a: 2 * 3\n", "a: R&D\n", "a: x/*.jpg\n", "# see *this* & that\na: 1\n", "a: 1 # or *b\n"] {
      #expect(message { try Self.recipe(text) } == "no error", "\(text)")
    }
  }

  @Test func filesAreReadAndTheirPathsAreTheirs() throws {
    try TestData.withTemporaryFolder { folder in
      let url = try MadeUp.file("r.yaml", "x: a/b\n", in: folder)
      #expect(try Recipe(contentsOf: url).root.keys().url("x").path == folder.path + "/a/b")
      // `..` leads out of the folder again, unless the folder is a link, which leads elsewhere.
      let recipes = folder.appendingPathComponent("recipes")
      let link = folder.appendingPathComponent("link")
      try FileManager.default.createDirectory(at: recipes, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: recipes)
      for (start, path) in [(recipes, "a"), (link, "link/../a")] {
        let inner = try MadeUp.file("r.yaml", "x: ../a\n", in: start)
        #expect(try Recipe(contentsOf: inner).root.keys().url("x").relativePath == "\(folder.path)/\(path)")
      }
      #expect(message { try Recipe(contentsOf: folder) }.contains("it is not a file"))
      #expect(
        message { try Recipe(contentsOf: folder.appendingPathComponent("no")) }.contains("cannot be read"))
      try Data([0xFF, 0xFE, 0x41]).write(to: url)
      #expect(message { try Recipe(contentsOf: url) }.contains("not UTF-8"))
      try Data(count: 1 << 20).write(to: url)
      #expect(message { try Recipe(contentsOf: url) }.contains("at most 256 KiB"))
    }
  }

  @Test func arbitraryTextsNeverCrash() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\n? [*b, *b]\n: {*a : *b}\n"
    let odd = "%YAML 1.1\n---\n!!map {? a : !t b, 'c': \"\\x41\", d: |2-\n    e\n, <<: {a: b}}\n...\n"
    let corpus = [Self.text, bomb, odd, "- [a, {b: c}]\n- >\n  folded\n  text\n"].map { Data($0.utf8) }
    Fuzzing.run(corpus: corpus) { data in
      let text = String(decoding: data, as: UTF8.self)
      let recipe = try Self.recipe(
        text, settings: ["stages[0].epochs=\(text.prefix(20))", String(text.prefix(30))])
      let keys = try recipe.root.keys()
      for name in keys.names {
        _ = try? keys.int(name)
        _ = try? keys.number(name, in: 0...1)
        _ = try? keys.urls(name)
        _ = try? keys.choice(name) as Kind
        _ = try? keys.keys(name)?.end()
        _ = try? keys.list(name).map { try $0.keys().end() }
      }
      _ = try? keys.node("stagse")
      try keys.end()
    }
  }
}
