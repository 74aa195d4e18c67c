/** The assembly editor: CodeMirror, with the project's own assembler looking at what is typed. */
import { indentWithTab } from '@codemirror/commands';
import { HighlightStyle, StreamLanguage, type StreamParser, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, linter, lintGutter } from '@codemirror/lint';
import { EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import { assemble } from '../../../host/asm/index.js';

const REGISTER = /^(zero|ra|sp|gp|tp|fp|[astx]\d{1,2}|f[ast]?\d{1,2})\b/;

const parser: StreamParser<{ first: boolean }> = {
  startState: () => ({ first: true }),
  token(stream, state) {
    if (stream.sol()) state.first = true;
    if (stream.eatSpace()) return null;
    if (stream.match(/^(#|\/\/).*/)) return 'comment';
    if (stream.match(/^"(\\.|[^"\\])*"?/) || stream.match(/^'(\\.|[^'\\])'?/)) return 'string';
    if (stream.match(/^[\w.$]+:/)) return 'labelName';
    if (stream.match(/^\.[\w.]+/)) return 'meta';
    if (stream.match(/^-?(0x[0-9a-f]+|0b[01]+|\d+)\b/i)) return 'number';
    if (stream.match(REGISTER)) return 'variableName';
    if (stream.match(/^[a-z_][\w.]*/i)) {
      const isFirst = state.first;
      state.first = false;
      return isFirst ? 'keyword' : null;
    }
    stream.next();
    return null;
  },
};

const highlight = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
  { tag: tags.comment, color: 'var(--dim)', fontStyle: 'italic' },
  { tag: tags.string, color: 'var(--dirty-text)' },
  { tag: tags.number, color: 'var(--number-text)' },
  { tag: tags.meta, color: 'var(--meta-text)' },
  { tag: tags.labelName, color: 'var(--ink)', fontWeight: '700' },
]);

const theme = EditorView.theme({
  '&': { backgroundColor: 'var(--card)', color: 'var(--ink)', border: '1px solid var(--line)', borderRadius: '6px', fontSize: '13px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', maxHeight: '22rem' },
  '.cm-gutters': { backgroundColor: 'var(--paper)', color: 'var(--dim)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--active)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--card)', color: 'var(--ink)', border: '1px solid var(--line)' },
});

/** Errors of a text, as places in it. */
function diagnose(text: string, lineStart: (line: number) => { from: number; to: number } | undefined): Diagnostic[] {
  return assemble(text).errors.flatMap(({ line, column, message }): Diagnostic[] => {
    const place = lineStart(line);
    if (place === undefined) return [];
    const from = Math.min(place.from + column - 1, place.to);
    const word = /^[\w.$]+/.exec(text.slice(from, place.to))?.[0].length ?? 1;
    return [{ from, to: Math.min(place.to, from + word), severity: 'error', message }];
  });
}

export class AssemblyEditor {
  readonly #view: EditorView;

  constructor(parent: HTMLElement, text: string) {
    this.#view = new EditorView({
      parent,
      doc: text,
      extensions: [
        basicSetup,
        keymap.of([indentWithTab]),
        StreamLanguage.define(parser),
        syntaxHighlighting(highlight),
        lintGutter(),
        linter((view) => {
          const { doc } = view.state;
          return diagnose(doc.toString(), (line) => (line >= 1 && line <= doc.lines ? doc.line(line) : undefined));
        }),
        theme,
        EditorView.contentAttributes.of({ 'aria-label': 'Assembly text. Escape, then Tab leaves the editor.' }),
      ],
    });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  set text(text: string) {
    this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
  }

  /** The cursor goes to a place of an error. */
  goTo(line: number, column: number): void {
    const { doc } = this.#view.state;
    const place = doc.line(Math.max(1, Math.min(doc.lines, line)));
    this.#view.dispatch({ selection: { anchor: Math.min(place.to, place.from + column - 1) }, scrollIntoView: true });
    this.#view.focus();
  }
}
