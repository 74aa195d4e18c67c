/** Paragraphs of "Name: value" lines (deb822(5)): control files, Packages, Release. */

/** Field values by lower-case name; a value of several lines keeps its line breaks and loses the leading blank of each line. */
export type Paragraph = ReadonlyMap<string, string>;

/** One paragraph. Lines that are neither a field nor a continuation are skipped. */
export function parseParagraph(text: string): Paragraph {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (name !== '') fields.set(name, `${fields.get(name)}\n${line.slice(1).trimEnd()}`);
      continue;
    }
    const colon = line.indexOf(':');
    name = colon > 0 ? line.slice(0, colon).toLowerCase() : '';
    if (name !== '') fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** The paragraphs of a text one by one, unparsed: an index has tens of thousands, few of which are looked at. */
export function* paragraphTexts(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    while (text.charCodeAt(at) === 0x0a) at++;
    const end = text.indexOf('\n\n', at);
    const stop = end < 0 ? text.length : end;
    if (stop > at) yield text.slice(at, stop);
    at = stop + 1;
  }
}

/** Value of one field of an unparsed paragraph, first line only; '' when it is not there. `name` as it is written, with the colon. */
export function quickField(paragraph: string, name: string): string {
  let at = paragraph.startsWith(name) ? 0 : paragraph.indexOf(`\n${name}`);
  if (at < 0) return '';
  at += paragraph.charCodeAt(at) === 0x0a ? name.length + 1 : name.length;
  const end = paragraph.indexOf('\n', at);
  return paragraph.slice(at, end < 0 ? undefined : end).trim();
}
