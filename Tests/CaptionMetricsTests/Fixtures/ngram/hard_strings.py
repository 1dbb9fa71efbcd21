"""Strings that are hard to split into words, made from a seed."""

import random

PIECES = """a b x A B ab Ab AB man The It dog's don't DON'T can't cannot CANNOT gonna gotta lemme gimme wanna 'tis 'twas
'em 'n 'n' o'clock O'Neill d'Artagnan l'amour y'all ma'am C'mon Ho'ohu n'djamena '90s '05 rock'n'roll somethin' ol'
Mr. Mrs. Dr. St. Ave. Blvd. Jan. Feb. etc. e.g. i.e. vs. U.S. U.S.A. u.s. D.C. Ph.D. a.m. P.M. Inc. Co. Ltd. ltd Pty.
PTY. No. no. fig. pp. art. Jr. A. x. J.R. foo. Calif. messrs. al. ca. mass. Mass. non-U.S. EU-U.S. U.S.-U.K.
well-known state-of-the-art e-mail T-shirt a--b x- -x 3-D 10-year-old a_b 5-6 a-5.5 a.b-c a,b-c x-A.B. é-a
$5 $5.00 US$5 C$ A$10 #5 £5 €5 ¥5 5¢ 5% 50,000 1,000.50 .5 0.5 5. -5 +5 10:30 10:30am 10am 2x4 24/7 1/2 11/2
10/11/2012 10-11-12 3rd 1st ½ ¼ ⅓ 1⁄2 ² x² ²³ ⁺² 555-123-4567 555-1234 1-800-555-1234 555.123.4567
http://a.b/c?d=e https://x.yz HTTP://A.B www.google.com google.com a.b.com x.org foo@bar.com <foo@bar.com> @user #tag
a@b test.jpg a.b.txt x.html 5.pdf Foo.COM C# f# c++ :) :-) :( ;) :D :P =) :'( <3 ^_^ -_- (^_^) o_O :\\
[ ] ( ) { } < > << >> <b> </b> <br/> <!--x--> <?x?> &lt; &gt; ! ? !! ?! ... .... .. . … , ; : @ @@ # ## _ __ * ** \\*
~ ^ | = + ++ & % / \\ \\/ ` `` ' '' " “ ” ‘ ’ « » ‹ › „ ‚ - -- --- ------ — – &amp; &quot; &apos; &nbsp; &mdash;
&eacute; &#39; &copy; &HT; A&B A&amp;B AT&T a&b A+B R&B S&P-500 S&Ls C.D.s pro- anti- -LRB- either/or a/b/c a/b/c/d w/
w/o a-b/c-d é naïve Zoë café cafe\u0301 日本語 中文 русский العربية हिन्दी ไทย 한국어 ﬁ Ａ １ ٣ ٫ ß İ ΣΑΣ ς 、 。 ！ © ™ ° 5°
· • 😀 👩\u200d👩\u200d👧 🇫🇷 Yahoo! OK! hey!you what?now end.Start n't 's 'll 'S 'd 're c'est Cap'n s'mores ev'ry o'er o'o
Dunkin' 'cause 'til 'till it's IT'S it’s don’t don`t o‘clock 1's 5'6" they'd've _x x_ \x01 \x7f""".split()
PIECES += ["1 1/2", "(555) 123-4567", "+1 555 123 4567", ". . .", '<a href="x y">', "<a b='c'>", "soft\u00adhyphen",
           "\u00ad", "\u2010", "\u2011", "\u200b", "\u200d", "\ufeff", "\u00a0", "\u2003", "\u3000", "\t"]
LETTERS = "aAbzZ159.,-_'/:&;<>()[]{}\"`!?@#$%^*+=|~\\ éñ1’“”\u00ad\u00a0"


def line(source):
    """One to nine pieces, some of them damaged, most of them with a space after."""
    text = ""
    for _ in range(source.randint(1, 9)):
        piece = source.choice(PIECES)
        if source.random() < 0.15:
            at = source.randrange(len(piece))
            kind = source.random()
            if kind < 0.3:
                piece = piece[:at] + piece[at + 1:]
            elif kind < 0.6:
                piece = piece[:at] + source.choice(LETTERS) + piece[at:]
            elif kind < 0.8:
                piece = piece[:at] + piece[at].swapcase() + piece[at + 1:]
            else:
                piece += piece[at:]
        text += piece
        if source.random() < 0.62:
            text += " " if source.random() < 0.95 else "  "
    return text


def lines(seed, count):
    source = random.Random(seed)
    return [line(source) for _ in range(count)]
