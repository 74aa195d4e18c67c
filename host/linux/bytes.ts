/** A typed array's view costs more than so many bytes one by one. */
const FEW = 32;

/** Copies `length` bytes, as target.set(source.subarray(...)) does. */
export function copyBytes(target: Uint8Array, at: number, source: Uint8Array, from: number, length: number): void {
  if (length > FEW) target.set(length === source.length ? source : source.subarray(from, from + length), at);
  else for (let i = 0; i < length; i++) target[at + i] = source[from + i];
}
