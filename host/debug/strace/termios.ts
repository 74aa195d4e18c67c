import { FLAGS, flagNames } from './names.js';

const BAUDS = 'B0 B50 B75 B110 B134 B150 B200 B300 B600 B1200 B1800 B2400 B4800 B9600 B19200 B38400'.split(' ');
const EXTENDED_BAUDS = (
  'BOTHER B57600 B115200 B230400 B460800 B500000 B576000 B921600 ' +
  'B1000000 B1152000 B1500000 B2000000 B2500000 B3000000 B3500000 B4000000'
).split(' ');
const CBAUD = 0x100f;
const CBAUDEX = 0x1000;
const IBSHIFT = 16;
const CSIZE = 0x30;

/** Delays of the output flags: first bit of the field, how many values it has, prefix. */
const DELAYS: readonly (readonly [shift: number, values: number, prefix: string])[] = [
  [8, 2, 'NL'],
  [9, 4, 'CR'],
  [11, 4, 'TAB'],
  [13, 2, 'BS'],
  [14, 2, 'VT'],
  [15, 2, 'FF'],
];

function baud(code: number): string {
  return (code & CBAUDEX) === 0 ? BAUDS[code & 15] : EXTENDED_BAUDS[code & 15];
}

function join(parts: string[], name: string, rest: number): string {
  if (rest !== 0) parts.push(flagNames(FLAGS[name], rest));
  return parts.join('|');
}

function outputFlags(value: number): string {
  let rest = value;
  const parts: string[] = [];
  for (const [shift, values, prefix] of DELAYS) {
    const field = (value >>> shift) & (values - 1);
    rest = (rest & ~((values - 1) << shift)) >>> 0;
    parts.push(prefix === 'TAB' && field === 3 ? 'XTABS' : prefix + field);
  }
  return join(parts, 'oflag', rest);
}

function controlFlags(value: number): string {
  const input = (value >>> IBSHIFT) & CBAUD;
  const parts = [baud(value & CBAUD)];
  if (input !== 0) parts.push(`${baud(input)}<<IBSHIFT`);
  parts.push(`CS${5 + ((value & CSIZE) >>> 4)}`);
  return join(parts, 'cflag', (value & ~(CBAUD | (CBAUD << IBSHIFT) | CSIZE)) >>> 0);
}

/** struct termios: four words of flags; the line discipline and the control characters are left out. */
export function termios(view: DataView): string {
  const [input, output, control, local] = [0, 4, 8, 12].map((at) => view.getUint32(at, true));
  const parts = [
    `c_iflag=${flagNames(FLAGS.iflag, input)}`,
    `c_oflag=${outputFlags(output)}`,
    `c_cflag=${controlFlags(control)}`,
    `c_lflag=${flagNames(FLAGS.lflag, local)}`,
  ];
  return `{${parts.join(', ')}, ...}`;
}
