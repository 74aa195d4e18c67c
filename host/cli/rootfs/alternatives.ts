/**
 * Alternatives (update-alternatives(1)): names like awk or editor that several packages can stand for. Their postinst scripts install them
 * with plain commands, which are read here; those that a script computes are left out.
 */

export interface Alternative {
  /** Where the name is seen: /usr/bin/awk. */
  readonly link: string;
  /** Below /etc/alternatives. */
  readonly name: string;
  /** What it stands for. */
  readonly path: string;
}

interface Choice extends Alternative {
  readonly priority: number;
  readonly slaves: readonly Alternative[];
}

function readChoices(script: string): Choice[] {
  const choices: Choice[] = [];
  for (const line of script.replace(/\\\n/g, ' ').split(/\n|;|&&|\|\|/)) {
    const words = line.trim().split(/\s+/);
    if (words[0] !== 'update-alternatives') continue;
    const at = words.indexOf('--install');
    if (at < 0) continue;
    const [link, name, path, priority] = words.slice(at + 1, at + 5);
    if (![link, name, path].every(isPlain) || !/^-?\d+$/.test(priority ?? '')) continue;
    const slaves: Alternative[] = [];
    for (let i = at + 5; words[i] === '--slave'; i += 4) {
      const [slaveLink, slaveName, slavePath] = words.slice(i + 1, i + 4);
      if ([slaveLink, slaveName, slavePath].every(isPlain)) slaves.push({ link: slaveLink, name: slaveName, path: slavePath });
    }
    choices.push({ link, name, path, priority: Number(priority), slaves });
  }
  return choices;
}

/** A word of a shell that means itself. */
function isPlain(word: string | undefined): boolean {
  return word !== undefined && /^[\w./+:@[-]+$/.test(word) && !word.split('/').includes('..') && !word.startsWith('-');
}

/** The one of the highest priority for each name, with its slaves as far as their files are there. */
export function chooseAlternatives(scripts: readonly string[], exists: (path: string) => boolean): Alternative[] {
  const best = new Map<string, Choice>();
  for (const choice of scripts.flatMap(readChoices)) {
    const before = best.get(choice.name);
    if (exists(choice.path) && (before === undefined || choice.priority > before.priority)) best.set(choice.name, choice);
  }
  return [...best.values()].flatMap((choice) => [choice, ...choice.slaves.filter((slave) => exists(slave.path))]);
}
