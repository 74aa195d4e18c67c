/** The terminal: xterm.js, the guest's bytes in, keys out. */
import { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { TerminalSize } from '../protocol.js';

const LIGHT: ITheme = {
  background: '#ffffff',
  foreground: '#1c2330',
  cursor: '#1f5fbf',
  selectionBackground: '#cfe2f8',
  black: '#1c2330',
  red: '#b3261e',
  green: '#1d7a45',
  yellow: '#8a5a00',
  blue: '#1f5fbf',
  magenta: '#7048c8',
  cyan: '#0b7285',
  white: '#5b6472',
  brightBlack: '#667085',
};
const DARK: ITheme = {
  background: '#0d1016',
  foreground: '#e8eaef',
  cursor: '#7fb0ff',
  selectionBackground: '#27466b',
  brightBlack: '#98a2b3',
};

export interface TerminalHooks {
  /** Is there a program that keys are for? Otherwise Tab goes on to what follows. */
  takesKeys(): boolean;
  /** F6, with Shift backwards: out of the terminal, whatever runs in it. */
  onLeave(backwards: boolean): void;
  onKeys(bytes: Uint8Array): void;
  onResize(size: TerminalSize): void;
}

export class TerminalView {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();

  constructor(element: HTMLElement, hooks: TerminalHooks) {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    this.#terminal = new Terminal({
      theme: dark.matches ? DARK : LIGHT,
      fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
      fontSize: 13,
      scrollback: 5000,
      minimumContrastRatio: 4.5,
      screenReaderMode: true,
      convertEol: false,
    });
    dark.addEventListener('change', () => (this.#terminal.options.theme = dark.matches ? DARK : LIGHT));
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.open(element);
    this.#terminal.attachCustomKeyEventHandler((event) => {
      if (event.key === 'F6' && !event.ctrlKey && !event.altKey) {
        if (event.type === 'keydown') hooks.onLeave(event.shiftKey);
        event.preventDefault();
        return false;
      }
      return event.key !== 'Tab' || hooks.takesKeys();
    });
    this.#terminal.textarea?.setAttribute('aria-describedby', 'terminal-hint');
    const utf8 = new TextEncoder();
    this.#terminal.onData((text) => hooks.onKeys(utf8.encode(text)));
    // Mouse reports of programs that ask for them.
    this.#terminal.onBinary((text) => hooks.onKeys(Uint8Array.from(text, (c) => c.charCodeAt(0))));
    this.#terminal.onResize(({ cols, rows }) => hooks.onResize({ columns: cols, rows }));
    new ResizeObserver(() => this.#fit.fit()).observe(element);
    this.#fit.fit();
  }

  get size(): TerminalSize {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  write(bytes: Uint8Array | string): void {
    this.#terminal.write(bytes);
  }

  reset(): void {
    this.#terminal.reset();
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** The last lines as text. */
  get text(): string {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.length }, (_, i) => active.getLine(i)?.translateToString(true) ?? '').join('\n');
  }
}
