#!/bin/sh
# esbuild (Go, threads): 60 TypeScript modules bundled and minified, with a source map.
set -e; mkdir -p /tmp/p; cd /tmp/p
for i in $(seq 1 60); do
  cat >m$i.ts <<TS
export interface Shape$i { readonly name: string; readonly sides: number[]; }
export class Polygon$i implements Shape$i {
  constructor(readonly name: string, readonly sides: number[] = [1, 2, 3]) {}
  get perimeter(): number { return this.sides.reduce((sum, side) => sum + side, 0); }
  async *walk(step = $i): AsyncGenerator<number> { for (const side of this.sides) { await null; yield side * step; } }
  toString(): string { return \`\${this.name}: \${this.perimeter > $i ? 'large' : 'small'}\`; }
}
export const table$i: Record<string, (n: number) => number> = { double: (n) => n * 2, square: (n) => n ** 2, odd: (n) => (n % 2 ? n ?? 1 : -n) };
export function parse$i(text: string): Shape$i | undefined {
  const match = /^(\w+)\s*=\s*([\d, ]+)\$/.exec(text);
  if (!match) return undefined;
  const [, name, list] = match;
  return new Polygon$i(name, list.split(',').map((part) => Number(part.trim())).filter((side) => !Number.isNaN(side)));
}
TS
  echo "import * as m$i from './m$i'; console.log(m$i.parse$i('a = 1, 2'), m$i.table$i.square($i));" >>main.ts
done
/opt/esbuild main.ts --bundle --minify --sourcemap --outfile=out.js --log-level=error
wc -c <out.js
