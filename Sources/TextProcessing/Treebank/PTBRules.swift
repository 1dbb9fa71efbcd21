import Files

/// What becomes of the text that a rule matches.
enum TokenAction: Sendable {
  /// The text itself, without soft hyphens.
  case word
  /// The text itself.
  case raw
  /// The text itself, with `&amp;` written out.
  case ampersands
  /// The text itself, with its spaces made unbreakable.
  case spaced
  /// The text itself, with spaces made unbreakable and brackets in the treebank's writing.
  case bracketed
  /// The text without its last characters, which are read again as the next token.
  case cut(Int)
  /// An abbreviation at the end of a sentence: its point is also a token of its own. A single letter loses it.
  case sentenceEnd
  /// Quotation marks.
  case quotes
  /// A quotation mark that opens.
  case openingQuotes
  /// A character that may be written otherwise in the treebank (currency, fractions).
  case symbol
  /// Always the same token.
  case fixed(StaticString)
  /// Nothing.
  case skip
}

/// One kind of token: its form, what must follow it, and what becomes of it.
struct TokenRule: Sendable {
  let body: String
  let context: String?
  let action: TokenAction

  init(_ body: String, before context: String? = nil, _ action: TokenAction) {
    self.body = body
    self.context = context
    self.action = action
  }
}

/// The tokens of the Penn Treebank as pycocoevalcap's tokenizer splits them, told apart by their form.
///
/// The longest form wins, what must follow included; of the forms that reach as far, the first.
enum PTBRules {
  /// Parts of forms, each written with those before it.
  static let definitions: [(name: String, pattern: String)] = [
    ("apos", #"\q|&apos;"#),
    ("anyApos", #"\p|&apos;"#),
    ("alnum", #"[\a\d]"#),
    // Words, with points inside.
    ("accented", #"&[aeiouAEIOU](acute|grave|uml);"#),
    ("letter", #"\l|<accented>"#),
    ("word", #"<letter>(<letter>|\d)*([.!?]<letter>(<letter>|\d)*)*"#),
    ("elision", #"[dDoOlL]<anyApos><alnum>"#),
    ("thing", #"<elision>?<alnum>+([\-_\y]<elision>?<alnum>+)*"#),
    ("joint", #"[A-Z]+((\+|&|&amp;)[A-Z]+)+"#),
    ("part", #"[A-Za-z0-9]+(-[A-Za-z]+){0,2}"#),
    ("slashed", #"<part>(\\?/<part>){1,2}"#),
    ("initials", #"[A-Za-z](\.[A-Za-z])+|(Canada|Sino|Korean|EU|Japan|non)-U\.S|U\.S\.-(U\.K|U\.S\.S\.R)"#),
    ("compound", #"[A-Za-z0-9][A-Za-z0-9.,\h]*(-([A-Za-z0-9\h]+|<initials>\.))+"#),
    ("clitic", #"<apos>([msdMSD]|re|ve|ll)"#),
    ("not", #"n<anyApos>t"#),
    // Abbreviations.
    ("ending", PTBAbbreviations.pattern(PTBAbbreviations.ending)),
    ("endingCapitalized", PTBAbbreviations.pattern(PTBAbbreviations.endingCapitalized)),
    ("business", #"pp?t([e]s?|[y]s?)"#),
    ("ends", #"(<ending>|<endingCapitalized>|<business>|(Ed|Ph)\.D)\."#),
    ("leads", "(" + PTBAbbreviations.pattern(PTBAbbreviations.leading) + #"|m[f]g|m[t]g|[A-Za-z])\."#),
    ("numbered", "(" + PTBAbbreviations.pattern(PTBAbbreviations.beforeNumber) + #")\."#),
    ("opener", "(" + PTBAbbreviations.pattern(PTBAbbreviations.openers) + #"|[M]r\.|[M]s\.)"#),
    // Numbers.
    ("decimal", #"\d+([.:,\h\m]\d+)*|\d*([.:,\h\m]\d+)+"#),
    ("date", #"\d{1,2}[\-/]\d{1,2}[\-/]\d{2,4}"#),
    ("fraction", #"(\d{1,4}[\- \z])?\d{1,4}(\\?/|\c)\d{1,4}"#),
    (
      "telephone",
      #"(\([0-9]{2,3}\)[ \z]?|(\+\+?)?([0-9]{2,4}[\- \z])?[0-9]{2,4}[\- \z])[0-9]{3,4}[\- \z]?[0-9]{3,5}"#
    ),
    ("telephonePoints", #"((\+\+?)?[0-9]{2,4}\.)?[0-9]{2,4}\.[0-9]{3,4}\.[0-9]{3,5}"#),
    // Addresses.
    ("path", #"[^ \t\n\f\r"\<>|(){}]"#),
    ("pathEnd", #"[^ \t\n\f\r"\<>|.!?(){},\-]"#),
    ("url", #"https?://<path>+<pathEnd>"#),
    ("host", #"[^ \t\n\f\r"\<>|.!?(){},]"#),
    // Between a comma and an underscore lie the digits and the capitals, too.
    ("bareHost", #"[^ \t\n\f\r"`'\<>|.!?(){},-_$]"#),
    ("site", #"(www\.(<host>+\.)+[a-zA-Z]{2,4}|(<bareHost>+\.)+(com|net|org|edu))(/<path>+<pathEnd>)?"#),
    (
      "mailbox",
      #"[a-zA-Z0-9][^ \t\n\f\r"\<>|(){}\z]*@([^ \t\n\f\r"\<>|(){}.\z]+\.)*[^ \t\n\f\r"\<>|(){}.\z]+"#
    ),
    ("mail", #"(&lt;|\<)?<mailbox>(&gt;|>)?"#),
    (
      "file",
      #"(\l|\d)+(\.(\l|\d)+)*\.(bat|bmp|c|class|cgi|cpp|dll|doc|docx|exe|gif|gz|h|htm|html|jar|java|jpeg|jpg|mov|mp3|pdf|php|pl|png|ppt|ps|py|sql|tar|txt|wav|x|xml|zip)"#
    ),
    // Markup.
    ("name", #"[A-Za-z][A-Za-z0-9_:.\-]*"#),
    ("attribute", #"[ ]+(<name>|<name>[ ]*=[ ]*('[^'\r\n]*'|"[^"\r\n]*"))"#),
    ("tag", #"\<([!?][A-Za-z\-][^>\r\n]*|<name><attribute>*[ ]*/?[ ]*|/<name>[ ]*)>"#),
    ("sentence", #"\w(\w|\j|<tag>)"#),
  ]

  static let rules: [TokenRule] = [
    // Two words written as one.
    TokenRule("cannot", .cut(3)),
    TokenRule("gonna|gotta|wanna", .cut(2)),
    TokenRule("lemme|gimme", .cut(2)),
    TokenRule("'tis", .cut(2)),
    TokenRule("'twas", .cut(3)),
    // Markup and entities.
    TokenRule("<tag>", .spaced),
    TokenRule(#"&(MD|mdash|ndash);|\b"#, .fixed("--")),
    TokenRule("&amp;", .fixed("&")),
    TokenRule("&(HT|TL|UR|LR|QC|QL|QR|odq|cdq|#[0-9]+);", .raw),
    // Words.
    TokenRule("<word>", before: "<clitic>", .word),
    TokenRule(#"[A-Za-z\h]*[A-MO-Za-mo-z]\h*"#, before: "<not>", .word),
    TokenRule("<word>", .word),
    TokenRule(
      #"<apos>(n<apos>?|em|cause|till?|[2-9]0s)|[lLdDjJ]<apos>"#, .raw),
    TokenRule(
      #"dunkin<apos>|somethin<apos>|ol<apos>"#, .raw),
    TokenRule(
      #"c<anyApos>mon|cap<apos>n|c<apos>est|s<apos>mores|li'l|nat'l"#,
      .raw),
    TokenRule(
      #"ma<anyApos>am|n?e<apos>er|o<apos>er|o<apos>o|ev<apos>ry"#, .raw),
    TokenRule(#"y<apos>"#, before: #"\a"#, .raw),
    TokenRule(#"[A-HJ-XZn]<anyApos>\a\a+"#, .raw),
    TokenRule(#"\a+[aeiouyAEIOUY]<anyApos>[aeiouA-Z]\a*"#, .raw),
    // Addresses.
    TokenRule("<url>", .raw),
    TokenRule("<site>", .raw),
    TokenRule("<mail>", .raw),
    TokenRule("@[A-Za-z_][A-Za-z_0-9]*", .raw),
    TokenRule(#"#<letter>+"#, .raw),
    TokenRule("<clitic>", before: "[^A-Za-z]", .quotes),
    TokenRule("<not>", .quotes),
    // Numbers.
    TokenRule("<date>", .word),
    TokenRule(#"[\-+]?(<decimal>)"#, .word),
    TokenRule(#"\g?(\u+|\v+)"#, .raw),
    TokenRule("<fraction>", .spaced),
    TokenRule("-(L|R)(R|C|S)B-|c\\.d\\.s|pro-|anti-|[CcFf]#|c\\+\\+", .raw),
    TokenRule("S(&|&amp;)P-500|S(&|&amp;)Ls", .ampersands),
    TokenRule("\\q[0-9][0-9]", before: #"\w"#, .raw),
    TokenRule("<slashed>", .raw),
    TokenRule(#"([A-Z]*\$|#)"#, .raw),
    // Abbreviations.
    TokenRule("<ends>", before: "<sentence>", .sentenceEnd),
    TokenRule("<ends>", before: "..", .word),
    TokenRule("<ends>", .word),
    TokenRule("([A-Za-z]|<initials>)\\.", before: #"\w+(<opener>|<tag>)\w"#, .sentenceEnd),
    TokenRule("<leads>", .word),
    TokenRule("<initials>\\.", .word),
    TokenRule("<initials>", before: #"\w"#, .word),
    TokenRule("<numbered>", before: #"\w?\d"#, .word),
    TokenRule(#"(pt[eEyY]|co)\."#, before: #"\s(ltd|lim)"#, .word),
    TokenRule(#"<word>\."#, before: #"[,;:\i]"#, .word),
    TokenRule(#"<joint>\."#, before: #"[,;:\i]"#, .ampersands),
    TokenRule(#"<compound>\."#, before: #"[,;:\i]"#, .word),
    TokenRule(#"<thing>\."#, before: #"[,;:\i]"#, .word),
    TokenRule("<telephone>|<telephonePoints>", .bracketed),
    // Marks.
    TokenRule("\"|&quot;", before: "[A-Za-z0-9$]", .openingQuotes),
    TokenRule("\"|&quot;", .quotes),
    TokenRule("\\<\\<|>>", .raw),
    TokenRule("\\<|&lt;", .fixed("<")),
    TokenRule(">|&gt;", .fixed(">")),
    TokenRule(#"[\<>]?[:;=][\-o*']?[()DPdpO\\{@|\[\]]"#, before: "[^A-Za-z0-9]", .bracketed),
    TokenRule(#"[\-^x=~\<>']_[\-^x=~\<>']"#, .raw),
    TokenRule(#"\([\-^x=~\<>'][_.]?[\-^x=~\<>']\)|\([\^x=~\<>']-[\^x=~\<>'`]\)"#, .bracketed),
    TokenRule(#"\["#, .fixed("-LSB-")),
    TokenRule(#"\]"#, .fixed("-RSB-")),
    TokenRule(#"\("#, .fixed("-LRB-")),
    TokenRule(#"\)"#, .fixed("-RRB-")),
    TokenRule(#"\{"#, .fixed("-LCB-")),
    TokenRule(#"\}"#, .fixed("-RCB-")),
    TokenRule(#"\-"#, .raw),
    TokenRule(#"\-{2,4}"#, .fixed("--")),
    TokenRule(#"\-{5}\-*"#, .raw),
    TokenRule(#"\.{3,5}|(\.[ \z]){2,4}\.|\e"#, .fixed("...")),
    TokenRule(#"@+|#+|_+"#, .raw),
    TokenRule(#"\*+|(\\\*){1,3}"#, .raw),
    TokenRule(#"[,;:\i]"#, .raw),
    TokenRule(#"[?!]+"#, .raw),
    TokenRule(#"[.=/]"#, .raw),
    // Things of letters, digits and hyphens.
    TokenRule("<thing>", .word),
    TokenRule("<compound>", .word),
    TokenRule("<file>", before: #"[\w.?!,]"#, .raw),
    TokenRule("<joint>", .ampersands),
    TokenRule(#"'"#, before: #"[A-Za-z][^ \t\n\r\z]"#, .openingQuotes),
    TokenRule("<clitic>", .quotes),
    TokenRule(#"\k{1,2}|'|''|&apos;"#, .quotes),
    TokenRule(#"[+%&~\^|\\\x]"#, .symbol),
    TokenRule(#"\s+|\w|&nbsp;"#, .skip),
  ]
}
