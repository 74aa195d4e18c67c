/**
 * Builds examples/*.c and examples/*.s for riscv64 into a folder (default: examples/bin, which is committed, and examples/lab/*.c into
 * examples/lab/bin). Needs riscv64-linux-gnu-gcc.
 *   node scripts/build-examples.mjs [FOLDER]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.argv[2] ?? join(root, 'examples/bin');
const flags = [
  '-O2',
  '-march=rv64gc',
  '-mabi=lp64d',
  '-static',
  '-nostdlib',
  '-nostartfiles',
  '-ffreestanding',
  '-fno-builtin',
  '-fno-stack-protector',
];
const linker = ['-Wl,--build-id=none', '-Wl,-z,norelro', '-Wl,-z,max-page-size=4096'];

function build(sources, file, into, symbols) {
  const runtime = extname(file) === '.c' ? [join(root, 'examples/runtime/runtime.c')] : [];
  const name = basename(file, extname(file)) + (file === 'hello.s' ? '-asm' : '');
  const warnings = runtime.length > 0 ? ['-Wall', '-Wextra', '-Werror', '-I', join(root, 'examples/runtime')] : [];
  const stripped = symbols ? [] : ['-s'];
  const target = ['-o', join(into, `${name}.elf`)];
  const args = [...flags, ...warnings, ...linker, ...stripped, ...target, join(sources, file), ...runtime];
  if (spawnSync('riscv64-linux-gnu-gcc', args, { stdio: 'inherit' }).status !== 0) process.exit(1);
}

mkdirSync(folder, { recursive: true });
for (const file of readdirSync(join(root, 'examples')).sort())
  if (['.c', '.s'].includes(extname(file))) build(join(root, 'examples'), file, folder, false);

// The laboratory's experiments tell functions by their names.
const lab = join(root, 'examples/lab');
if (process.argv[2] === undefined) {
  mkdirSync(join(lab, 'bin'), { recursive: true });
  for (const file of readdirSync(lab).sort()) if (extname(file) === '.c') build(lab, file, join(lab, 'bin'), true);
}
