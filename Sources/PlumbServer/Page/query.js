/** The longest search the server takes. */
export const mostTerms = 16;

/**
 * Reads what is typed: `a street + snow - people 2:night`.
 *
 * A + or - after a space is a sign, so that "t-shirt" stays one word; a number and a colon before a letter are a weight,
 * so that "at 10:30" stays text. A sign that nothing follows yet is passed over, because somebody is still typing.
 */
export function parseTerms(text) {
  const terms = [];
  const pattern = /(?:^|\s)\s*(?:([+-])\s*)?(?:(\d+(?:\.\d+)?):(?=[^\d\s]))?((?:(?!\s[+-]|\s\d+(?:\.\d+)?:[^\d\s]).)*)/gsu;
  for (const [, sign, weight, words] of text.matchAll(pattern)) {
    const plain = words.trim().replace(/^"(.*)"$/, "$1").trim();
    if (plain) terms.push({ text: plain, weight: (sign === "-" ? -1 : 1) * Math.min(Number(weight ?? 1), 10) });
  }
  return terms.slice(0, mostTerms);
}

/** Text terms as they would be typed. */
export function formatTerms(terms) {
  return terms
    .filter((term) => term.text !== undefined)
    .map(({ text, weight }, index) => {
      const sign = weight < 0 ? "- " : index > 0 ? "+ " : "";
      const size = Math.abs(weight);
      return sign + (size === 1 ? "" : `${Number(size.toFixed(2))}:`) + text;
    })
    .join(" ");
}
