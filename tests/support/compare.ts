/** A guest program prints and returns the same under Pagewalk as on a real system: the whole output, the status. */
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, type GuestOutcome, type OurOptions, runNative, runOurs, runQemu } from './guest.js';

/** tests/guest/NAME.c, built for each side, against the kernel that the tests run on. */
export function sameAsLinux(name: string, options: OurOptions = {}, args: readonly string[] = []): Promise<void> {
  const source = `tests/guest/${name}.c`;
  const native = compileNative(source);
  const guest = compileGuest(source);
  return same(
    name,
    () => runNative(native, args),
    () => runOurs(guest, args, options),
  );
}

/** tests/guest/NAME.c, one riscv64 program, against qemu-riscv64. */
export function sameAsQemu(name: string, options: OurOptions = {}): Promise<void> {
  const guest = compileGuest(`tests/guest/${name}.c`);
  return same(
    name,
    () => runQemu(guest),
    () => runOurs(guest, [], options),
  );
}

/**
 * Programs that wait for each other can be overtaken on a busy machine, on either side. So a difference has to show twice; one that
 * does not is named in the summary of the tests.
 */
async function same(name: string, judge: () => GuestOutcome, run: () => Promise<GuestOutcome>): Promise<void> {
  const real = judge();
  const ours = await run();
  const line = firstDifference(ours, real);
  if (line === undefined) return;
  const again = judge();
  const second = await run();
  assert.is(second.stdout, again.stdout);
  assert.is(second.status, again.status);
  console.log(`\nrepeated: ${name}, which differed once: ${line}`);
}

function firstDifference(ours: GuestOutcome, real: GuestOutcome): string | undefined {
  const left = [...ours.stdout.split('\n'), `status ${ours.status}`];
  const right = [...real.stdout.split('\n'), `status ${real.status}`];
  const at = left.findIndex((line, index) => line !== right[index]);
  if (at < 0) return left.length === right.length ? undefined : `${left.length} lines, not ${right.length}`;
  return JSON.stringify([left[at], right[at]]);
}
