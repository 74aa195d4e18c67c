/**
 * Exports every mutable global of a Wasm module, as `state0`, `state1`...: together with the memory they are all that a core is, and what a
 * snapshot must carry. The compiler exports only those that a module's own text exports. A section 'build' names the module: a hash of it.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const SECTION_IMPORT = 2;
const SECTION_GLOBAL = 6;
const SECTION_EXPORT = 7;
const KIND_GLOBAL = 3;
const HEADER_BYTES = 8;

function reader(bytes, at = 0) {
  const u32 = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  return {
    u32,
    byte: () => bytes[at++],
    skip: (n) => (at += n),
    get at() {
      return at;
    },
  };
}

function u32(value) {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

/** Skips an initial value: one constant and `end`. */
function skipConstant(r) {
  const opcode = r.byte();
  const bytes = { 67: 4, 68: 8 }[opcode];
  if (bytes !== undefined) r.skip(bytes);
  else if (opcode === 0x41 || opcode === 0x42 || opcode === 0x23) while (r.byte() >= 0x80);
  else throw new Error(`initial value of a global by opcode ${opcode}`);
  if (r.byte() !== 0x0b) throw new Error('initial value of a global that is no constant');
}

function sectionsOf(bytes) {
  const sections = [];
  for (const r = reader(bytes, HEADER_BYTES); r.at < bytes.length; ) {
    const id = r.byte();
    const length = r.u32();
    sections.push({ id, body: bytes.subarray(r.at, r.at + length) });
    r.skip(length);
  }
  return sections;
}

function importedGlobals(body) {
  const r = reader(body);
  let count = 0;
  for (let left = r.u32(); left > 0; left--) {
    r.skip(r.u32());
    r.skip(r.u32());
    const kind = r.byte();
    if (kind === 0) r.u32();
    else if (kind === KIND_GLOBAL) {
      r.skip(2);
      count++;
    } else {
      if (kind === 1) r.byte();
      const limited = r.byte();
      r.u32();
      if ((limited & 1) !== 0) r.u32();
    }
  }
  return count;
}

function mutableGlobals(body, first) {
  const r = reader(body);
  const found = [];
  const count = r.u32();
  for (let i = 0; i < count; i++) {
    r.byte();
    if (r.byte() === 1) found.push(first + i);
    skipConstant(r);
  }
  return found;
}

export function exportGlobals(bytes) {
  const sections = sectionsOf(bytes);
  const bodyOf = (id) => sections.find((section) => section.id === id)?.body;
  const imports = bodyOf(SECTION_IMPORT);
  const globals = mutableGlobals(bodyOf(SECTION_GLOBAL), imports === undefined ? 0 : importedGlobals(imports));
  const exports = bodyOf(SECTION_EXPORT);
  const r = reader(exports);
  const count = r.u32();
  const more = globals.flatMap((index, i) => {
    const name = [...new TextEncoder().encode(`state${i}`)];
    return [...u32(name.length), ...name, KIND_GLOBAL, ...u32(index)];
  });
  const body = Uint8Array.from([...u32(count + globals.length), ...exports.subarray(r.at), ...more]);
  const hash = createHash('sha256').update(bytes).digest().subarray(0, 16);
  const name = [...u32(5), ...new TextEncoder().encode('build')];
  const parts = [bytes.subarray(0, HEADER_BYTES)];
  for (const { id, body: old } of sections) {
    const content = id === SECTION_EXPORT ? body : old;
    parts.push(Uint8Array.from([id, ...u32(content.length)]), content);
  }
  parts.push(Uint8Array.from([0, ...u32(name.length + hash.length), ...name, ...hash]));
  return Buffer.concat(parts);
}

const [file] = process.argv.slice(2);
writeFileSync(file, exportGlobals(readFileSync(file)));
