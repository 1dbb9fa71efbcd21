"""Golden values of METEOR: pycocoevalcap 1.2, that is meteor-1.5.jar -stdio -l en -norm (Java), and snowballstemmer.

    python make_meteor_golden.py                     meteor/golden.json, from captions written here
    python make_meteor_golden.py FLICKR8K_FOLDER     meteor/flickr8k.json and .npy too, values alone

The first scores words with spaces between, as METEOR gets them, and captions as people write them. The second takes
each of the 40,460 captions of Flickr8k.token.txt as a candidate against the other four of its picture.
"""

import hashlib
import json
import random
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import snowballstemmer
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

FOLDER = Path(__file__).parent / "meteor"

SENTENCES = """a man is riding a large brown horse along the beach at sunset
a person rides a big horse on the sand
two dogs are running through the snow with a stick in their mouths
two puppies run in the snow carrying a piece of wood
a little girl in a pink dress is climbing up a set of stairs
the small child went up the steps in order to reach the door
several people stand in line at the bus stop in front of a building
a group of people waits for the bus outside of a large store
a young boy jumps off the dock into the lake
the kid is jumping into the water from a wooden pier
women are talking to each other near the window of a coffee shop
the woman speaks with her friend next to a café window
a surfer rides a huge wave while others watch from the shore
a man surfs as people look on
a mountain biker goes down a rocky trail through the forest
the cyclist is going downhill on a path in the woods
a band performs on stage for a crowd of thousands
musicians are playing music in front of many fans
a woman is slicing vegetables on a cutting board in the kitchen
someone cuts up carrots and onions with a sharp knife
the referee makes a call during the football game
an official is making a decision in a soccer match
children were laughing and throwing leaves in the park
kids play with the leaves that have fallen on the ground
an old man reads a newspaper on a park bench
an elderly gentleman sitting on a bench is reading the paper
a black and white cat sleeps on top of a red car
the kitty is asleep on the hood of an automobile
workers are repairing the road next to a tall yellow crane
men in orange vests fix the street
a couple gets married on the steps of the church
the bride and groom are posing for photographs after the wedding
a train is arriving at the station as passengers get ready to board
people are about to get on the train
he did not take part in the race because he was ill
she took part in the competition even though she was sick
the geese flew over the houses and the oxen stood in the fields
a goose flies above a house and an ox stands in a field
there is a lot of food on the table
plenty of dishes have been placed on the tables
the best players were given better prizes than the good ones
good players get the best of the awards""".splitlines()

ODD = [
    ("", ["a dog runs"]), ("a dog runs", [""]), ("", [""]), ("", ["", "a"]), ("a", ["", ""]),
    (". , ; !", [". , ; !"]), ("...", ["."]), ("-", ["--"]), ("' '", ["'"]), ("` `", ["'' \""]),
    ("dog", ["dog"]), ("dog", ["dogs"]), ("dogs", ["dog"]), ("dog", ["cat"]), ("the", ["a"]), ("a", ["a"]),
    ("the", ["the the the"]), ("the the the", ["the"]), ("the the the a a the", ["the a the the"]),
    ("a a a a a a a a a a a a", ["a a a a a a a a"]), ("zorks zorked", ["zork zorking"]), ("zorks", ["zork"]),
    ("geese", ["goose"]), ("better", ["good"]), ("went", ["travel"]), ("oxen", ["ox", "oxes"]),
    ("a t-shirt", ["a t shirt", "a tee-shirt"]), ("a 10-year-old", ["a ten year old", "10 year olds"]),
    ("it 's 5 o'clock", ["it 's five o 'clock", "its 5"]), ("i'j'k rock'n'roll", ["i 'j k rock 'n' roll"]),
    ("1,000 people", ["1000 people", "1 , 000 people"]), ("3.5 and 1,2,3", ["3.5 1 2 3"]),
    ("u.s. flag at 5 p.m.", ["us flag at 5 pm", "u.s flag at p.m"]), ("dr. no and mr. x vs. y", ["dr no mr x vs y"]),
    ("no. 5 is no. one", ["no . 5 is no . one"]), ("e.g. this i.e. that", ["eg this ie that"]),
    ("a/b and a&b and a_b", ["a / b and a & b and a _ b"]), ("-lrb- x -rrb-", ["( x )"]),
    ("don't can't won't", ["do n't ca n't wo n't", "do not can not will not"]),
    ("café naïve ñandú", ["cafe naive nandu", "café naïve ñandú"]), ("日本 の 犬", ["日本の犬", "犬"]),
    ("русский медведь", ["русский медведь спит"]), ("Ελλάδα", ["ελλάδα"]), ("smile 😀 👍🏽", ["😀 smile"]),
    ("“smart” ‘quotes’ – dash — em", ["\" smart \" ' quotes ' - dash — em"]), ("a -- b - c--d", ["a - b c d"]),
    ("one ||| two", ["one two"]), ("two men", ["one ||| two men"]), ("a", ["a ||| ||| b"]), ("a b", ["||| a"]),
    ("a b", ["a |||"]), ("a b", ["a b|||c", "d"]), ("a||||b", ["a||||b"]), ("one  two", ["one two"]), ("$5.00 50% #1", ["$ 5.00 50 % # 1"]),
    ("&amp; &lt; x", ["& < x", "& amp ; & lt ; x"]), ("tab\there", ["tab here"]), ("non\u00a0breaking", ["non breaking"]),
    ("THE DOG", ["the dog"]), ("end of line. Next", ["end of line next", "end of line. next"]),
]

RAW = [
    ("A man's dog isn't barking.", ["The man's dog is not barking!", "A dog (brown) doesn't bark."]),
    ("Two T-shirts, one for $5.00; one for 3 1/2 dollars...", ["2 t-shirts: $5 and $3.50", "Two shirts"]),
    ("He lives in the U.S. since 5 p.m.", ["In the U.S.A. he has lived.", "Mr. Smith vs. Dr. No."]),
    ("", ["A dog."]), ("???", ["!!!"]), ("a ||| b", ["a ||| b", "x|||y"]), ("\"Quoted\" -- and 'single' words", ["`Quoted` and single", "“Quoted”"]),
    ("Rock 'n' roll's best o'clock", ["rock n roll", "Rock'n'Roll"]), ("naïve café-goer", ["café goers are naïve"]),
    ("the 10-year-old's 1,000th run", ["a ten-year-old ran for the 1000th time"]),
]


PAIRS = [
    ("a dog runs across the grass", ["a dog is running through a field", "the brown dog runs on grass"]),
    ("a man rides a horse", ["a person riding on the back of a horse"]),
    ("two children play football in the park", ["kids are playing soccer outside", "two boys with a ball"]),
    ("a red car parked near a big house", ["an automobile stands by the large home"]),
    ("the woman smiled happily", ["a woman is smiling with happiness"]),
    ("a cat", ["a cat"]),
    ("cat", ["dog"]),
    ("the the the the", ["the cat sat on the mat"]),
    ("the cat sat on the mat the cat sat on the mat", ["the cat sat on the mat"]),
    ("", ["a cat on a sofa"]),
    ("a group of people stand around a table with food", ["several persons are standing next to a table of food"] * 3),
    ("he does n't want to go", ["he does not wish to leave"]),
    ("a plate of 3.5 kg of fish 's heads", ["a dish with fish heads"]),
    ("caf\u00e9 owners na\u00efvely waiting", ["the cafe owner waits naively"]),
    ("an airplane taking off from a runway", ["a plane takes off", "a jet is departing", "aircraft on a runway"]),
    ("a skier goes down the hill in order to win", ["a skier races downhill to win"]),
    ("mr. smith lives in the u.s.", ["mr smith lives in the us", "he resides in america"]),
    ("running runner runs ran", ["the runner ran a run"]),
    ("women and children", ["a woman and a child"]),
    ("a $ 100 bill", ["100 dollars", "a hundred dollar bill"]),
]


def pairs() -> list[tuple[str, list[str]]]:
    """The odd ones, and sentences against their neighbours, whole, shuffled, cut and chained."""
    generator = random.Random(1)
    result = [*ODD, *PAIRS]
    for index, sentence in enumerate(SENTENCES):
        others = [SENTENCES[index ^ 1], SENTENCES[(index + 2) % len(SENTENCES)]]
        result.append((sentence, others))
        words = sentence.split()
        generator.shuffle(words)
        result.append((" ".join(words), [sentence, *others]))
        result.append((sentence, generator.sample(SENTENCES, 10)))
        result.append((" ".join(sentence.split()[: generator.randint(1, 5)]), others[:1]))
    for count in (2, 3, 4, 5, 6, 8, 10):
        for _ in range(12):
            chains = [" ".join(generator.sample(SENTENCES, count)) for _ in range(2)]
            result.append((chains[0], chains[1:]))
    for _ in range(40):
        words = [word for sentence in generator.sample(SENTENCES, 4) for word in sentence.split()]
        bags = [" ".join(generator.choice(words) for _ in range(generator.randint(5, 60))) for _ in range(3)]
        result.append((bags[0], bags[1:]))
    words = sorted({word for candidate, references in PAIRS for text in [candidate, *references] for word in text.split()})
    for length in [1, 2, 3, 5, 8, 12, 20, 30, 45, 60] * 6:
        lengths = [max(1, length + generator.randint(-3, 3)) for _ in range(generator.randint(1, 5))]
        bags = [" ".join(generator.choices(words, k=length)) for length in [length, *lengths]]
        result.append((bags[0], bags[1:]))
    return result


def measure(items: list[tuple[str, list[str]]]) -> tuple[float, list[float], list[str]]:
    """The corpus value, each item's, and the counts that the jar prints."""
    meteor = Meteor()
    answered: list[str] = []
    ask = meteor._stat

    def listen(hypothesis: str, references: list[str]) -> str:
        answered.append(ask(hypothesis, references))
        return answered[-1]

    meteor._stat = listen
    truths = {index: references for index, (_, references) in enumerate(items)}
    corpus, scores = meteor.compute_score(truths, {index: [text] for index, (text, _) in enumerate(items)})
    return corpus, scores, answered


def tokenized(items: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """The items after pycocoevalcap's tokenizer."""
    tokenizer = PTBTokenizer()
    candidates = tokenizer.tokenize({index: [{"caption": text}] for index, (text, _) in enumerate(items)})
    truths = tokenizer.tokenize({index: [{"caption": text} for text in texts] for index, (_, texts) in enumerate(items)})
    return [(candidates[index][0], truths[index]) for index in range(len(items))]


def write(name: str, content: dict) -> None:
    """One file of golden values."""
    peers = {peer: version(peer) for peer in ("pycocoevalcap", "snowballstemmer")}
    text = json.dumps({"peers": peers, **content}, ensure_ascii=False, indent=0)
    (FOLDER / name).write_text(text + "\n", encoding="utf-8")


def section(items: list[tuple[str, list[str]]], given: list[tuple[str, list[str]]]) -> dict:
    """What was given, and the values of what METEOR got."""
    corpus, scores, counts = measure(items)
    rows = [
        {"candidate": text, "references": references, "score": score, "counts": count}
        for (text, references), score, count in zip(given, scores, counts, strict=True)
    ]
    return {"corpus": corpus, "items": rows}


def stems() -> list[list[str]]:
    """Words of all kinds of endings, with their stems."""
    roots = "generous community arsenal pony sky try happy relate condition digital radical hopeful run bat fizz feed"
    words = {word for sentence in SENTENCES for word in sentence.split()} | set(roots.split())
    endings = (
        "s es ed ing ingly edly ness fulness ly li ation ational ization izer ousli iveness biliti ogi logi alize icate "
        "iciti ical ative ment ement ance ence able ible ant ent ism ate iti ous ive ize ion sion tion er ic al ies ied "
        "eed eedly 's 's' ' ll y"
    ).split()
    generator = random.Random(2)
    words |= {generator.choice(sorted(words)) + generator.choice(endings) for _ in range(1500)}
    words |= set("skis skies dying lying tying idly gently ugly early only singly news howe atlas cosmos bias andes".split())
    words |= set("inning outing canning herring earring proceed exceed succeed 'tis a's by yyy say yes".split())
    stemmer = snowballstemmer.stemmer("english")
    return [[word, stemmer.stemWord(word)] for word in sorted(words)]


def flickr(folder: Path) -> None:
    """Values of all captions, a digest of their counts, and the first 5,000 of them."""
    captions: dict[str, list[str]] = {}
    for line in (folder / "Flickr8k.token.txt").read_text(encoding="utf-8").splitlines():
        key, caption = line.split("\t")
        captions.setdefault(key.split("#")[0], []).append(caption)
    given = [
        (texts[index], texts[:index] + texts[index + 1 :]) for texts in captions.values() for index in range(len(texts))
    ]
    corpus, scores, counts = measure(tokenized(given))
    digest = hashlib.sha256("\n".join(counts).encode()).hexdigest()
    write("flickr8k.json", {"corpus": corpus, "items": len(scores), "counts_sha256": digest})
    np.save(FOLDER / "flickr8k.npy", np.array(scores[:5000]))


def main() -> None:
    """Arguments: the folder of Flickr8k, if it is there."""
    FOLDER.mkdir(exist_ok=True)
    items = pairs()
    content = {"words": section(items, items), "captions": section(tokenized(RAW), RAW), "stems": stems()}
    write("golden.json", content)
    if len(sys.argv) > 1:
        flickr(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
