/** /dev/fb0 on a canvas; keys pressed there reach the guest as a terminal would send them. */
import type { Picture } from '../protocol.js';
import { byId } from './dom.js';

const KEYS: Readonly<Record<string, string>> = {
  ArrowUp: '\x1b[A',
  ArrowDown: '\x1b[B',
  ArrowRight: '\x1b[C',
  ArrowLeft: '\x1b[D',
  Enter: '\r',
  Backspace: '\x7f',
  Escape: '\x1b',
};

export class ScreenView {
  readonly #box = byId('screen');
  readonly #canvas = byId<HTMLCanvasElement>('screen-canvas');

  constructor(onKeys: (bytes: Uint8Array) => void) {
    const utf8 = new TextEncoder();
    const send = (text: string): void => onKeys(utf8.encode(text));
    this.#canvas.addEventListener('keydown', (event) => {
      if (event.metaKey || event.altKey || event.key === 'Tab') return;
      const control =
        event.ctrlKey && /^[a-z]$/i.test(event.key) ? String.fromCharCode(event.key.toUpperCase().charCodeAt(0) - 64) : undefined;
      const text = control ?? KEYS[event.key] ?? (event.key.length === 1 && !event.ctrlKey ? event.key : undefined);
      if (text === undefined) return;
      event.preventDefault();
      send(text);
    });
    // A finger steers, too: where it touches, seen from the middle.
    this.#canvas.addEventListener('pointerdown', (event) => {
      this.#canvas.focus();
      if (event.pointerType === 'mouse') return;
      const x = event.offsetX / this.#canvas.clientWidth - 0.5;
      const y = event.offsetY / this.#canvas.clientHeight - 0.5;
      send(Math.abs(x) > Math.abs(y) ? KEYS[x > 0 ? 'ArrowRight' : 'ArrowLeft'] : KEYS[y > 0 ? 'ArrowDown' : 'ArrowUp']);
    });
  }

  set visible(is: boolean) {
    this.#box.hidden = !is;
    if (is) this.#canvas.getContext('2d')?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  focus(): void {
    this.#canvas.focus();
  }

  take({ size, top, pixels }: Picture): void {
    if (this.#canvas.width !== size.width || this.#canvas.height !== size.height) {
      this.#canvas.width = size.width;
      this.#canvas.height = size.height;
    }
    const lines = pixels.length / (size.width * 4);
    if (lines === 0) return;
    this.#canvas.getContext('2d')?.putImageData(new ImageData(pixels, size.width, lines), 0, top);
  }
}
