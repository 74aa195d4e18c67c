import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OUTWARD } from '../../host/kernel/net/interfaces.js';
import { SysFileSystem } from '../../host/vfs/backends/sysfs.js';
import { get, names, newEnvironment, readText } from '../support/backends.js';

const env = await newEnvironment();
const pages = { total: 1000, free: 400 };
const sys = new SysFileSystem(env, { interfaces: () => [OUTWARD], memory: () => pages });

test('processors, memory and interfaces have their files', () => {
  const text = (path: string): string => readText(env, get(sys, path));
  assert.is(text('devices/system/cpu/online'), '0\n');
  assert.match(text('devices/system/node/node0/meminfo'), /^Node 0 MemTotal: +4000 kB\nNode 0 MemFree: +1600 kB\n/);
  assert.equal(names(get(sys, 'block')), []);
  assert.is(get(sys, 'class/net/eth0').readlink(), '../../devices/virtual/net/eth0');
  assert.is(text('devices/virtual/net/eth0/address'), '52:54:00:12:34:56\n');
  assert.is(text('devices/virtual/net/eth0/flags'), '0x1003\n');
  assert.is(get(sys, 'dev/char/1:3').readlink(), '../../devices/virtual/mem/null');
});

test.run();
