/** The page, driven as a person would, in headless Chromium. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble } from '../../host/asm/index.js';
import { instructions, PageHost, phase, shows, terminalText } from '../support/page.js';
import { makeTar } from '../support/tar.js';
import { testWith } from '../support/tools.js';

const test = suite('page');
const NEEDS = ['chromium'];
let host: PageHost | undefined;

/** One browser for all tests; every test gets a page with a storage of its own. */
async function withPage(body: (page: Page) => Promise<void>, options: Parameters<PageHost['open']>[0] = {}): Promise<void> {
  host ??= await PageHost.start();
  const page = await host.open(options);
  try {
    await body(page);
    assert.equal(host.problems.splice(0), []);
  } finally {
    await page.context().close();
  }
}

test.after(async () => {
  await host?.close();
});

/** Until the page says that something can't be. */
async function complains(page: Page, what: RegExp): Promise<void> {
  await page.waitForFunction((source) => new RegExp(source).test(document.getElementById('alert')?.textContent ?? ''), what.source);
}

/** A file dropped on the page, without a mouse. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.locator('#file-input').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
}

testWith(test, NEEDS, 'a program from the list runs to its end, and its memory is drawn', () =>
  withPage(async (page) => {
    await page.click('#program-hello');
    await shows(page, 'exited with status 0');
    await phase(page, 'ended');
    assert.match(await page.locator('#spaces .space h3').innerText(), /^hello · pid \d+ · ended/);
    assert.ok((await page.locator('#spaces canvas.pages').count()) >= 5);
    assert.match(await page.locator('#spaces').innerText(), /\[stack\]/);
  }),
);

testWith(test, NEEDS, 'after fork two processes are side by side, and a shared frame is linked', () =>
  withPage(async (page) => {
    await page.click('#program-fork-cow');
    await phase(page, 'ended');
    await page.waitForFunction(() => document.querySelectorAll('#spaces .space').length === 2);
    await page.waitForFunction(() => /28 copied at the next store/.test(document.querySelectorAll('#spaces .space')[1].textContent ?? ''));
    // The child's 9th anonymous page is still the parent's.
    await page.click('#restart');
    await phase(page, 'ended');
    const parent = page.locator('#spaces .space').nth(0).locator('.mapping', { hasText: 'anonymous' }).locator('canvas');
    await parent.click({ position: { x: 20, y: 20 } });
    await page.waitForSelector('#overlay .chosen', { state: 'attached' });
  }),
);

testWith(test, NEEDS, 'step, next fault, next call, and back again: the same state', () =>
  withPage(async (page) => {
    await page.click('#tab-assembly');
    await page.click('#assemble-step');
    await phase(page, 'paused');
    await page.waitForFunction(() => document.getElementById('position')?.dataset.instructions === '0');
    await page.click('#step');
    await page.waitForFunction(() => document.getElementById('position')?.dataset.instructions === '1');
    await page.click('#next-call');
    await page.waitForFunction(() => Number(document.getElementById('position')?.dataset.instructions) > 5);
    await phase(page, 'paused');
    await page.click('#tab-timeline');
    await page.waitForFunction(() => document.querySelector('#timeline')?.textContent?.includes('mmap(NULL, 65536'));
    const states: string[] = [];
    for (let i = 0; i < 3; i++) {
      const before = await instructions(page);
      await page.click('#next-fault');
      await page.waitForFunction((at) => Number(document.getElementById('position')?.dataset.instructions) > at, before);
      await phase(page, 'paused');
      states.push(await page.locator('#position').innerText());
    }
    assert.is((await page.locator('#timeline .event-zero').count()) >= 3, true);
    const at = await instructions(page);
    // Before the last fault, then on to it: what was there is there again.
    await page.click('#back-event');
    await page.waitForFunction(
      (now) => document.body.dataset.phase === 'paused' && Number(document.getElementById('position')?.dataset.instructions) < now,
      at,
    );
    await page.click('#next-fault');
    await page.waitForFunction((text) => document.getElementById('position')?.textContent === text, states[2]);
    await page.click('#back');
    await page.waitForFunction((now) => document.getElementById('position')?.dataset.instructions === String(now), at - 1);
    await page.click('#run');
    await shows(page, 'sixteen pages touched');
  }),
);

testWith(test, NEEDS, 'the walk of a page, step by step', () =>
  withPage(async (page) => {
    await page.click('#tab-assembly');
    await page.click('#assemble-step');
    await phase(page, 'paused');
    const canvas = page.locator('#spaces canvas.pages').first();
    await canvas.focus();
    await page.keyboard.press('ArrowRight');
    const walk = page.locator('#walk');
    await walk.waitFor();
    assert.match(await walk.innerText(), /Split the address[\s\S]*Level 2[\s\S]*Level 1[\s\S]*Level 0[\s\S]*An access now/);
    await page.click('#walk-first');
    assert.is(await walk.locator('.steps > li').count(), 1);
    await page.click('#walk-next');
    await page.click('#walk-next');
    assert.is(await walk.locator('.steps > li').count(), 3);
    assert.ok((await walk.locator('.field.on', { hasText: 'V' }).count()) === 1, 'the entry is valid');
    await page.click('#tab-tables');
    await page.waitForFunction(() => /Process \d+: \d+ tables of 4 KiB/.test(document.getElementById('tables')?.textContent ?? ''));
    await page.click('#tab-cpu');
    await page.waitForFunction(() => document.getElementById('cpu')?.textContent?.includes('next instruction at 0x'));
    await page.click('#tab-caches');
    await page.waitForFunction(() => document.getElementById('caches')?.textContent?.includes('Slot '));
  }),
);

testWith(test, NEEDS, 'a program, a text and a root from the user; what is none of them is said in words', () =>
  withPage(async (page) => {
    await drop(page, 'mine', readFileSync('examples/bin/sieve.elf'));
    await shows(page, '1229 primes below ten thousand');
    await drop(page, 'notes.txt', Buffer.from('nothing'));
    await complains(page, /notes\.txt is neither a riscv64 program/);
    const other = readFileSync('examples/bin/sieve.elf');
    other[18] = 62;
    await drop(page, 'other', other);
    await complains(page, /program for another processor/);
    const broken = readFileSync('examples/bin/sieve.elf').subarray(0, 80);
    await drop(page, 'broken', broken);
    await page.waitForFunction(() => /no riscv64 Linux program/.test(document.getElementById('alert')?.textContent ?? ''));
    await drop(page, 'mine.s', Buffer.from('_start: li a0, 7\n li a7, 93\n bogus\n ecall\n'));
    await page.waitForSelector('.cm-content:has-text("bogus")');
    await page.click('#assemble-run');
    assert.match(await page.locator('#assemble-result').innerText(), /input\.s:3:2: .*bogus/);
    await page.waitForSelector('.cm-lintRange-error', { state: 'attached' });
    await drop(page, 'mine.s', Buffer.from('_start: li a0, 7\n li a7, 93\n ecall\n'));
    await page.click('#assemble-run');
    await shows(page, 'exited with status 7');
  }),
);

/** The right answers of a lesson, found by giving wrong ones twice. */
async function answer(page: Page): Promise<void> {
  await page.waitForSelector('#lesson-answer');
  for (let i = 0; i < 2; i++) {
    await page.fill('#lesson-answer', '9999');
    await page.press('#lesson-answer', 'Enter');
  }
  const verdict = await page.locator('#lesson-verdict').innerText();
  const right = /^It is (\d+)\./.exec(verdict);
  assert.ok(right, verdict);
  await page.fill('#lesson-answer', right?.[1] ?? '');
  await page.press('#lesson-answer', 'Enter');
  assert.match(await page.locator('#lesson-verdict').innerText(), /^Right\./);
}

async function goOn(page: Page, step: number): Promise<void> {
  await page.click('#lesson-next');
  await page.waitForFunction((n) => document.querySelector('.lesson')?.textContent?.includes(`Step ${n} of`), step);
}

/** Until a mapping's counts have such a number before a word. */
async function counts(page: Page, process: number, mapping: string, word: string, least: number, most = least): Promise<void> {
  await page.waitForFunction(
    (wanted) => {
      const space = document.querySelectorAll('#spaces .space')[wanted.process];
      const heads = [...(space?.querySelectorAll('.mapping-head') ?? [])].map(({ textContent }) => textContent ?? '');
      const text = heads.findLast((head) => head.includes(wanted.mapping));
      const found = text === undefined ? -1 : Number(new RegExp(`(\\d+) ${wanted.word}`).exec(text)?.[1] ?? 0);
      return found >= wanted.least && found <= wanted.most;
    },
    { process, mapping, word, least, most },
  );
}

testWith(test, NEEDS, 'the lessons: what they say is what the machine shows', () =>
  withPage(async (page) => {
    await page.click('#tab-lessons');
    await page.click('#lesson-demand-paging');
    await page.waitForSelector('#lesson-answer');
    await counts(page, 0, 'anonymous', 'present', 0);
    await answer(page);
    const stored = Number(await page.inputValue('#lesson-answer'));
    await goOn(page, 2);
    await counts(page, 0, 'anonymous', 'present', stored);
    await answer(page);
    await goOn(page, 3);
    await counts(page, 0, 'anonymous', 'present', stored);
    await counts(page, 0, 'anonymous', 'page of zeros', stored + 1, 999);
    await answer(page);
    await goOn(page, 4);
    await counts(page, 0, 'anonymous', 'present', 0);

    await page.click('#lesson-list');
    await page.click('#lesson-copy-on-write');
    await answer(page);
    const childs = Number(await page.inputValue('#lesson-answer'));
    await goOn(page, 2);
    await counts(page, 1, 'anonymous', 'private to this mapping, dirty', childs);
    const before = Number(/(\d+) copy-on-write/.exec(await page.locator('#position').innerText())?.[1]);
    await answer(page);
    const copied = Number(await page.inputValue('#lesson-answer'));
    await goOn(page, 3);
    const after = Number(/(\d+) copy-on-write/.exec(await page.locator('#position').innerText())?.[1]);
    // A page of the stack and one of data may be copied as well.
    assert.ok(after - before >= copied && after - before <= copied + 2, `${copied} copied, ${after - before} faults`);

    await page.click('#lesson-list');
    await page.click('#lesson-shared-private');
    await answer(page);
    await goOn(page, 2);
    await answer(page);
    const shown = Number(await page.inputValue('#lesson-answer'));
    await goOn(page, 3);
    await shows(page, `it shows ${shown} new pages`);

    await page.click('#lesson-list');
    await page.click('#lesson-lazy-table');
    await answer(page);
    const first = Number(await page.inputValue('#lesson-answer'));
    await goOn(page, 2);
    await shows(page, `filled page ${first} of the table`);
    await answer(page);
    const filled = Number(await page.inputValue('#lesson-answer'));
    await goOn(page, 3);
    await shows(page, `${filled} of 16 pages were filled`);
  }),
);

testWith(test, NEEDS, 'a game: its picture is on the canvas, and keys steer it', () =>
  withPage(
    async (page) => {
      await page.click('#program-snake');
      const head = (): Promise<number[]> =>
        page.evaluate(() => {
          const canvas = document.getElementById('screen-canvas') as HTMLCanvasElement;
          const { data, width } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? new ImageData(1, 1);
          for (let at = 0; at < data.length; at += 4) {
            if (data[at] === 0xa3 && data[at + 1] === 0xf0 && data[at + 2] === 0xc4)
              return [((at / 4) % width) >> 3, Math.floor(at / 4 / width) >> 3];
          }
          return [];
        });
      await page.waitForFunction(() => (document.getElementById('screen-canvas') as HTMLCanvasElement).width === 320);
      let place = await head();
      for (let i = 0; place.length === 0 && i < 100; i++) {
        await page.waitForTimeout(50);
        place = await head();
      }
      assert.is(place[1], 12, 'it starts in the middle');
      await page.focus('#screen-canvas');
      await page.keyboard.press('ArrowUp');
      for (let i = 0; place[1] === 12 && i < 100; i++) {
        await page.waitForTimeout(50);
        place = await head();
      }
      assert.ok(place[1] < 12, 'it went up');
      await page.keyboard.press('q');
      await shows(page, '0 eaten');
    },
    { viewport: { width: 1280, height: 1400 } },
  ),
);

testWith(test, NEEDS, 'keys reach a program at a terminal, Ctrl-C ends it; a replay gives it the same keys', () =>
  withPage(async (page) => {
    // Echoes what it reads until the end of input.
    const lines = [
      ...['_start: li a0, 0', 'la a1, buffer', 'li a2, 64', 'li a7, 63', 'ecall', 'blez a0, end'],
      ...['mv a2, a0', 'li a0, 1', 'la a1, buffer', 'li a7, 64', 'ecall', 'j _start'],
      ...['end: li a0, 3', 'li a7, 93', 'ecall', '.bss', 'buffer: .zero 64', ''],
    ];
    await drop(page, 'echo.s', Buffer.from(lines.join('\n')));
    await page.waitForSelector('.cm-content:has-text("buffer")');
    await page.click('#assemble-run');
    await phase(page, 'running');
    await page.click('#terminal');
    await page.keyboard.type('abc\n');
    await page.waitForFunction(() => (document.querySelector('#terminal .xterm-rows')?.textContent?.match(/abc/g) ?? []).length === 2);
    await page.keyboard.type('def\n');
    await page.waitForFunction(() => (document.querySelector('#terminal .xterm-rows')?.textContent?.match(/def/g) ?? []).length === 2);
    await page.click('#run');
    await phase(page, 'paused');
    await page.click('#back-event');
    await page.waitForFunction(() => document.body.dataset.phase === 'paused');
    await page.waitForFunction(() => (document.querySelector('#terminal .xterm-rows')?.textContent?.match(/def/g) ?? []).length < 2);
    await shows(page, 'abc');
    await page.click('#restart');
    await phase(page, 'running');
    await page.click('#terminal');
    await page.keyboard.press('Control+c');
    await shows(page, 'killed by SIGINT');
  }),
);

testWith(test, NEEDS, 'a root from an archive starts its shell; a command line starts what else it has', () =>
  withPage(async (page) => {
    const program = (path: string, name: string) => ({ name: path, data: readFileSync(`examples/bin/${name}.elf`), mode: 0o755 });
    await drop(page, 'root.tar', makeTar([program('bin/sh', 'hello'), program('bin/count', 'touch')]));
    await shows(page, 'exited with status 0');
    await page.fill('#command-line', '/bin/count 20 5');
    await page.press('#command-line', 'Enter');
    await shows(page, 'stored into 4 of them');
    await page.fill('#command-line', '/bin/none');
    await page.press('#command-line', 'Enter');
    await page.waitForFunction(() =>
      document.getElementById('alert')?.textContent?.includes("ENOENT: no such file or directory, spawn '/bin/none'"),
    );
    await drop(page, 'bad.tar.gz', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
    await page.waitForFunction(() => /gzip|archive|compressed/i.test(document.getElementById('alert')?.textContent ?? ''));
  }),
);

testWith(test, NEEDS, 'sixty thousand pages are drawn; what has too few frames is said in words', () =>
  withPage(async (page) => {
    const touch = (pages: number): string =>
      [
        ...['_start: li a0, 0', `li a1, ${pages * 4096}`, 'li a2, 3', 'li a3, 0x22', 'li a4, -1', 'li a5, 0', 'li a7, 222', 'ecall'],
        ...[`li t0, ${pages}`, 'li t1, 4096', '1: sd t0, 0(a0)', 'add a0, a0, t1', 'addi t0, t0, -1', 'bnez t0, 1b'],
        ...['li a7, 124', 'ecall', 'li a0, 0', 'li a7, 93', 'ecall', ''],
      ].join('\n');
    const { elf } = assemble(touch(100_000));
    await page.uncheck('#watch');
    await page.uncheck('#exact');
    await drop(page, 'many', elf as Uint8Array);
    await shows(page, 'out of memory: the machine had no page left');
    const { elf: fewer } = assemble(touch(60_000));
    await drop(page, 'fewer', fewer as Uint8Array);
    await shows(page, 'exited with status 0');
    await page.waitForFunction(() => /60000 present/.test(document.getElementById('spaces')?.textContent ?? ''));
  }),
);

testWith(test, NEEDS, 'by keyboard: out of the terminal again, and the focus comes back to a button that was busy', () =>
  withPage(async (page) => {
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '');
    await page.click('#program-hello');
    await phase(page, 'ended');
    await page.locator('#terminal textarea').focus();
    await page.keyboard.press('Tab');
    assert.is(await focused(), 'back');
    await page.locator('#command-line').fill('/bin/hello');
    // A program that waits for keys gets Tab; F6 goes on, Shift+F6 back.
    const { elf } = assemble('_start: li a0, 0; addi sp, sp, -16; mv a1, sp; li a2, 1; li a7, 63; ecall; j _start');
    await drop(page, 'waits', elf as Uint8Array);
    await phase(page, 'running');
    await page.locator('#terminal textarea').focus();
    await page.keyboard.press('Tab');
    assert.is(await page.evaluate(() => document.activeElement?.closest('#terminal') !== null), true);
    await page.keyboard.press('F6');
    assert.is(await focused(), 'run');
    await page.locator('#terminal textarea').focus();
    await page.keyboard.press('Shift+F6');
    assert.is(await focused(), 'command-line');
    await page.locator('#run').focus();
    await page.keyboard.press('Enter');
    await phase(page, 'paused');
    await page.locator('#back').focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.body.dataset.phase === 'paused' && document.activeElement?.id === 'back');
  }),
);

testWith(test, NEEDS, 'a browser without WebAssembly is told so', () =>
  withPage(async (page) => {
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebAssembly'));
    await page.reload();
    await complains(page, /This browser has no WebAssembly/);
  }),
);

testWith(test, NEEDS, 'a phone in the dark: nothing is wider than the screen', () =>
  withPage(
    async (page) => {
      await page.click('#program-demand-paging');
      await phase(page, 'ended');
      const { inner, scroll } = await page.evaluate(() => ({ inner: innerWidth, scroll: document.documentElement.scrollWidth }));
      assert.ok(scroll <= inner, `${scroll} of ${inner} pixels`);
      assert.is(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(18, 21, 27)');
    },
    { viewport: { width: 375, height: 760 }, colorScheme: 'dark', hasTouch: true },
  ),
);

testWith(test, NEEDS, 'the lesson on msync: what was msynced is there after the page is loaded anew, of the rest nothing is promised', () =>
  withPage(async (page) => {
    await page.click('#tab-lessons');
    assert.is(await page.locator('#lesson-kept').count(), 0);
    await page.click('#lesson-msync');
    await answer(page);
    const stored = Number(await page.inputValue('#lesson-answer'));
    await goOn(page, 2);
    await counts(page, 0, '/keep/kept', 'private to this mapping, dirty', stored);
    await answer(page);
    const dirty = Number(await page.inputValue('#lesson-answer'));
    await goOn(page, 3);
    await counts(page, 0, '/keep/kept', 'private to this mapping, dirty', dirty);
    await answer(page);
    assert.is(Number(await page.inputValue('#lesson-answer')), stored - dirty);
    await goOn(page, 4);
    await page.reload();
    await page.click('#tab-lessons');
    await page.click('#lesson-kept');
    await answer(page);
    assert.is(Number(await page.inputValue('#lesson-answer')), stored - dirty);
    await goOn(page, 2);
    await shows(page, `Of ${stored} stored pages`);
    const there = Number(/stored pages (\d+) are in the file/.exec(await terminalText(page))?.[1]);
    assert.ok(there >= stored - dirty && there <= stored, `${there}`);
  }),
);

/** Opens or makes /keep/x, a page, and maps it shared: `then` has it in s1. */
const mapsKeep = (then: string): Buffer => {
  const source = `
_start: li a0, -100; la a1, path; li a2, 0x42; li a3, 0x1a4; li a7, 56; ecall
        bltz a0, bad
        mv s0, a0; li a1, 4096; li a7, 46; ecall
        li a0, 0; li a1, 4096; li a2, 3; li a3, 1; mv a4, s0; li a5, 0; li a7, 222; ecall
        bltz a0, bad
        mv s1, a0
        ${then}
bad:    li a0, 1; li a7, 93; ecall
.data
path: .asciz "/keep/x"
text: .ascii "kept\\n"`;
  const { elf, errors } = assemble(source);
  assert.equal(errors, []);
  return Buffer.from(elf as Uint8Array);
};
/** Stores, msyncs, says so, and sleeps for ever: nothing but msync can have kept it. */
const KEEPS = mapsKeep(`li t0, 42; sb t0, 7(s1)
        mv a0, s1; li a1, 4096; li a2, 4; li a7, 227; ecall
        bnez a0, bad
        li a0, 1; la a1, text; li a2, 5; li a7, 64; ecall
        li a0, 0; li a1, 0; li a2, 0; li a3, 0; li a7, 73; ecall`);
const LOOKS = mapsKeep('lbu a0, 7(s1); li a7, 93; ecall');

testWith(test, NEEDS, 'what a program has msynced in /keep is there when the page is loaded anew; one tab has it at a time', () =>
  withPage(async (page) => {
    await page.uncheck('#exact');
    await drop(page, 'keeps', KEEPS);
    await shows(page, 'kept');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.uncheck('#exact');
    await drop(other, 'looks', LOOKS);
    await shows(other, '/keep is not there: another tab has it');
    await other.close();
    await page.reload();
    await page.uncheck('#exact');
    await drop(page, 'looks', LOOKS);
    await shows(page, 'exited with status 42');
  }),
);

testWith(test, NEEDS, 'the program that counts its runs in /keep', () =>
  withPage(async (page) => {
    for (const runs of [0, 1]) {
      await page.reload();
      await page.click('#program-keep');
      await shows(page, `Kept so far: ${runs} runs in the page that is msynced`);
      // It has msynced when it says so.
      await shows(page, 'Reload the page');
    }
  }),
);

testWith(test, NEEDS, 'a browser without files of its own says so', () =>
  withPage(async (page) => {
    await page.route('**/worker*.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `delete StorageManager.prototype.getDirectory;${await response.text()}` });
    });
    await page.reload();
    await page.uncheck('#exact');
    await drop(page, 'looks', LOOKS);
    await shows(page, '/keep is not there: this browser gives a page no files of its own');
  }),
);

test.run();
