/** The shape of the compiled interpreter loop, on which its speed rests: one jump table, no call, nothing allocated. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import wabt from 'wabt';

const BIG_TABLE = 100;

/** Bodies of the functions of a module as lists of instructions. */
async function functions(): Promise<string[][]> {
  const { readWasm } = await wabt();
  const module = readWasm(readFileSync(process.env.PAGEWALK_CORE ?? 'dist/core.wasm'), {
    simd: true,
    bulk_memory: true,
    sign_extension: true,
    sat_float_to_int: true,
  });
  try {
    const bodies: string[][] = [];
    for (const line of module.toText({}).split('\n')) {
      const text = line.trim();
      if (text.startsWith('(func ')) bodies.push([]);
      else bodies[bodies.length - 1]?.push(text);
    }
    return bodies;
  } finally {
    module.destroy();
  }
}

const targets = (line: string): number => line.split('(;@').length - 1;

test('the loop is one br_table over all operations, and calls nothing', async () => {
  const loops = (await functions()).filter(
    (body) => body.some((line) => line.startsWith('loop')) && body.some((line) => line.startsWith('br_table') && targets(line) > BIG_TABLE),
  );
  assert.is(loops.length, 1, 'one function has a loop around a big jump table');
  const [loop] = loops;
  assert.is(loop.filter((line) => line.startsWith('br_table')).length, 1);
  assert.is(loop.filter((line) => line.startsWith('loop')).length, 1);
  assert.equal(
    loop.filter((line) => /^(call|call_indirect|memory\.grow)\b/.test(line)),
    [],
  );
});

test.run();
