/** The page, driven as a person would, in headless Chromium. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { instructions, PageHost, phase, shows } from '../support/page.js';
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
    assert.match(await page.locator('#alert').innerText(), /notes\.txt is neither a riscv64 program/);
    const other = readFileSync('examples/bin/sieve.elf');
    other[18] = 62;
    await drop(page, 'other', other);
    assert.match(await page.locator('#alert').innerText(), /program for another processor/);
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

test.run();
