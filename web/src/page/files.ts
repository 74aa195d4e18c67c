/** Files from the user: what they are, told by their first bytes. */
import { byId } from './dom.js';

export type Opened =
  | { readonly kind: 'elf'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'tar'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'assembly'; readonly name: string; readonly text: string };

const TAR_MAGIC_AT = 257;

/** Throws Error with a sentence for what can't be run. */
export function recognise(name: string, bytes: Uint8Array): Opened {
  const starts = (at: number, magic: readonly number[]): boolean => magic.every((byte, i) => bytes[at + i] === byte);
  if (starts(0, [0x7f, 0x45, 0x4c, 0x46])) {
    // e_machine: EM_RISCV is 243.
    const machine = bytes[18] | (bytes[19] << 8);
    if (bytes[4] !== 2 || machine !== 243) throw new Error(`${name} is a program for another processor: a riscv64 one is needed`);
    return { kind: 'elf', name, bytes };
  }
  if (starts(0, [0x1f, 0x8b]) || starts(TAR_MAGIC_AT, [0x75, 0x73, 0x74, 0x61, 0x72])) return { kind: 'tar', name, bytes };
  if (/\.(s|asm)$/i.test(name)) return { kind: 'assembly', name, text: new TextDecoder().decode(bytes) };
  if (starts(0, [0x23, 0x21])) throw new Error(`${name} is a script: it needs a root with its interpreter; drop a tar archive of one`);
  throw new Error(`${name} is neither a riscv64 program (ELF) nor a tar archive nor assembly text (.s)`);
}

/** Drag and drop anywhere, and a button for who has no mouse. */
export function acceptFiles(onFile: (file: Opened) => void, onError: (text: string) => void): void {
  const zone = byId('drop-zone');
  const take = async (files: Iterable<File>): Promise<void> => {
    for (const file of files) {
      try {
        onFile(recognise(file.name, new Uint8Array(await file.arrayBuffer())));
      } catch (error) {
        onError(error instanceof Error ? error.message : String(error));
      }
    }
  };
  addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) zone.hidden = true;
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    zone.hidden = true;
    void take(event.dataTransfer?.files ?? []);
  });
  const input = byId<HTMLInputElement>('file-input');
  byId('open-file').addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    void take([...(input.files ?? [])]);
    input.value = '';
  });
}
