"""Texts that are hard on a tokenizer, the same ones at every run."""

import random
import unicodedata

RANDOM = random.Random(20240229)

WORDS = (
    "a photo of the cat dog man woman riding skateboard holding umbrella beside street standing kitchen table "
    "two people are playing tennis it's don't we're they've I'll he'd I'm dog's BLUE Red GreenHouse x-ray 3d "
    "surfboard giraffe's hydrant microwave pizza broccoli snowboarder zebras traffic-light"
).split()
ACCENTED = "café naïve Ångström São Köln über résumé piñata façade Œuvre smørrebrød İstanbul ISPARTA ırmak Łódź".split()
SPECIAL = [
    "<|startoftext|>", "<|endoftext|>", "<|STARTOFTEXT|>", "<|EndOfText|>", "<start_of_text>", "<end_of_text>",
    "<START_OF_TEXT>", "<|startoftext", "|endoftext|>", "<|end<|endoftext|>oftext|>", "</w>", "<|startoftext|>!!",
    "!!<|endoftext|>", "<\u017ftart_of_text>", "<|\u017ftartoftext|>", "<unk>", "[PAD]",
]
ENTITIES = [
    "&amp;", "&amp;amp;", "&amp;amp;amp;", "&lt;b&gt;", "&quot;hi&quot;", "&#39;s", "&#x27;t", "&eacute;", "&EACUTE;",
    "&nbsp;", "&copy", "&copy2024", "&notit;", "&notin;", "&hellip;", "&#8217;s", "&#0;", "&#128;", "&#150;", "&#xD800;",
    "&#1114112;", "&#99999999999;", "&#x1F600;", "&unknown;", "&", "&&", "&;", "&#;", "&#x;", "&AMP;", "&Amp;", "&GT",
    "&NotEqualTilde;", "&CounterClockwiseContourIntegral;", "&ThickSpace;", "&#x41", "&#65b", "&szlig;", "&SZLIG;",
    "&frac12;", "&FRAC12;", "&Tab;x", "&NewLine;y", "&zwj;", "&ltimes;", "&lt;start_of_text&gt;", "&#12;", "&#11;", "&#13;",
    "&#x85;", "&#65534;", "&#59;", "&amp;lt;", "&ampamp;", "&#38;amp;", "&#x00000041;", "&thetasym;", "&Dot;", "&fjlig;",
]
SPACES = [" ", "  ", "\t", "\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u1680",
          "\u180e", "\u2000", "\u2007", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"]
ZERO_WIDTH = ["\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f", "\u061c"]
EMOJI = ["😀", "👨‍👩‍👧‍👦", "👩🏽‍🚀", "🏳️‍🌈", "🇺🇳", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "❤️", "1️⃣", "☺",
         "🤷🏻‍♂️", "🫠", "🐈‍⬛", "©", "™", "…", "—", "‘quoted’", "“quoted”", "„low“", "‚low‘", "«a»", "′", "ʼ"]
SCRIPTS = {
    "cjk": "一只猫坐在桌子上的照片日本語の写真ひらがなカタカナ漢字𠀀𪚥㐀",
    "hangul": "고양이가소파에앉아있다한국어각힣",
    "arabic": "صورة لقطة تجلس على الطاولة السَّلامُ عَلَيْكُمْ ٣٤٥",
    "hebrew": "תמונה של חתול שִׁלּוֹם",
    "devanagari": "बिल्ली की एक तस्वीर क्षि १२३",
    "thai": "รูปแมวนั่งบนโต๊ะ ๑๒๓ กำ",
    "greek": "ΦΩΤΟΓΡΑΦΙΑ ΓΑΤΑΣ ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ άέήίόύώ ᾳᾴ",
    "cyrillic": "Фото кошки ЁЖ й ї ґ Ѣ",
    "armenian": "Կատվի լուսանկար և",
    "georgian": "კატა ᲙᲐᲢᲐ ႠႡ",
    "tamil": "பூனை கொ ௧௨",
    "vietnamese": "Một bức ảnh chụp con mèo ở trên bàn",
    "cherokee": "ᎠᎡᎢ ꭰꭱ",
    "deseret": "𐐀𐐁𐐨 𞤀𞤢",
    "mathematical": "𝐀𝒷𝔠 ℵℕ ½ ⅷ ② ³ ₄ 𝟘 ㊀ 〇 Ⅻ ↈ",
}
FULL_WIDTH = ["ＡＢＣ　１２３", "ｃａｔ！？", "ﾀｰﾝ", "ｶﾞｷﾞ", "ﾡﾢ", "￥￡￣", "（ｄｏｇ）", "ﬁne ﬂow ﬀ ﬃ ﬆ ﬅ", "Ĳssel ǅ Ǆ ŉ"]
MARKS = "\u0300\u0301\u0302\u0303\u0307\u0308\u030a\u0323\u0327\u0328\u0331\u0345\u05b8\u05bc\u064b\u0651\u093c\u094d\u0e38\u1dc0\u20d0\u3099\u309a"
CONTROL = "".join(map(chr, range(0x20))) + "\x7f" + "".join(map(chr, range(0x80, 0xA0))) + "\ufff9\ufffb\ufffc\ufffd\ufffe\uffff"
MOJIBAKE = ["schÃ¶n", "l’humanitÃ©", "âœ” No problems", "Ã©tÃ©", "â€œquotesâ€\x9d", "ÃƒÂ©", "sÃ³", "Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "\x93x\x94", "\x85"]
ESCAPES = ["\x1b[31mred\x1b[0m", "\x1b[1;32m", "\x1b[", "\x1b[m", "\x1b[٣m", "\x1b]0;t\x07"]
QUOTES = ["'s", "'S", "'t", "'re", "'RE", "'ve", "'m", "'ll", "'d", "'r", "'v", "'l", "''s", "'\u017f", "'LL", "’s", "’RE", "'", "''", "'x", "'st", "'\ufb05"]


def any_character(low=0, high=0x110000):
    while True:
        c = RANDOM.randrange(low, high)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def assigned():
    while True:
        c = any_character(0x80, 0x20000)
        if unicodedata.category(c) not in ("Cn", "Co"):
            return c


def random_case(word):
    return "".join(RANDOM.choice((c.upper(), c.lower(), c)) for c in word)


def jumble(pool, low, high, joint=""):
    return joint.join(RANDOM.choice(pool) for _ in range(RANDOM.randint(low, high)))


def sentence():
    return " ".join(RANDOM.choice(WORDS) for _ in range(RANDOM.randint(2, 12)))


def mixed():
    pool = [sentence, lambda: RANDOM.choice(ACCENTED), lambda: RANDOM.choice(SPECIAL), lambda: RANDOM.choice(ENTITIES),
            lambda: RANDOM.choice(SPACES), lambda: RANDOM.choice(ZERO_WIDTH), lambda: RANDOM.choice(EMOJI),
            lambda: RANDOM.choice(FULL_WIDTH), lambda: RANDOM.choice(QUOTES), lambda: jumble("!?.,;:#@*()[]<>|/\\-_=+", 1, 6),
            lambda: jumble(RANDOM.choice(list(SCRIPTS.values())), 1, 10), lambda: str(RANDOM.randrange(10**6))]
    return "".join(RANDOM.choice(pool)() for _ in range(RANDOM.randint(1, 8)))


def marked():
    """Letters with marks, composed, decomposed, or in a wrong order."""
    text = ""
    for _ in range(RANDOM.randint(1, 8)):
        text += RANDOM.choice("aeiouAEIOUcnsCNSyωиЁकか가ᄀ" + "각에ㅏ") + jumble(MARKS, 0, 3)
    return unicodedata.normalize(RANDOM.choice(("NFC", "NFD", "NFKC")), text) if RANDOM.random() < 0.5 else text


def jamo():
    pools = [range(0x1100, 0x1115), range(0x1160, 0x1178), range(0x11A6, 0x11C5), range(0xAC00, 0xAC40), [0x20, 0x301]]
    return "".join(chr(RANDOM.choice(RANDOM.choice(pools))) for _ in range(RANDOM.randint(2, 8)))


def strings():
    """(kind, text) pairs."""
    yield "empty", ""
    for kind, pool in (("special", SPECIAL), ("entity", ENTITIES), ("emoji", EMOJI), ("width", FULL_WIDTH), ("escape", ESCAPES),
                       ("quote", QUOTES), ("mojibake", MOJIBAKE), ("accent", ACCENTED)):
        for text in pool:
            yield kind, text
            yield kind, f"A photo{text}of {text} cat"
    for text in SPACES + ZERO_WIDTH + list(CONTROL):
        yield "space", f"one{text}two {text} three{text}"
    for script, text in SCRIPTS.items():
        yield script, text
        yield script, unicodedata.normalize("NFD", text)
        for _ in range(12):
            yield script, jumble(text, 1, 25)
    for _ in range(150):
        yield "accent", " ".join(unicodedata.normalize(RANDOM.choice(("NFC", "NFD")), random_case(RANDOM.choice(ACCENTED))) for _ in range(4))
    for _ in range(150):
        yield "case", random_case(sentence())
    for _ in range(150):
        yield "marks", marked()
    for _ in range(80):
        yield "jamo", jamo()
    for _ in range(120):
        yield "quote", jumble(WORDS + QUOTES, 2, 8, RANDOM.choice(("", " ")))
    for _ in range(120):
        yield "special", jumble(SPECIAL + WORDS + ["!", " ", "<", "|>"], 2, 7, RANDOM.choice(("", " ")))
    for _ in range(150):
        yield "entity", jumble(ENTITIES + WORDS + [";", "&", "#"], 2, 7, RANDOM.choice(("", " ")))
    for _ in range(80):
        yield "emoji", jumble(EMOJI + WORDS, 2, 7, RANDOM.choice(("", " ")))
    for _ in range(60):
        yield "control", jumble(CONTROL + "ab ", 1, 10)
    for _ in range(100):
        yield "assigned", "".join(assigned() for _ in range(RANDOM.randint(1, 12)))
    for _ in range(100):
        yield "any", "".join(any_character() for _ in range(RANDOM.randint(1, 8)))
    for _ in range(60):
        yield "latin", "".join(any_character(0x20, 0x250) for _ in range(RANDOM.randint(1, 12)))
    for _ in range(20):
        yield "long", jumble("abcdefghijklmnopqrstuvwxyz", 40, 60)
    for _ in range(12):
        yield "long", jumble("etaoinshr", 100, 400)
    yield "long", "a" * 300
    yield "long", "!" * 300 + "é" * 100
    yield "long", "猫" * 120
    yield "long", "ab" * 200 + "'" * 50
    for _ in range(10):
        yield "long", " ".join(sentence() for _ in range(12))
    for _ in range(420):
        yield "mixed", mixed()
