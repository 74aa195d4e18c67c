/** /dev/fb0: a picture in memory that programs draw by mmap, write and ioctl, and that an embedder shows. */
import { EINVAL, ENOMEM, ENOTTY } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { SysError } from '../linux/error.js';
import * as FB from '../linux/fb.js';
import { encodeText } from '../linux/text.js';
import type { CharacterDevice, DeviceHandle } from './chardevice.js';
import { DeviceMemory } from './devicememory.js';

/** Pixels in a line, and lines. */
export interface FramebufferOptions {
  readonly width: number;
  readonly height: number;
}

/** Lines [top, bottom) of the picture. */
export interface LineRange {
  readonly top: number;
  readonly bottom: number;
}

export const FRAMEBUFFER_SIDE_MAX = 8192;
const PIXEL_BYTES = 4;
const FB_MAJOR = 29;
/** One picture that is shown, and one that a program draws the next in: FBIOPAN_DISPLAY changes between them. */
const PICTURES = 2;

/**
 * A frame buffer of 32 bits a pixel: blue, green, red and an unused byte, as XRGB8888 lies in memory. Its size is fixed; the picture shown
 * can be moved down over twice its height (panning).
 */
export class Framebuffer implements CharacterDevice {
  readonly number = [FB_MAJOR, 0] as const;
  readonly memory: DeviceMemory;
  readonly width: number;
  readonly height: number;
  /** Bytes from one line to the next. */
  readonly lineBytes: number;
  /** The first line of the memory that is shown. */
  top = 0;
  /** FBIOBLANK: 0 is on, anything else off. */
  blank = 0;
  /** Called when a program has moved the picture: it wants to be seen. */
  onPan: (() => void) | undefined = undefined;
  private _linesVirtual: number;
  private _moved = false;

  constructor({ width, height }: FramebufferOptions) {
    for (const side of [width, height]) {
      if (!Number.isInteger(side) || side < 1 || side > FRAMEBUFFER_SIDE_MAX) throw new RangeError(`a framebuffer of ${width}x${height}`);
    }
    this.width = width;
    this.height = height;
    this.lineBytes = width * PIXEL_BYTES;
    this.memory = new DeviceMemory(this.lineBytes * height * PICTURES);
    this._linesVirtual = height * PICTURES;
  }

  /** What is shown: a view that is good until a program runs again. */
  get pixels(): Uint8Array {
    const from = this.top * this.lineBytes;
    return this.memory.bytes.subarray(from, from + this.height * this.lineBytes);
  }

  /** The picture as canvases take it (ImageData): red, green, blue, 255. `into` is filled and returned. */
  toRgba(into = new Uint8ClampedArray(this.width * this.height * PIXEL_BYTES)): Uint8ClampedArray {
    const { pixels } = this;
    for (let at = 0; at < pixels.length; at += PIXEL_BYTES) {
      into[at] = pixels[at + 2];
      into[at + 1] = pixels[at + 1];
      into[at + 2] = pixels[at];
      into[at + 3] = 255;
    }
    return into;
  }

  /** Lines of the picture that may have changed since the last call: those whose memory programs wrote, or all when it was moved. */
  takeDirty(): LineRange | undefined {
    let top = this._moved ? 0 : this.height;
    let bottom = this._moved ? this.height : 0;
    this._moved = false;
    for (const { from, to } of this.memory.takeDirty()) {
      top = Math.min(top, Math.max(0, Math.floor(from / this.lineBytes) - this.top));
      bottom = Math.max(bottom, Math.min(this.height, Math.ceil(to / this.lineBytes) - this.top));
    }
    return top < bottom ? { top, bottom } : undefined;
  }

  ioctl(_handle: DeviceHandle, command: number, argument: number, user: UserMemory): number {
    switch (command) {
      case FB.FBIOGET_VSCREENINFO:
        user.write(argument, this._variable());
        return 0;
      case FB.FBIOPUT_VSCREENINFO:
        user.write(argument, this._set(user.read(argument, FB.VAR_BYTES)));
        return 0;
      case FB.FBIOGET_FSCREENINFO:
        user.write(argument, this._fixed());
        return 0;
      case FB.FBIOPAN_DISPLAY:
        this._pan(user.read(argument, FB.VAR_BYTES));
        return 0;
      case FB.FBIOBLANK:
        this.blank = Math.min(argument, FB.FB_BLANK_POWERDOWN);
        return 0;
      // There is no table of colours.
      case FB.FBIOGETCMAP:
      case FB.FBIOPUTCMAP:
        throw new SysError(EINVAL);
      default:
        throw new SysError(ENOTTY);
    }
  }

  private _variable(linesVirtual = this._linesVirtual, top = this.top): Uint8Array {
    const bytes = new Uint8Array(FB.VAR_BYTES);
    const view = new DataView(bytes.buffer);
    const put = (at: number, value: number): void => view.setUint32(at, value, true);
    put(FB.VAR_XRES, this.width);
    put(FB.VAR_YRES, this.height);
    put(FB.VAR_XRES_VIRTUAL, this.width);
    put(FB.VAR_YRES_VIRTUAL, linesVirtual);
    put(FB.VAR_YOFFSET, top);
    put(FB.VAR_BITS_PER_PIXEL, PIXEL_BYTES * 8);
    for (const [at, offset] of [
      [FB.VAR_RED, 16],
      [FB.VAR_GREEN, 8],
      [FB.VAR_BLUE, 0],
    ]) {
      put(at, offset);
      put(at + 4, 8);
    }
    put(FB.VAR_HEIGHT_MM, 0xffffffff);
    put(FB.VAR_WIDTH_MM, 0xffffffff);
    return bytes;
  }

  private _fixed(): Uint8Array {
    const bytes = new Uint8Array(FB.FIX_BYTES);
    const view = new DataView(bytes.buffer);
    bytes.set(encodeText('pagewalk').subarray(0, FB.FIX_ID_BYTES));
    view.setUint32(FB.FIX_MEMORY_BYTES, this.memory.sizeBytes, true);
    view.setUint32(FB.FIX_VISUAL, FB.FB_VISUAL_TRUECOLOR, true);
    view.setUint16(FB.FIX_YPAN_STEP, 1, true);
    view.setUint32(FB.FIX_LINE_BYTES, this.lineBytes, true);
    return bytes;
  }

  /** The mode that comes nearest to what is asked for, or an error: only the virtual height and the offset can be chosen. */
  private _set(wanted: Uint8Array): Uint8Array {
    const view = new DataView(wanted.buffer);
    const get = (at: number): number => view.getUint32(at, true);
    const bits = get(FB.VAR_BITS_PER_PIXEL);
    const known = get(FB.VAR_XRES) === this.width && get(FB.VAR_YRES) === this.height && bits > 24 && bits <= PIXEL_BYTES * 8;
    if (!known || get(FB.VAR_GRAYSCALE) > 1 || get(FB.VAR_XRES_VIRTUAL) > this.width) throw new SysError(EINVAL);
    const lines = Math.max(get(FB.VAR_YRES_VIRTUAL), this.height);
    if (lines > this.height * PICTURES) throw new SysError(ENOMEM);
    const top = get(FB.VAR_YOFFSET);
    if (get(FB.VAR_XOFFSET) > 0 || top > lines - this.height || (get(FB.VAR_VMODE) & FB.FB_VMODE_YWRAP) !== 0) throw new SysError(EINVAL);
    if ((get(FB.VAR_ACTIVATE) & FB.FB_ACTIVATE_MASK) === FB.FB_ACTIVATE_NOW) {
      this._linesVirtual = lines;
      this._move(top);
    }
    return this._variable(lines, top);
  }

  private _pan(wanted: Uint8Array): void {
    const view = new DataView(wanted.buffer);
    const top = view.getUint32(FB.VAR_YOFFSET, true);
    const wraps = (view.getUint32(FB.VAR_VMODE, true) & FB.FB_VMODE_YWRAP) !== 0;
    if (wraps || view.getUint32(FB.VAR_XOFFSET, true) > 0 || top > this._linesVirtual - this.height) throw new SysError(EINVAL);
    this._move(top);
    this.onPan?.();
  }

  private _move(top: number): void {
    this._moved ||= top !== this.top;
    this.top = top;
  }
}
