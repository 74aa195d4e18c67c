/** The Release file of a suite: sums of its indexes, and the signature over it. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { type Paragraph, parseParagraph } from './control.js';
import { RootfsError } from './errors.js';
import { type Mirror, NotThere } from './mirror.js';

/** Where Debian and its relatives keep the archive's public keys. */
const KEYRINGS: readonly string[] = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
  '/opt/homebrew/share/keyrings/debian-archive-keyring.gpg',
  '/usr/local/share/keyrings/debian-archive-keyring.gpg',
];

export interface IndexFile {
  /** Below dists/SUITE/. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface SignatureOptions {
  /** A file with public keys; the signature must then be good. */
  readonly keyring: string | undefined;
  /** false: don't look at it. */
  readonly check: boolean;
}

export class Release {
  readonly #fields: Paragraph;
  readonly #files = new Map<string, IndexFile>();

  constructor(
    text: string,
    /** One sentence about the signature. */
    readonly signature: string,
  ) {
    this.#fields = parseParagraph(text);
    for (const line of (this.#fields.get('sha256') ?? '').split('\n')) {
      const found = /^([0-9a-f]{64})\s+(\d+)\s+(\S+)$/.exec(line.trim());
      if (found !== null) this.#files.set(found[3], { path: found[3], sizeBytes: Number(found[2]), sha256: found[1] });
    }
    if (this.#files.size === 0) throw new RootfsError('the Release file of the suite has no SHA-256 sums');
  }

  field(name: string): string {
    return this.#fields.get(name) ?? '';
  }

  words(name: string): string[] {
    return this.field(name).split(/\s+/).filter(Boolean);
  }

  /** The index of a component in a compression that `usable` takes. */
  packages(component: string, arch: string, endings: readonly string[]): IndexFile {
    const architectures = this.words('architectures');
    if (architectures.length > 0 && !architectures.includes(arch)) {
      throw new RootfsError(`this suite has no packages for ${arch} (it has ${architectures.join(', ')})`);
    }
    const components = this.words('components').map((name) => name.split('/').at(-1) as string);
    if (components.length > 0 && !components.includes(component.split('/').at(-1) as string)) {
      throw new RootfsError(`this suite has no component '${component}' (it has ${components.join(', ')})`);
    }
    for (const ending of endings) {
      const file = this.#files.get(`${component}/binary-${arch}/Packages${ending}`);
      if (file !== undefined) return file;
    }
    throw new RootfsError(`the Release file of the suite lists no Packages of ${component} for ${arch}`);
  }

  get byHash(): boolean {
    return this.field('acquire-by-hash') === 'yes';
  }

  /** It says of itself that it is out of date. */
  get expired(): string | undefined {
    const until = this.field('valid-until');
    return until !== '' && Date.parse(until) < Date.now() ? until : undefined;
  }
}

/** Fetches InRelease, or Release with Release.gpg, into `folder`, and checks the signature. */
export async function fetchRelease(mirror: Mirror, suite: string, folder: string, options: SignatureOptions): Promise<Release> {
  const inline = join(folder, 'InRelease');
  try {
    await mirror.download(`dists/${suite}/InRelease`, inline);
    const signature = checkSignature([inline], options);
    return new Release(signedText(fs.readFileSync(inline, 'utf8')), signature);
  } catch (error) {
    if (!(error instanceof NotThere)) throw error;
  }
  const plain = join(folder, 'Release');
  const detached = join(folder, 'Release.gpg');
  try {
    await mirror.download(`dists/${suite}/Release`, plain);
  } catch (error) {
    if (error instanceof NotThere) throw new RootfsError(`${mirror.name} has no suite '${suite}' (no dists/${suite}/InRelease)`);
    throw error;
  }
  const text = fs.readFileSync(plain, 'utf8');
  try {
    await mirror.download(`dists/${suite}/Release.gpg`, detached);
  } catch (error) {
    if (!(error instanceof NotThere)) throw error;
    if (options.check && options.keyring !== undefined) throw new RootfsError(`${mirror.name} does not sign suite '${suite}'`);
    return new Release(text, 'signature not checked: this mirror has none');
  }
  return new Release(text, checkSignature([detached, plain], options));
}

/**
 * The text within a clear-signed message: exactly the lines the signature covers (RFC 9580, section 7). The message must be all there is:
 * gpgv would look for a good signature further on, and the text here would be another one's.
 */
export function signedText(message: string): string {
  if (!message.includes('-----BEGIN PGP')) return message;
  const lines = message.trimEnd().split(/\r?\n/);
  const damaged = (): never => {
    throw new RootfsError('InRelease is damaged: it is not one signed message');
  };
  const blank = lines.indexOf('');
  const end = lines.indexOf('-----BEGIN PGP SIGNATURE-----');
  if (lines[0] !== '-----BEGIN PGP SIGNED MESSAGE-----' || lines.at(-1) !== '-----END PGP SIGNATURE-----') damaged();
  if (blank < 0 || end < blank || !lines.slice(1, blank).every((line) => line.startsWith('Hash: '))) damaged();
  const body = lines.slice(blank + 1, end);
  if ([...body, ...lines.slice(end + 1, -1)].some((line) => line.startsWith('-----'))) damaged();
  return body.map((line) => (line.startsWith('- ') ? line.slice(2) : line)).join('\n');
}

/** `files` as gpgv takes them. A sentence about what was found; RootfsError when the signature is wrong. */
function checkSignature(files: readonly string[], { keyring, check }: SignatureOptions): string {
  if (!check) return 'signature not checked, as asked for';
  if (keyring !== undefined && !fs.existsSync(keyring)) throw new RootfsError(`--keyring: ${keyring} is not there`);
  const keys = keyring ?? KEYRINGS.find((path) => fs.existsSync(path));
  if (keys === undefined) return 'signature not checked: no debian-archive-keyring on this computer (--keyring names one)';
  const run = gpgv(['--status-fd', '1', '--keyring', keys, ...files]);
  if (run === undefined) {
    if (keyring !== undefined) throw new RootfsError('--keyring: the signature can only be checked with gpgv (GnuPG), which is not there');
    return 'signature not checked: gpgv (GnuPG) is not on this computer';
  }
  const status = run.stdout.split('\n').filter((line) => line.startsWith('[GNUPG:] '));
  const lines = (word: string): string[] => status.filter((line) => line.split(' ')[1] === word);
  if (lines('BADSIG').length > 0) throw new RootfsError('the signature of the suite is wrong: the index was changed on its way');
  const good = lines('GOODSIG');
  if (good.length > 0 && lines('VALIDSIG').length > 0) return `signature good: ${good[0].split(' ').slice(3).join(' ')} (${keys})`;
  const missing = lines('NO_PUBKEY').map((line) => line.split(' ')[2]);
  if (missing.length > 0) {
    throw new RootfsError(
      `the suite is signed with keys that ${keys} does not have (${missing.join(', ')}); ` +
        '--keyring names another, --no-signature does not look',
    );
  }
  const first = run.stderr.trim().split('\n').at(-1) ?? '';
  throw new RootfsError(`the signature of the suite could not be checked: ${first}`);
}

/** undefined: there is no gpgv. */
function gpgv(args: readonly string[]): SpawnSyncReturns<string> | undefined {
  const run = spawnSync('gpgv', args, { encoding: 'utf8' });
  if (run.error === undefined) return run;
  if ((run.error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw new RootfsError(`gpgv: ${run.error.message}`);
}
