/** Modes of a terminal (termios(3)) and how they lie in memory on riscv64. */

/* c_iflag */
export const PARMRK = 0o10;
export const ISTRIP = 0o40;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const ICRNL = 0o400;
export const IUCLC = 0o1000;
export const IXON = 0o2000;
export const IXANY = 0o4000;
export const IUTF8 = 0o40000;

/* c_oflag */
export const OPOST = 0o1;
export const OLCUC = 0o2;
export const ONLCR = 0o4;
export const OCRNL = 0o10;
export const ONOCR = 0o20;
export const ONLRET = 0o40;
export const TABDLY = 0o14000;
export const XTABS = 0o14000;

/* c_cflag */
export const CSIZE = 0o60;
export const CS8 = 0o60;
export const CREAD = 0o200;
export const PARENB = 0o400;
export const CLOCAL = 0o4000;
export const B38400 = 0o17;
const CBAUD = 0o10017;
const CBAUDEX = 0o10000;
const BOTHER = CBAUDEX;
/** The input speed has a field of its own, 16 bits further up; 0 there: the same as the output speed. */
const IBSHIFT = 16;
const SPEEDS = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];
const EXTENDED_SPEEDS = [
  0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
];

/* c_lflag */
export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHONL = 0o100;
export const NOFLSH = 0o200;
export const TOSTOP = 0o400;
export const ECHOCTL = 0o1000;
export const ECHOPRT = 0o2000;
export const ECHOKE = 0o4000;
export const IEXTEN = 0o100000;
export const EXTPROC = 0o200000;

/* indexes of c_cc */
export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSTART = 8;
export const VSTOP = 9;
export const VSUSP = 10;
export const VEOL = 11;
export const VREPRINT = 12;
export const VDISCARD = 13;
export const VWERASE = 14;
export const VLNEXT = 15;
export const VEOL2 = 16;
export const CONTROL_CHARACTERS = 19;

/** struct termios and struct termios2 of the kernel: four flag words, the line discipline, c_cc, and two speeds in the latter. */
export const TERMIOS_BYTES = 36;
export const TERMIOS2_BYTES = 44;
/** struct termio of old: the low halves of the words, 8 control characters. */
export const TERMIO_BYTES = 18;
const TERMIO_CC_AT = 9;
const TERMIO_CONTROL_CHARACTERS = 8;
const LINE_AT = 16;
const CC_AT = 17;
const SPEEDS_AT = 36;
const SPEED_DEFAULT = 38400;

const control = (letter: string): number => letter.charCodeAt(0) & 0x1f;

export class Termios {
  iflag = ICRNL | IXON;
  oflag = OPOST | ONLCR;
  cflag = B38400 | CS8 | CREAD;
  lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
  line = 0;
  readonly cc = new Uint8Array(CONTROL_CHARACTERS);
  inputSpeed = SPEED_DEFAULT;
  outputSpeed = SPEED_DEFAULT;

  constructor() {
    const { cc } = this;
    cc[VINTR] = control('C');
    cc[VQUIT] = 0x1c;
    cc[VERASE] = 0x7f;
    cc[VKILL] = control('U');
    cc[VEOF] = control('D');
    cc[VMIN] = 1;
    cc[VSTART] = control('Q');
    cc[VSTOP] = control('S');
    cc[VSUSP] = control('Z');
    cc[VREPRINT] = control('R');
    cc[VDISCARD] = control('O');
    cc[VWERASE] = control('W');
    cc[VLNEXT] = control('V');
  }

  encode(bytes: number): Uint8Array {
    const out = new Uint8Array(bytes);
    const view = new DataView(out.buffer);
    if (bytes === TERMIO_BYTES) {
      [this.iflag, this.oflag, this.cflag, this.lflag].forEach((word, i) => {
        view.setUint16(i * 2, word & 0xffff, true);
      });
      out[8] = this.line;
      out.set(this.cc.subarray(0, TERMIO_CONTROL_CHARACTERS), TERMIO_CC_AT);
      return out;
    }
    view.setUint32(0, this.iflag, true);
    view.setUint32(4, this.oflag, true);
    view.setUint32(8, this.cflag, true);
    view.setUint32(12, this.lflag, true);
    out[LINE_AT] = this.line;
    out.set(this.cc, CC_AT);
    if (bytes >= TERMIOS2_BYTES) {
      view.setUint32(SPEEDS_AT, this.inputSpeed, true);
      view.setUint32(SPEEDS_AT + 4, this.outputSpeed, true);
    }
    return out;
  }

  /** A terminal has neither parity nor other sizes than 8 bits, and says so. Speeds are what the flags or BOTHER say. */
  decode(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length === TERMIO_BYTES) {
      const words = [this.iflag, this.oflag, this.cflag, this.lflag].map((old, i) => (old & ~0xffff) | view.getUint16(i * 2, true));
      const full = new Uint8Array(TERMIOS_BYTES);
      const wide = new DataView(full.buffer);
      words.forEach((word, i) => {
        wide.setUint32(i * 4, word, true);
      });
      full[LINE_AT] = bytes[8];
      full.set(this.cc, CC_AT);
      full.set(bytes.subarray(TERMIO_CC_AT, TERMIO_CC_AT + TERMIO_CONTROL_CHARACTERS), CC_AT);
      this.decode(full);
      return;
    }
    this.iflag = view.getUint32(0, true);
    this.oflag = view.getUint32(4, true);
    this.cflag = ((view.getUint32(8, true) & ~(CSIZE | PARENB)) | CS8 | CREAD) >>> 0;
    this.lflag = view.getUint32(12, true);
    this.line = bytes[LINE_AT];
    this.cc.set(bytes.subarray(CC_AT, CC_AT + CONTROL_CHARACTERS));
    if (bytes.length >= TERMIOS2_BYTES) {
      this.inputSpeed = view.getUint32(SPEEDS_AT, true);
      this.outputSpeed = view.getUint32(SPEEDS_AT + 4, true);
    }
    this.outputSpeed = speed(this.cflag & CBAUD, this.outputSpeed);
    const input = (this.cflag >>> IBSHIFT) & CBAUD;
    this.inputSpeed = input === 0 ? this.outputSpeed : speed(input, this.inputSpeed);
  }

  get canonical(): boolean {
    return (this.lflag & ICANON) !== 0;
  }

  has(flag: 'iflag' | 'oflag' | 'lflag', bit: number): boolean {
    return (this[flag] & bit) !== 0;
  }

  /** Is `byte` that control character? 0 switches one off. */
  is(byte: number, index: number): boolean {
    return this.cc[index] !== 0 && this.cc[index] === byte;
  }
}

function speed(code: number, other: number): number {
  if (code === BOTHER) return other;
  return (code & CBAUDEX) === 0 ? SPEEDS[code & 15] : EXTENDED_SPEEDS[code & 15];
}
