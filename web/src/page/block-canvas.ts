/** The pages of one mapping on a canvas: drawn whole when it is new or has changed much, else cell by cell. */
import { colors } from './colors.js';
import type { Block, SpaceModel } from './space-model.js';

/** Side of a cell in CSS pixels, by how many a mapping has. */
function sideFor(count: number): number {
  if (count <= 600) return 14;
  if (count <= 3000) return 10;
  if (count <= 16384) return 6;
  return count <= 65536 ? 4 : 3;
}

/** Cells of at least this side have gaps between them. */
const SIDE_WITH_GAPS = 6;
/** More changed cells than this are drawn faster all at once. */
const SINGLE_MAX = 3000;

export class BlockCanvas {
  readonly element: HTMLCanvasElement;
  #columns = 1;
  #side = 14;
  #width = 0;
  #marked: readonly number[] = [];
  /** A pixel for each cell, which the browser enlarges: of many cells it has a ninth as much to compose at each frame. */
  #pixels: ImageData | undefined;

  constructor(
    private readonly model: SpaceModel,
    public block: Block,
  ) {
    this.element = document.createElement('canvas');
    this.element.tabIndex = 0;
    this.element.className = 'pages';
    this.element.setAttribute('role', 'img');
  }

  /** Fits the canvas into so many CSS pixels and draws all. */
  layOut(width: number): void {
    const { count } = this.block;
    this.#width = width;
    this.#side = sideFor(count);
    this.#columns = Math.max(1, Math.min(count, Math.floor(width / this.#side)));
    // Whole powers of two make addresses easy to find: 64 pages are 256 KiB.
    if (this.#columns >= 16) this.#columns = 2 ** Math.floor(Math.log2(this.#columns));
    const rows = Math.ceil(count / this.#columns);
    // Outlines need room within a cell.
    const isDense = this.#side < SIDE_WITH_GAPS && this.#marked.length === 0 && count > 0;
    const scale = isDense ? 1 : this.#side * devicePixelRatio;
    this.#pixels = isDense ? new ImageData(this.#columns, rows) : undefined;
    this.element.width = Math.round(this.#columns * scale);
    this.element.height = Math.round(rows * scale);
    this.element.style.width = `${this.#columns * this.#side}px`;
    this.element.style.height = `${rows * this.#side}px`;
    this.drawAll();
  }

  get width(): number {
    return this.#width;
  }

  #context(): CanvasRenderingContext2D {
    const context = this.element.getContext('2d');
    if (context === null) throw new Error('the browser gives no canvas to draw on');
    return context;
  }

  drawAll(): void {
    const { count, first } = this.block;
    if (count === 0) return;
    const rows = Math.ceil(count / this.#columns);
    const pixels = this.#pixels ?? new ImageData(this.#columns, rows);
    const words = new Uint32Array(pixels.data.buffer);
    const { words: colorOf } = colors();
    const { bits } = this.model;
    for (let i = 0; i < count; i++) words[i] = colorOf[bits[first + i]];
    if (this.#pixels !== undefined) {
      this.#context().putImageData(pixels, 0, 0);
      return;
    }
    const small = new OffscreenCanvas(this.#columns, rows);
    small.getContext('2d')?.putImageData(pixels, 0, 0);
    const context = this.#context();
    const { width, height } = this.element;
    context.clearRect(0, 0, width, height);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, width, height);
    if (this.#side >= SIDE_WITH_GAPS) {
      const step = width / this.#columns;
      for (let x = 1; x <= this.#columns; x++) context.clearRect(x * step - 1, 0, 1, height);
      for (let y = 1; y <= rows; y++) context.clearRect(0, y * step - 1, width, 1);
    }
    for (const cell of this.#marked) this.#outline(context, cell);
  }

  /** Draws cells (numbers of the whole space, within this block) that have changed. */
  draw(cells: readonly number[]): void {
    if (this.#pixels !== undefined) this.#drawPixels(this.#pixels, cells);
    else if (cells.length > SINGLE_MAX) this.drawAll();
    else {
      const context = this.#context();
      for (const cell of cells) this.#cell(context, cell);
    }
  }

  #drawPixels(pixels: ImageData, cells: readonly number[]): void {
    if (cells.length === 0) return;
    const words = new Uint32Array(pixels.data.buffer);
    const { words: colorOf } = colors();
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const cell of cells) {
      const at = cell - this.block.first;
      words[at] = colorOf[this.model.bits[cell]];
      first = Math.min(first, at);
      last = Math.max(last, at);
    }
    const top = Math.floor(first / this.#columns);
    this.#context().putImageData(pixels, 0, 0, 0, top, this.#columns, Math.floor(last / this.#columns) - top + 1);
  }

  #cell(context: CanvasRenderingContext2D, cell: number): void {
    const at = cell - this.block.first;
    const step = this.element.width / this.#columns;
    const gap = this.#side >= SIDE_WITH_GAPS ? 1 : 0;
    const x = (at % this.#columns) * step;
    const y = Math.floor(at / this.#columns) * step;
    context.clearRect(x, y, step - gap, step - gap);
    context.fillStyle = colors().css[this.model.classAt(cell).id];
    context.fillRect(x, y, step - gap, step - gap);
  }

  #outline(context: CanvasRenderingContext2D, cell: number): void {
    const at = cell - this.block.first;
    const step = this.element.width / this.#columns;
    const line = Math.max(1, Math.min(2, this.#side / 4)) * devicePixelRatio;
    context.strokeStyle = colors().outline;
    context.lineWidth = line;
    const x = (at % this.#columns) * step;
    const y = Math.floor(at / this.#columns) * step;
    context.strokeRect(x + line / 2, y + line / 2, step - 1 - line, step - 1 - line);
  }

  /** Outlines those cells and no others. */
  mark(cells: readonly number[]): void {
    const before = this.#marked;
    this.#marked = cells;
    if (this.#side < SIDE_WITH_GAPS && before.length > 0 !== cells.length > 0) {
      this.layOut(this.#width);
      return;
    }
    if (before.length > 0) this.draw(before);
    const context = this.#context();
    for (const cell of cells) this.#outline(context, cell);
  }

  /** The cell at a place within the canvas; -1: there is none. */
  cellAt(x: number, y: number): number {
    const column = Math.floor(x / this.#side);
    const at = Math.floor(y / this.#side) * this.#columns + column;
    return column < 0 || column >= this.#columns || at < 0 || at >= this.block.count ? -1 : this.block.first + at;
  }

  /** Where a cell is, in CSS pixels within the canvas. */
  placeOf(cell: number): { x: number; y: number; side: number } {
    const at = cell - this.block.first;
    return { x: (at % this.#columns) * this.#side, y: Math.floor(at / this.#columns) * this.#side, side: this.#side };
  }

  get columns(): number {
    return this.#columns;
  }
}
