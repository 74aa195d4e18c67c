/** The lessons. Every program prints a line at each stage, and that is where the steps stop. */
import { afterLine, type Dice, type Lesson, recallKept } from './lesson.js';

const demandPaging: Lesson = {
  id: 'demand-paging',
  title: 'Demand paging: an address is not memory',
  program: 'touch',
  make(dice: Dice) {
    const pages = 8 * dice.between(3, 8);
    const step = dice.between(3, 6);
    const stored = Math.ceil(pages / step);
    return {
      args: [String(pages), String(step)],
      steps: [
        {
          text:
            `The program has asked mmap for ${pages} pages of anonymous memory, and got an address. Find the new mapping in ` +
            'the map: all its pages are absent. The kernel has written down a promise, nothing more; the page table has no ' +
            'entry.',
          goal: afterLine(1),
          walk: { name: 'anonymous', page: 0 },
          question: {
            text:
              `Now it stores one byte into every ${step}th of the ${pages} pages, the first included. How many frames will the ` +
              'mapping have then?',
            answer: stored,
            why:
              `A frame comes with the first store to a page, not before and not for its neighbours: ${pages} / ${step}, ` +
              `rounded up, is ${stored}.`,
          },
        },
        {
          text:
            'Each of those stores found no entry in the page table. The fault gave a zeroed frame, and the store ran again. ' +
            'The outlined pages are the new ones; the timeline has a fault for each.',
          goal: afterLine(2),
          walk: { name: 'anonymous', page: 0 },
          question: {
            text: `Next it reads all ${pages} pages. How many frames of its own will the mapping have after that?`,
            answer: stored,
            why: 'A load of a page that nobody has stored to needs no frame: all such pages show the one page of zeros.',
          },
        },
        {
          text:
            'The pages that were only read are the page of zeros now: present in the page table, read-only, and one frame ' +
            'for all of them. Choose one: dashed lines lead nowhere, as nobody counts that frame.',
          goal: afterLine(3),
          walk: { name: 'anonymous', page: 1 },
          question: {
            text: 'It calls madvise(MADV_DONTNEED) for the whole mapping. How many of its pages are present afterwards?',
            answer: 0,
            why: 'The frames go back at once. The mapping stays, and its next touch finds zeros again.',
          },
        },
        {
          text:
            'All pages are absent again, and the mapping is still there. That is demand paging: addresses are cheap, frames ' +
            'come late.',
          goal: afterLine(4),
        },
      ],
    };
  },
};

const copyOnWrite: Lesson = {
  id: 'copy-on-write',
  title: 'Copy on write: fork copies no memory',
  program: 'fork-writes',
  /** Its writes into pipes are writes, too: lines are the 1st, 2nd, 4th and 6th. */
  make(dice: Dice) {
    const pages = 8 * dice.between(2, 4);
    const childs = dice.between(3, 8);
    const parents = dice.between(2, childs + 3);
    const copied = Math.max(0, parents - childs);
    return {
      args: [String(pages), String(childs), String(parents)],
      steps: [
        {
          text: `The process has stored into all ${pages} pages of a mapping. They are its own, and dirty.`,
          goal: afterLine(1),
          walk: { name: 'anonymous', page: 0 },
          question: {
            text:
              `It calls fork, and the child stores into the first ${childs} of the ${pages} pages. How many of them does the ` +
              'child have in frames of its own?',
            answer: childs,
            why: 'After fork both have the same frames. A store makes a copy of that page alone; all others stay shared.',
          },
        },
        {
          text:
            'Two processes, side by side. The child’s stored pages are its own; what is orange is shared, and will be copied ' +
            'at the next store. Choose an orange page: a dashed line leads to the same frame in the other process.',
          goal: afterLine(2),
          walk: { name: 'anonymous', page: pages - 1 },
          question: {
            text: `Now the parent stores into its first ${parents} pages. How many pages does that copy?`,
            answer: copied,
            why:
              `The first ${childs} frames are the parent’s alone since the child has copies, so storing there copies nothing. ` +
              `Of its ${parents} stores ${copied} meet a shared frame.`,
          },
        },
        {
          text:
            'The timeline says “copy-on-write fault” for stores that copied. A plain “minor fault” gave the permission back ' +
            'where nobody else had the frame any more.',
          goal: afterLine(4),
        },
        { text: 'The child has ended, and its frames went with it. What is left is the parent’s alone.', goal: afterLine(6) },
      ],
    };
  },
};

const sharedPrivate: Lesson = {
  id: 'shared-private',
  title: 'Shared against private: one file, mapped twice',
  program: 'shared-private',
  make(dice: Dice) {
    const stored = dice.between(1, 7);
    return {
      args: [String(stored)],
      steps: [
        {
          text:
            'A file of 8 pages is mapped twice, MAP_SHARED and MAP_PRIVATE. Both mappings show the frames of the page cache. ' +
            'Choose a page of one: the dashed line leads to the other.',
          goal: afterLine(1),
          walk: { name: '/tmp/shared-private.dat', page: 0 },
          question: {
            text:
              `The program stores into the first ${stored} pages of the private mapping. How many frames of the private ` +
              'mapping are still the file’s?',
            answer: 8 - stored,
            why: `Each of those ${stored} stores copied a page. The file and the shared mapping know nothing of them.`,
          },
        },
        {
          text: 'The stored pages are private copies now. The others are still the page cache’s, and a store to them would copy.',
          goal: afterLine(2),
          question: {
            text:
              'Now it stores something new into all 8 pages of the shared mapping. How many of the 8 show it in the private ' + 'mapping?',
            answer: 8 - stored,
            why:
              'A private mapping that has not copied a page shows the page cache, changes of others included. What was copied ' +
              'does not change any more.',
          },
        },
        {
          text: 'The program says it, too. So MAP_PRIVATE is no snapshot: it is private only where it has been stored to.',
          goal: afterLine(3),
        },
      ],
    };
  },
};

const lazyTable: Lesson = {
  id: 'lazy-table',
  title: 'A table that fills itself: SIGSEGV as a tool',
  program: 'lazy-table',
  make(dice: Dice) {
    const asked = [dice.between(0, 8191), dice.between(0, 8191)];
    const near = Math.floor(asked[0] / 512) * 512 + dice.between(0, 511);
    const all = [...asked, near];
    const filled = new Set(all.map((n) => Math.floor(n / 512))).size;
    const secondPage = Math.floor(asked[1] / 512);
    const isNew = secondPage !== Math.floor(asked[0] / 512);
    return {
      args: all.map(String),
      steps: [
        {
          text:
            'A table of 8192 squares, 16 pages, mapped with PROT_NONE: nobody may touch it. The program has a handler for ' + 'SIGSEGV.',
          goal: afterLine(1),
          walk: { name: 'anonymous', page: Math.floor(asked[0] / 512) },
          question: {
            text: `It loads entry ${asked[0]}. An entry has 8 bytes. Which page of the table (from 0) does the load touch?`,
            answer: Math.floor(asked[0] / 512),
            why: `A page holds 4096 / 8 = 512 entries, and ${asked[0]} / 512 is ${Math.floor(asked[0] / 512)} and a rest.`,
          },
        },
        {
          text:
            'The load was forbidden, so the kernel sent SIGSEGV with the address. The handler allowed that page by mprotect ' +
            'and computed its 512 squares; its stores are the faults. The load ran again when the handler returned.',
          goal: afterLine(3),
          question: {
            text: `Then it asks for ${asked[1]} and ${near}. How many pages will be filled in all?`,
            answer: filled,
            why:
              `${asked[1]} lies in page ${secondPage}, ${isNew ? 'a new one' : 'which is filled already'}; ${near} lies in the ` +
              'first one’s page and costs nothing: a load like any other.',
          },
        },
        {
          text:
            'This is how a program can do its own paging: garbage collectors, databases and emulators do. Only what was ' +
            'asked for was computed.',
          goal: { kind: 'never' },
        },
      ],
    };
  },
};

const msync: Lesson = {
  id: 'msync',
  title: 'Msync: what is on the medium when the machine is gone',
  program: 'kept',
  live: true,
  make(dice: Dice) {
    const pages = 4 * dice.between(3, 7);
    const step = dice.between(2, 4);
    const msynced = dice.between(3, pages - 3);
    const stored = Math.ceil(pages / step);
    const synced = Math.ceil(msynced / step);
    return {
      args: [String(pages), String(step), String(msynced)],
      steps: [
        {
          text:
            `The program has made a file of ${pages} pages in /keep, the browser's own storage, and mapped it ` +
            `MAP_SHARED. Each page has been ` +
            'read: it is in the page cache, clean, the same as on the medium. (If the terminal says that there is no /keep, the browser ' +
            'gives this page no storage, or another tab has it.)',
          goal: afterLine(1),
          walk: { name: '/keep/kept', page: 0 },
          question: {
            text:
              `It stores into every ${step}${step === 2 ? 'nd' : step === 3 ? 'rd' : 'th'} of the ${pages} pages, ` +
              `the first included. How many pages are dirty then?`,
            answer: stored,
            why:
              `A store makes its own page dirty and no other: ${pages} / ${step}, rounded up, is ${stored}. ` +
              `Nothing has been written to the medium.`,
          },
        },
        {
          text:
            'The dirty pages are in the page cache only. Whoever reads the file in this machine sees the new ' +
            'bytes: that is one cache for all. ' +
            'The medium has the old ones.',
          goal: afterLine(2),
          walk: { name: '/keep/kept', page: 0 },
          question: {
            text: `Now it calls msync(MS_SYNC) for the first ${msynced} pages. How many pages are dirty when that has returned?`,
            answer: stored - synced,
            why:
              `Of the ${stored} dirty pages ${synced} lie among the first ${msynced}; those are written, and ` +
              `clean. The others stay as they are.`,
          },
        },
        {
          text:
            'msync has returned, and that is a promise: what it was asked for is on the medium. Of the other pages ' +
            'nobody has promised anything.',
          goal: afterLine(3),
          remember: { stored, synced },
          question: {
            text: `The power fails now. Of the ${stored} pages that were stored into, how many are sure to have the new bytes?`,
            answer: synced,
            why:
              'Those that were msynced. The kernel writes dirty pages by itself after half a minute or so; until ' +
              'then they are lost with it.',
          },
        },
        {
          text:
            'See for yourself: load this page anew (F5). The machine is gone then with all its memory, as after ' +
            'a power cut. In the list of ' +
            'lessons there is one more afterwards, “What was kept”.',
        },
      ],
    };
  },
};

const kept: Lesson = {
  id: 'kept',
  title: 'What was kept: after the lesson on msync',
  program: 'kept',
  live: true,
  available: () => recallKept() !== undefined,
  make() {
    const { stored, synced } = recallKept() ?? { stored: 0, synced: 0 };
    return {
      args: ['look'],
      steps: [
        {
          text: 'The page was loaded anew: the machine of the last lesson is gone, with its page cache. This one will look into the file.',
          question: {
            text: `That program had stored into ${stored} pages. How many of them, at least, must be in the file?`,
            answer: synced,
            why: `msync had returned for ${synced} of them.`,
          },
        },
        {
          text:
            `The terminal says how many are there. The ${synced} that were msynced are among them. If there are ` +
            `more, the kernel had time to write ` +
            'them by itself before the page was loaded anew: that it may, but it need not.',
          goal: { kind: 'never' },
        },
      ],
    };
  },
};

export const LESSONS: readonly Lesson[] = [demandPaging, copyOnWrite, sharedPrivate, lazyTable, msync, kept];
