/**
 * Builds examples/*.c and examples/*.s for riscv64 into a folder (default: examples/bin, which is committed). Needs riscv64-linux-gnu-gcc.
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
const linker = ['-s', '-Wl,--build-id=none', '-Wl,-z,norelro', '-Wl,-z,max-page-size=4096'];

mkdirSync(folder, { recursive: true });
for (const file of readdirSync(join(root, 'examples')).sort()) {
  if (!['.c', '.s'].includes(extname(file))) continue;
  const runtime = extname(file) === '.c' ? [join(root, 'examples/runtime/runtime.c')] : [];
  const name = basename(file, extname(file)) + (file === 'hello.s' ? '-asm' : '');
  const warnings = runtime.length > 0 ? ['-Wall', '-Wextra', '-Werror', '-I', join(root, 'examples/runtime')] : [];
  const args = [...flags, ...warnings, ...linker, '-o', join(folder, `${name}.elf`), join(root, 'examples', file), ...runtime];
  const result = spawnSync('riscv64-linux-gnu-gcc', args, { stdio: 'inherit' });
  if (result.status !== 0) process.exit(1);
}
