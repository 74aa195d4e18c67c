/**
 * The interpreter of the design's table ("8-byte predecoded operations, one big switch", docs/decisions/0001-interpreter.md), so that its
 * cost can be measured on any machine: the same operations as the core's, raw memory, no MMU, no counters. It stops at ecall, and every so
 * many jumps, since V8 comes to optimised code only by new entries. Written from the instruction table, compiled by asc into build/bench.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { OPERATIONS, type Operation } from '../isa/generate/model.js';

/** Layout of the reference's linear memory: registers, decoded slots, the guest's memory from address 0 on. */
export const REGISTERS = 0x1000;
const CODE = 0x100000;
export const GUEST = 0x1000000;
export const GUEST_BYTES = 0x2000000;
const TEXT = 0x10000;
const TEXT_BYTES = 0x10000;

/** Integer instructions that compiled C executes. */
function isIncluded({ row }: Operation): boolean {
  if (!['I', 'M', 'Zifencei'].includes(row.extension)) return false;
  return !/\bmulh(su)?\(|^ebreak/.test(row.semantics);
}

function operands(expression: string, second = 'x2(ip)'): string {
  const values = { a: 'x1(ip)', b: second, i: 'imm(ip)' };
  const used = Object.entries(values).filter(([name]) => new RegExp(`\\b${name}\\b`).test(expression));
  return used.map(([name, value]) => `const ${name} = ${value};`).join(' ');
}

function body(operation: Operation): string {
  const { row, length, far, form } = operation;
  const step = `ip += ${length * 4}; continue;`;
  if (form === 'LI') return `set(ip, imm(ip)); ${step}`;
  if (form === 'MV') return `set(ip, x1(ip)); ${step}`;
  const [kind, size, ...rest] = row.semantics.split(' ');
  const tail = rest.join(' ');
  const jump = `ip += <usize>load<i32>(ip, 4)${far ? ' << 2' : ''}; break;`;
  const link = form === 'V' ? '' : `set(ip, pcOf(ip) + ${length});`;
  switch (kind) {
    case 'x':
      return `${operands(row.semantics.slice(4))} set(ip, ${row.semantics.slice(4)}); ${step}`;
    case 'load':
      return `const at = address(ip); set(ip, ${tail}); ${step}`;
    case 'store':
      return `const at = address(ip); store<u${Number(size) * 8}>(at, <u${Number(size) * 8}>xd(ip)); ${step}`;
    case 'branch': {
      const test = form === 'Z' ? row.semantics.slice(7).replace(/\bb\b/, '0') : row.semantics.slice(7);
      return `${operands(test, 'xd(ip)')} if (${test}) { ${jump} } ${step}`;
    }
    case 'jal':
      return `${link} ${jump}`;
    case 'jalr':
      return `const to = (x1(ip) + imm(ip)) & ~1; ${link} ip = slotOf(to); break;`;
    case 'auipc':
      return `set(ip, pcOf(ip) + imm(ip)); ${step}`;
    case 'ecall':
      return 'stopped = ip; return 0;';
    default:
      return step;
  }
}

function loop(each: string): string {
  const cases = OPERATIONS.filter(isIncluded).map((operation) => `      case op.${operation.name}: { ${body(operation)} }`);
  return `  let ip = stopped;
  for (;;) {
    ${each}
    switch (<u32>load<u16>(ip)) {
${cases.join('\n')}
      default: stopped = ip; return 1;
    }
    if (--jumps == 0) { stopped = ip; return 2; }
  }
  return unreachable();`;
}

function source(): string {
  const inline = (text: string): string => `// @ts-ignore: decorator\n@inline\nfunction ${text}`;
  return `import * as op from '../../assembly/generated/ops';
import { decode16, decode32 } from '../../assembly/generated/decode';
import { div, divu, divuw, divw, rem, remu, remuw, remw, word } from '../../assembly/exec/int';

const SIGN: u64 = 1 << 63;
let stopped: usize = 0;

${inline(`x1(ip: usize): u64 { return load<u64>(<usize>load<u8>(ip, 3), ${REGISTERS}); }`)}
${inline(`x2(ip: usize): u64 { return load<u64>(<usize>load<u8>(ip, 4), ${REGISTERS}); }`)}
${inline(`xd(ip: usize): u64 { return load<u64>(<usize>load<u8>(ip, 2), ${REGISTERS}); }`)}
${inline(`imm(ip: usize): u64 { return <u64><i64>load<i32>(ip, 4); }`)}
${inline(`set(ip: usize, value: u64): void { store<u64>(<usize>load<u8>(ip, 2), value, ${REGISTERS}); }`)}
${inline(`address(ip: usize): usize { return <usize>(x1(ip) + imm(ip)) + ${GUEST}; }`)}
${inline(`pcOf(ip: usize): u64 { return <u64>(((<u32>ip - ${CODE}) >> 2) + ${TEXT}); }`)}
${inline(`slotOf(pc: u64): usize { return ${CODE} + ((<usize>pc - ${TEXT}) << 2); }`)}

${inline(`mulhu(a: u64, b: u64): u64 {
  const al = a & 0xffffffff, ah = a >> 32, bl = b & 0xffffffff, bh = b >> 32;
  const middle = ah * bl + ((al * bl) >> 32), carry = (middle & 0xffffffff) + al * bh;
  return ah * bh + (middle >> 32) + (carry >> 32);
}`)}

/** Decodes the text, which ends at \`end\`. */
export function decode(end: u32): void {
  for (let pc: u32 = ${TEXT}; pc < end; pc += 2) {
    const slot = (pc & 4095) >> 1;
    const w = load<u32>(pc, ${GUEST});
    store<u64>(slotOf(pc), (w & 3) != 3 ? decode16(w & 0xffff, slot) : decode32(w, slot));
  }
}

/** Runs to an ecall (0), something unknown (1) or through so many jumps (2); where it stopped: stoppedAt. */
export function run(jumps: u32): u32 {
${loop('')}
}

let executed: u64 = 0;

/** The same, and counts instructions, the ecall included: for the length of a slice, which is then timed by run. */
export function count(jumps: u32): u32 {
${loop('executed++;')}
}

export function counted(): u32 { return <u32>executed; }
export function stoppedAt(): u32 { return <u32>pcOf(stopped); }
export function skip(): void { stopped += 16; }
export function resume(pc: u32): void { stopped = slotOf(pc); }
`;
}

export interface Reference {
  readonly memory: WebAssembly.Memory;
  decode(end: number): void;
  run(jumps: number): number;
  count(jumps: number): number;
  /** Instructions executed by `count`. */
  counted(): number;
  stoppedAt(): number;
  /** Goes on behind an ecall. */
  skip(): void;
  /** Goes on there. */
  resume(address: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** A new reference interpreter; the text must lie in its first TEXT_BYTES. */
export function createReference(): Reference {
  compiled ??= compile();
  const memory = new WebAssembly.Memory({ initial: (GUEST + GUEST_BYTES) >>> 16 });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { ...(exports as unknown as Omit<Reference, 'memory'>), memory };
}

function compile(): WebAssembly.Module {
  const [path, wasm] = ['build/bench/reference.ts', 'build/bench/reference.wasm'];
  writeFileSync(path, source());
  const options = [
    '--config',
    'none',
    '--runtime',
    'stub',
    '-O3',
    '--noAssert',
    '--importMemory',
    '--memoryBase',
    '1024',
    '--use',
    'abort=',
  ];
  const pages = (GUEST + GUEST_BYTES) >>> 16;
  const memory = ['--initialMemory', String(pages), '--enable', 'bulk-memory', '--enable', 'sign-extension'];
  const command = ['node_modules/assemblyscript/bin/asc.js', path, ...options, ...memory, '--outFile', wasm];
  const asc = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (asc.status !== 0) throw new Error(`asc failed:\n${asc.stdout}${asc.stderr}`);
  return new WebAssembly.Module(readFileSync(wasm));
}

export const isText = (address: number): boolean => address >= TEXT && address < TEXT + TEXT_BYTES;
