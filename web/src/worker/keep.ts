/** /keep: files in the browser's own storage, for one machine at a time. */
import { type Machine, opfs, promisesFolder } from '../../../host/index.js';

const FOLDER = 'keep';
const LOCK = 'pagewalk /keep';

/** What a machine has of it. */
export class Keep {
  private constructor(
    private readonly unlock: () => void,
    private readonly unlocked: Promise<unknown>,
  ) {}

  /** Mounts it; or says, in words for the user, why it is not there. */
  static async mount(machine: Machine): Promise<Keep | string> {
    const storage = globalThis.navigator?.storage;
    if (storage?.getDirectory === undefined) return 'this browser gives a page no files of its own (it does on https:// and localhost)';
    const keep = await Keep.#lock();
    if (keep === undefined) return 'another tab has it: close that one';
    try {
      const folder = await (await storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
      await machine.mount('/keep', promisesFolder(await opfs(folder)));
      return keep;
    } catch (error) {
      await keep.release();
      return `the browser's storage can't be opened: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** Names and data of it are kept by the machine that has it mounted: no second one may change them. */
  static #lock(): Promise<Keep | undefined> {
    return new Promise((taken, failed) => {
      let unlock = (): void => undefined;
      const held = new Promise<void>((release) => {
        unlock = release;
      });
      const unlocked = navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          taken(undefined);
          return undefined;
        }
        // The request is over when `held` is; Keep waits for that.
        queueMicrotask(() => taken(new Keep(unlock, unlocked)));
        return held;
      });
      unlocked.catch(failed);
    });
  }

  async release(): Promise<void> {
    this.unlock();
    await this.unlocked;
  }
}
