import { ENOEXEC } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { decodeText } from '../linux/text.js';

/** Linux looks at this much of a file (BINPRM_BUF_SIZE). */
export const SCRIPT_HEAD_BYTES = 256;

const NEWLINE = 10;
const SPACE = 32;
const TAB = 9;

export interface ScriptLine {
  readonly interpreter: string;
  /** All that follows the interpreter, as one argument. */
  readonly argument: Uint8Array | undefined;
}

export function isScript(head: Uint8Array): boolean {
  return head.length >= 2 && head[0] === 0x23 && head[1] === 0x21;
}

/** The first line of a script: `#! interpreter [argument]`. ENOEXEC when it names none or the name does not fit in the head. */
export function parseScript(head: Uint8Array): ScriptLine {
  const newline = head.indexOf(NEWLINE);
  const truncated = newline < 0 && head.length >= SCRIPT_HEAD_BYTES;
  let end = newline < 0 ? head.length : newline;
  const nul = head.indexOf(0);
  if (nul >= 0 && nul < end) end = nul;
  let start = 2;
  while (start < end && isBlank(head[start])) start++;
  while (end > start && isBlank(head[end - 1])) end--;
  let nameEnd = start;
  while (nameEnd < end && !isBlank(head[nameEnd])) nameEnd++;
  if (nameEnd === start) throw new SysError(ENOEXEC, 'the #! line names no interpreter');
  if (truncated && nameEnd === end) throw new SysError(ENOEXEC, 'the #! line is too long');
  let argumentStart = nameEnd;
  while (argumentStart < end && isBlank(head[argumentStart])) argumentStart++;
  return {
    interpreter: decodeText(head.subarray(start, nameEnd)),
    argument: argumentStart < end ? head.slice(argumentStart, end) : undefined,
  };
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}
