/** What is wrong with an assembler source, and where. */
export interface Diagnostic {
  readonly file: string;
  /** Both from 1; the column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The whole source line, without its newline. */
  readonly text: string;
}

/** A source text that finds its own lines: offsets are turned into line and column only when something is reported. */
export class Source {
  #starts: number[] | undefined;

  constructor(
    readonly file: string,
    readonly text: string,
  ) {}

  locate(at: number): { line: number; column: number; text: string } {
    const starts = (this.#starts ??= lineStarts(this.text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= at) low = middle;
      else high = middle - 1;
    }
    const start = starts[low];
    const end = low + 1 < starts.length ? starts[low + 1] : this.text.length;
    return { line: low + 1, column: at - start + 1, text: this.text.slice(start, end).replace(/\r?\n$/, '') };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Thrown inside the assembler to abandon one statement; the statement loop reports it and goes on. */
export class AsmError extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

const DIAGNOSTICS_MAX = 50;

/** Collects errors; one statement gives at most a few, and a hopeless file stops being reported after 50. */
export class Diagnostics {
  readonly list: Diagnostic[] = [];
  dropped = 0;
  readonly #seen = new Set<string>();

  constructor(private readonly source: Source) {}

  report(at: number, message: string): void {
    const { line, column, text } = this.source.locate(at);
    const key = `${line}:${column}:${message}`;
    if (this.#seen.has(key)) return;
    if (this.list.length >= DIAGNOSTICS_MAX) {
      this.dropped++;
      return;
    }
    this.#seen.add(key);
    this.list.push({ file: this.source.file, line, column, message, text });
  }
}

const SHOWN_COLUMNS_MAX = 160;

/** `file:line:column: message`, then the source line and a caret under the column. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, message, text } = diagnostic;
  // A very long line is shown from a little before the place that matters.
  const from = column > SHOWN_COLUMNS_MAX - 20 ? column - 61 : 0;
  const shown = text.slice(from, from + SHOWN_COLUMNS_MAX);
  const pad = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  return `${file}:${line}:${column}: ${message}\n  ${shown}\n  ${pad}^`;
}
