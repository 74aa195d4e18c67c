import { optionEnd } from './options.js';

const WITH_VALUE: readonly string[] = ['--at', '--pid', '--walk', '--html', '--svg', '--json', '--width'];
const FLAGS: readonly string[] = ['--all'];

/**
 * `inspect PROGRAM --at exit ARGS...`: options of inspect's own may stand right behind PROGRAM, too, where people write them. They are
 * put before it; `--` ends them, for a program whose own first option has one of their names.
 */
export function inspectOptionsFirst(argv: readonly string[]): string[] {
  const command = argv.findIndex((word) => !word.startsWith('-'));
  if (argv[command] !== 'inspect') return [...argv];
  const program = optionEnd(argv, command + 1, WITH_VALUE);
  let end = program + 1;
  for (; end < argv.length; end++) {
    const name = argv[end].split('=')[0];
    if (FLAGS.includes(argv[end])) continue;
    if (!WITH_VALUE.includes(name)) break;
    if (name === argv[end]) end++;
  }
  const rest = argv.slice(argv[end] === '--' && end > program + 1 ? end + 1 : end);
  return [...argv.slice(0, program), ...argv.slice(program + 1, end), '--', ...argv.slice(program, program + 1), ...rest];
}
