import { closeSync, openSync, readSync } from 'node:fs';
import { fillRandom } from '../machine-host.js';
import { errnoOf } from '../vfs/backends/node-errno.js';

/** Random bytes as /dev/urandom gives them, where it is: Node's own generator takes longer to load than a short program runs. */
export function hostRandom(bytes: Uint8Array): void {
  try {
    const fd = openSync('/dev/urandom', 'r');
    try {
      for (let done = 0; done < bytes.length; ) {
        const count = readSync(fd, bytes, done, bytes.length - done, null);
        if (count === 0) throw new RangeError('/dev/urandom has an end');
        done += count;
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    fillRandom(bytes);
  }
}
