/**
 * dpkg's own files, so that dpkg in the machine knows what is there. Packages are "unpacked", which is the truth: their scripts have not
 * run, and `dpkg --configure -a` in the machine runs them.
 */
import { encodeText } from '../../linux/text.js';
import { controlFiles, type DebTar } from './deb.js';
import { addFile } from './layout.js';
import type { Unpacker } from './unpack.js';

const FOLDER = '/var/lib/dpkg';

export class DpkgDatabase {
  #status = '';

  constructor(readonly unpacker: Unpacker) {}

  /** The postinst of the package, '' when it has none. */
  async add(name: string, arch: string, control: DebTar, files: readonly string[]): Promise<string> {
    const parts = controlFiles(control);
    const paragraph = parts.get('control')?.text.trimEnd() ?? `Package: ${name}`;
    const conffiles = (parts.get('conffiles')?.text ?? '').split('\n').filter((line) => line.startsWith('/'));
    this.#status += `${paragraph}\nStatus: install ok unpacked\n`;
    if (conffiles.length > 0) this.#status += `Conffiles:\n${conffiles.map((path) => ` ${path} newconffile\n`).join('')}`;
    this.#status += '\n';
    const prefix = /^multi-arch:\s*same\s*$/im.test(paragraph) ? `${name}:${arch}` : name;
    const put = (ending: string, text: string, mode?: number): Promise<void> =>
      addFile(this.unpacker, `${FOLDER}/info/${prefix}.${ending}`, encodeText(text), mode);
    await put('list', `${files.join('\n')}\n`);
    for (const [file, { text, mode }] of parts) if (file !== 'control') await put(file, text, mode);
    return parts.get('postinst')?.text ?? '';
  }

  async finish(): Promise<void> {
    await addFile(this.unpacker, `${FOLDER}/status`, encodeText(this.#status));
    await addFile(this.unpacker, `${FOLDER}/info/format`, encodeText('1\n'));
  }
}
