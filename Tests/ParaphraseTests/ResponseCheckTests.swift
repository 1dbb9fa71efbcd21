import Foundation
import Paraphrase
import TestSupport
import Testing

@Suite struct ResponseCheckTests {
  private let check = ResponseCheck()

  @Test(arguments: ["", "  ", "...", "—"]) func anAnswerWithoutWordsIsEmpty(answer: String) {
    #expect(check.fault(of: answer, to: "a dog runs") == .empty)
  }

  @Test(arguments: [
    "I'm sorry, but I can't help with that.", "I’m sorry, I can’t do this",
    "\"I cannot rewrite this caption\"",
    "As an AI language model I do not see images", "Sorry, no.",
  ])
  func refusalsAreTold(answer: String) {
    #expect(check.fault(of: answer, to: "a dog runs in the park") == .refusal)
  }

  @Test func aCaptionThatBeginsLikeARefusalMayBeParaphrased() {
    #expect(check.fault(of: "I'm sorry says the sign", to: "I'm sorry is what a sign says") == nil)
  }

  @Test(arguments: ["A dog runs!", "a dog, runs", "A  DOG RUNS ."]) func theCaptionItselfIsNoParaphrase(
    answer: String
  ) {
    #expect(check.fault(of: answer, to: "a dog runs") == .same)
  }

  @Test func neitherIsWhatCameBeforeIt() {
    #expect(check.fault(of: "A dog runs", to: "a hound moves", original: "a dog runs") == .same)
  }

  @Test(arguments: [
    ("two dogs run", "dogs run", "2"), ("2 dogs run", "three dogs run", "2"),
    ("a dozen of dogs", "several dogs", "12"),
    ("a bus with number 1,200 on it", "a bus with a number on it", "1200"),
    ("twenty-one cats", "twenty cats", "21"),
    ("3.5 metres of snow", "3 metres of snow", "3.5"), ("player 23 jumps", "a player jumps", "23"),
  ])
  func aLostNumberIsTold(caption: String, answer: String, number: String) {
    #expect(check.fault(of: answer, to: caption) == .lostNumber(number))
  }

  @Test(arguments: [
    ("two dogs run", "a pair of dogs is running"), ("2 dogs run", "two dogs are running"),
    ("one man sits", "a man is seated"),
    ("both men sit", "two men are seated"), ("a couple on a bench", "a man and a woman on a bench"),
    ("a pair of jeans hangs", "jeans are hanging"), ("twelve eggs lie there", "a dozen eggs are lying there"),
    ("21 cats sleep", "twenty-one cats are asleep"), ("a bus, number 1,200", "bus 1200"),
  ])
  func aNumberMayBeWrittenOtherwise(caption: String, answer: String) {
    #expect(check.fault(of: answer, to: caption) == nil)
  }

  @Test(arguments: [
    ("a man without a shirt", "a man with a shirt on"), ("a dog that is not running", "a dog that runs"),
    ("nobody is on the beach", "people are on the beach"), ("a door that isn't open", "an open door"),
  ])
  func aLostNegationIsTold(caption: String, answer: String) {
    #expect(check.fault(of: answer, to: caption) == .lostNegation)
  }

  @Test(arguments: [
    ("a man without a shirt", "a shirtless man"), ("nobody is on the beach", "an empty beach"),
    ("a girl with no shoes", "a barefoot girl"), ("the dog is not happy", "an unhappy dog"),
  ])
  func aNegationMayBeSaidOtherwise(caption: String, answer: String) {
    #expect(check.fault(of: answer, to: caption) == nil)
  }

  @Test func anAnswerMayBeTwiceAsLongOrEightWordsLonger() {
    let caption = "a dog runs"
    let eleven = "one brown dog keeps on running over grass in a park"
    #expect(eleven.split(separator: " ").count == 11)
    #expect(check.fault(of: eleven, to: caption) == nil)
    #expect(check.fault(of: eleven + " today", to: caption) == .tooLong(words: 12, limit: 11))
  }

  @Test func tooManyOfTheWordsToAvoidAreNamed() {
    let plain = "a brown dog running in the park"
    let original = "there is a brown dog that is running in the park"
    let fault = check.fault(of: "the dog runs around a brown park", to: plain, original: original)
    #expect(fault == .sharedWords(["brown", "dog", "park", "running"]))
    #expect(check.fault(of: "a brown hound dashes across the park", to: plain, original: original) == nil)
    #expect(
      ResponseCheck(sharedWords: 0.25).fault(
        of: "a brown hound dashes across the park", to: plain, original: original)
        == .sharedWords(["brown", "park"]))
    #expect(
      check.fault(of: "the dog runs around a brown park", to: plain) == nil, "the first step may keep words")
  }

  @Test func asciiTextsHaveTheWordsOfAnyText() {
    #expect(Words("A dog's well-worn 1,000.5 m2 ball,fast. 'x' -y- 3.a").list.count == 11)
    let corpus = ["A dog's well-worn 1,000.5 m2 ball,fast. 'x' -y- 3.a", "a--b c.,d 1.2.3 e' 'f"].map {
      Data($0.utf8)
    }
    Fuzzing.run(corpus: corpus, seed: 2, iterations: 3000) { input in
      let text = String(decoding: input.map { $0 & 0x7F }, as: UTF8.self)
      #expect(Words(text).list == Words.any(text), "\(text.debugDescription)")
    }
  }

  @Test func aSingleContentWordMayStay() {
    #expect(check.fault(of: "this is a zebra", to: "a zebra", original: "there is one zebra here") == nil)
  }
}
