/// Words that keep their point, by what the point may also be.
///
/// Made of what the tokenizer of pycocoevalcap 1.2 does with every word of up to five letters, and with longer ones
/// from word lists.
enum PTBAbbreviations {
  /// May end a sentence; then the point is a second token. In any case of letters.
  static let ending = """
    al ala apr ariz assn aug bancorp bhd bldg blvd bros calif co colo conn corp cos ct dak dec esq est
    etc ext feb fla fri ga inc ind intl jan jr jul jun kan kans ky ltd mar md mich minn mo mon mont neb
    nev nov oct okla penn plc rd rt sep sept seq sq sr sys tel tenn thu thurs tue tues univ va vt wed
    wis wisc wyo
    """

  /// As `ending`, where the first letter is a capital.
  static let endingCapitalized = """
    Ark Az Del Ill La Mass Miss Ore Pa Tex Wash
    """

  /// Never end a sentence: a name, a title or a number follows. In any case of letters.
  static let leading = """
    adj adm adv alex assoc asst atty attys ave brig capt cf cie cmdr col comdr cont'd cpl dept det dr drs
    elec ens ft gen gov govs hon insp invt jos lieut lt maj messrs mlle mme mr mrs ms msgr mt natl pfc ph
    pres prof profs pvt rep reps rev sen sens sfc sgt spc st ste supt supts treas vs wm
    """

  /// Keep the point before a number only.
  static let beforeNumber = "art ca fig figs no nos op pp prop"

  /// After initials and a space, these begin a new sentence.
  static let openers = """
    A About According Additionally After An As At But Earlier He Her Here However If In It Last Many
    More Now Once One Other Our She Since So Some Such That The Their Then There These They This We What
    When While Yet You
    """

  /// A pattern for any of `words`: a capital stands for itself, a small letter for either case.
  static func pattern(_ words: String) -> String {
    words.split(whereSeparator: \.isWhitespace).map { word in
      word.map { $0.isUppercase ? "[\($0)]" : String($0) }.joined()
    }.joined(separator: "|")
  }
}
