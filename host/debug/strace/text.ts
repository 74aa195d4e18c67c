import { errnoMessage, errnoName } from '../../linux/errno.js';

/** How many bytes of a string or buffer are shown (strace -s). */
export const STRING_LIMIT = 32;

/** Bytes that C writes with a letter, and which. */
const ESCAPED = '\t\n\v\f\r"\\';
const LETTERS = 'tnvfr"\\';

/** Bytes as a C string literal with quotes: printable ASCII as it is, the usual escapes, the rest octal. */
export function quote(bytes: Uint8Array): string {
  let text = '"';
  for (let i = 0; i < bytes.length; i++) text += quoteByte(bytes[i], bytes[i + 1]);
  return `${text}"`;
}

function quoteByte(byte: number, next: number | undefined): string {
  const letter = ESCAPED.indexOf(String.fromCharCode(byte));
  if (letter >= 0) return `\\${LETTERS[letter]}`;
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  // A digit after a short octal escape would be read as part of it.
  const digitFollows = next !== undefined && next >= 0x30 && next <= 0x39;
  return `\\${byte.toString(8).padStart(digitFollows ? 3 : 1, '0')}`;
}

/** `bytes` is what there is of `length` in all: cut to STRING_LIMIT, with "..." when something is left out. */
export function quoteCut(bytes: Uint8Array, length = bytes.length): string {
  return length > STRING_LIMIT ? `${quote(bytes.subarray(0, STRING_LIMIT))}...` : quote(bytes);
}

/** An address: NULL or hexadecimal. */
export function address(value: number): string {
  return value === 0 ? 'NULL' : hex(value);
}

/** Whole numbers in C's %#x: 0 stays "0"; a negative one in two's complement of 64 bits. */
export function hex(value: number): string {
  if (value === 0) return '0';
  return `0x${(value < 0 ? BigInt.asUintN(64, BigInt(value)) : BigInt(value)).toString(16)}`;
}

/** %#03o: 0644, 022, 000, 01777. */
export function octal(value: number): string {
  return (value === 0 ? '0' : `0${value.toString(8)}`).padStart(3, '0');
}

/** Why a call came back to be restarted: codes that only a tracer sees. */
const RESTARTS: Readonly<Record<number, string>> = {
  512: 'ERESTARTSYS (To be restarted if SA_RESTART is set)',
  513: 'ERESTARTNOINTR (To be restarted)',
  514: 'ERESTARTNOHAND (To be restarted if no handler)',
  516: 'ERESTART_RESTARTBLOCK (Interrupted by signal)',
};

/** What stands after "= " when a call failed: result is -errno or an internal restart code. */
export function failure(result: number): string {
  const restart = RESTARTS[-result];
  return restart === undefined ? `-1 ${errnoName(-result)} (${errnoMessage(-result)})` : `? ${restart}`;
}
