/** Sockets: what each guest program prints is what Linux itself prints. */
import { test } from 'uvu';
import { sameAsLinux } from '../support/compare.js';
import { NATIVE_NEEDS } from '../support/guest.js';
import { testWith } from '../support/tools.js';

for (const [title, name] of [
  ['AF_UNIX: names, connections, options, errors', 'unix-errors'],
  ['AF_UNIX: descriptors, credentials, waiting, copying', 'unix-passing'],
  ['signals of readiness', 'sigio'],
  ['TCP: names, connections, options, ends', 'inet-tcp'],
  ['UDP', 'inet-udp'],
  ['IP: rare cases', 'inet-edges'],
  ['netlink: interfaces, addresses; SIGEV_THREAD', 'netlink'],
  ['an echo server with 100 clients', 'echo100'],
]) {
  testWith(test, NATIVE_NEEDS, title, async () => {
    await sameAsLinux(name);
  });
}

test.run();
