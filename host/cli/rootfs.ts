import { type Command, Option } from 'commander';
import { cacheFolder } from './cache-folder.js';
import { CliError } from './options.js';
import type { CreateOptions } from './rootfs/create.js';
import { RootfsError } from './rootfs/errors.js';

const DEFAULT_MIRROR = 'http://deb.debian.org/debian';

const EXAMPLES = `
Fetches Debian packages for riscv64 with all they depend on and unpacks them. The names may carry a version (git=1:2.47.3-0). Packages that
are Essential are taken too, as other packages rely on them without saying so. Downloads are kept in --cache and continued there; the
sums of all are checked, and the signature of the suite where gpgv and a keyring are at hand.

The scripts of the packages are not run. What the base packages' scripts make (/etc/passwd, /etc/group, alternatives like awk) is made
all the same; in the machine, 'dpkg --configure -a' runs them (run --rw --owners host, by root).

Examples:
  pagewalk rootfs create ./debian bash coreutils      a folder
  pagewalk run --root ./debian bash                   a shell in it
  pagewalk rootfs create debian.tar python3 git       an archive, which keeps owners and modes for sure
  pagewalk rootfs create --dry-run ./x gcc            what would be taken, and why
`;

const collect = (text: string, all: readonly string[] | undefined): string[] => [...(all ?? []), text];

export function rootfsCommand(program: Command): void {
  const rootfs = program.command('rootfs').description("make a root folder of Debian's packages");
  rootfs
    .command('create')
    .description("make a root of Debian's packages")
    .argument('<dir>', 'a new folder, or FILE.tar, FILE.tar.gz, FILE.tar.zst')
    .argument('<packages...>', 'names of packages')
    .configureHelp({ helpWidth: 120 })
    .option('--suite <name>', 'suite of the mirror', 'trixie')
    .addOption(
      new Option('--mirror <url>', 'http:, https:, file: or a folder; else PAGEWALK_MIRROR, DEBIAN_MIRROR or Debian itself').default(
        process.env.PAGEWALK_MIRROR || process.env.DEBIAN_MIRROR || DEFAULT_MIRROR,
      ),
    )
    .addOption(new Option('--component <name>', 'component of the suite (repeatable)').argParser(collect).default(undefined, 'main'))
    .option('--cache <dir>', 'where downloads are kept', cacheFolder(process.env))
    .option('--keyring <file>', 'public keys that must have signed the suite')
    .option('--no-signature', 'do not look at the signature of the suite')
    .option('--no-essential', 'only the packages named and what they depend on')
    .option('--recommends', 'recommended packages too', false)
    .option('--allow-unverified-index', 'go on with an index that does not fit the signed Release file', false)
    .option('--dry-run', 'show what would be taken', false)
    .addHelpText('after', EXAMPLES)
    .action(async (dir: string, packages: readonly string[], options: CreateOptions & { component?: string[] }) => {
      const { createRootfs } = await import('./rootfs/create.js');
      try {
        await createRootfs(dir, packages, { ...options, component: options.component ?? ['main'] });
      } catch (error) {
        if (error instanceof RootfsError) throw new CliError(1, error.message);
        throw error;
      }
    });
}
