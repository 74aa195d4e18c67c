#!/bin/sh
# esbuild (Go, threads): bundles and minifies a small TypeScript project, with a source map, and says where an error is.
set -e; mkdir /tmp/p; cd /tmp/p
cat >main.ts <<'END'
import { area, type Shape } from './shapes';
import data from './data.json';
enum Colour { Red, Green = 5, Blue }
export async function main(shapes: Shape[]): Promise<string> { const total = shapes.reduce((sum, s) => sum + area(s), 0); return `${data.name}: ${total?.toFixed(2)} ${Colour.Blue}`; }
console.log(await main([{ kind: 'circle', radius: 2 }, { kind: 'square', side: 3 }]));
END
cat >shapes.ts <<'END'
export type Shape = { kind: 'circle'; radius: number } | { kind: 'square'; side: number };
export function area(s: Shape): number { switch (s.kind) { case 'circle': return Math.PI * s.radius ** 2; case 'square': return s.side ** 2; } }
export function unused(): void { console.log('not bundled'); }
END
echo '{ "name": "shapes" }' >data.json
/opt/esbuild --version; /opt/esbuild main.ts --bundle --minify --format=esm --target=es2020 --supported:top-level-await=true --sourcemap --outfile=out.js --log-level=warning; cat out.js; head -c 120 out.js.map; echo
echo 'let x: = 3' >bad.ts; /opt/esbuild bad.ts --color=false || echo "status $?"; echo 'export const f=(a)=>a**2' | /opt/esbuild --loader=js --target=es2015
