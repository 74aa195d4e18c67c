/** --user: who a name or number is, by the machine's tables. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../host/cli/options.js';
import { findUser } from '../../host/cli/user.js';
import { loadCore } from '../../host/index-node.js';
import { Machine } from '../../host/machine.js';
import { installFile } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';

async function machineWith(passwd?: string, group?: string): Promise<Machine> {
  const machine = await Machine.create({ module: await loadCore(), root: (env) => new MemoryFileSystem(env) });
  if (passwd !== undefined) installFile(machine, '/etc/passwd', new TextEncoder().encode(passwd), 0o644);
  if (group !== undefined) installFile(machine, '/etc/group', new TextEncoder().encode(group), 0o644);
  return machine;
}

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\njo:x:1000:100:Jo,,,:/home/jo:/bin/sh\n\nbroken\nbad:x:-1:x::\n';
const GROUP = 'root:x:0:\nusers:x:100:\nmail:x:8:ann,jo\nwheel:x:10:jo\nodd:x:y:jo\n';

test('names and numbers with the groups of their entries', async () => {
  const machine = await machineWith(PASSWD, GROUP);
  const jo = { uid: 1000, gid: 100, groups: [8, 10, 100], name: 'jo', home: '/home/jo' };
  assert.equal(findUser(machine, 'jo'), jo);
  assert.equal(findUser(machine, '1000'), jo);
  assert.equal(findUser(machine, 'jo:mail'), { ...jo, gid: 8, groups: [] });
  assert.equal(findUser(machine, '7:9'), { uid: 7, gid: 9, groups: [], name: undefined, home: undefined });
  assert.equal(findUser(machine, '7'), { uid: 7, gid: 0, groups: [], name: undefined, home: undefined });
});

test('without tables numbers and root are known', async () => {
  const machine = await machineWith();
  assert.is(findUser(machine, 'root').uid, 0);
  assert.equal(findUser(machine, '12:13').gid, 13);
});

test('mistakes are usage errors', async () => {
  const machine = await machineWith(PASSWD, GROUP);
  for (const text of ['', ':', 'jo:', ':mail', 'a:b:c', 'nobody', 'jo:nogroup', '-1', '4294967295', 'bad', '1.5', 'jo:odd']) {
    assert.throws(
      () => findUser(machine, text),
      (error: unknown) => error instanceof UsageError,
      text,
    );
  }
});

test.run();
