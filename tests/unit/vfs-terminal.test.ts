/** The terminal's line discipline, streams of the host, and /dev. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EAGAIN, EBADF, EIO, ENOSPC, EPIPE } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../../host/core/user.js';
import * as F from '../../host/linux/fcntl.js';
import * as I from '../../host/linux/ioctl.js';
import { POLLHUP, POLLIN, POLLOUT } from '../../host/linux/poll.js';
import { SIGINT, SIGQUIT, SIGTSTP, SIGWINCH } from '../../host/linux/signal.js';
import { makeDev, S_IFCHR } from '../../host/linux/stat.js';
import { DevFileSystem } from '../../host/vfs/backends/dev.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { displayPath, type Location } from '../../host/vfs/dentry.js';
import { HostBuffer } from '../../host/vfs/hostbuffer.js';
import { HostInput, type HostOutput, openHostStream } from '../../host/vfs/hoststream.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { installTerminal } from '../../host/vfs/tty/install.js';
import { Terminal } from '../../host/vfs/tty/terminal.js';
import * as T from '../../host/vfs/tty/termios.js';
import type { OpenFile } from '../../host/vfs/types.js';
import { WaitQueue } from '../../host/vfs/wait.js';
import { newEnvironment } from '../support/backends.js';
import { outcome, Tree } from '../support/tree.js';

/** An output that keeps what it takes and may take little. */
class Screen implements HostOutput {
  readonly queue = new WaitQueue();
  text = '';
  room = Number.POSITIVE_INFINITY;
  errno = 0;

  get writable(): boolean {
    return this.room > 0 || this.errno !== 0;
  }

  write(bytes: Uint8Array): number {
    if (this.errno !== 0) return -this.errno;
    const taken = bytes.subarray(0, Math.min(bytes.length, this.room));
    this.room -= taken.length;
    this.text += new TextDecoder('latin1').decode(taken);
    return taken.length;
  }

  shown(): string {
    const { text } = this;
    this.text = '';
    return text;
  }
}

/** User memory that is an array. */
function userMemory(): UserMemory & { bytes: Uint8Array } {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  return {
    bytes,
    read: (address: number, length: number) => bytes.slice(address, address + length),
    write: (address: number, data: Uint8Array) => bytes.set(data, address),
    writeU32: (address: number, value: number) => view.setUint32(address, value, true),
    readI32: (address: number) => view.getInt32(address, true),
  } as unknown as UserMemory & { bytes: Uint8Array };
}

async function tree(): Promise<Tree> {
  const env = await newEnvironment(512);
  const fs = new MemoryFileSystem(env);
  fs.addDirectory('/dev');
  const t = Tree.over(env, fs);
  t.namespace.mount(new DevFileSystem(env), t.at('/dev'));
  return t;
}

interface Tty {
  readonly t: Tree;
  readonly terminal: Terminal;
  readonly file: OpenFile;
  readonly screen: Screen;
  readonly signals: number[];
  readonly type: (text: string) => void;
  /** What a read returns, or -errno. */
  readonly read: (max?: number) => string | number;
  readonly modes: (change: (termios: T.Termios) => void) => void;
}

async function tty(processesOutput = false): Promise<Tty> {
  const t = await tree();
  const input = new HostInput();
  const screen = new Screen();
  const terminal = new Terminal({ input, output: screen, windowSize: () => ({ rows: 24, columns: 80 }), processesOutput });
  const signals: number[] = [];
  terminal.onSignal = (signo) => signals.push(signo);
  const file = installTerminal(t.namespace, terminal);
  return {
    t,
    terminal,
    file,
    screen,
    signals,
    type: (text) => input.push(new TextEncoder().encode(text)),
    read: (max = 1000) => {
      const buffer = new HostBuffer(new Uint8Array(max), t.env.pages);
      const count = file.read(buffer);
      return count < 0 ? count : new TextDecoder().decode(buffer.filled);
    },
    modes: (change) => {
      const next = new T.Termios();
      next.decode(terminal.termios.encode(T.TERMIOS2_BYTES));
      change(next);
      terminal.setModes(next.encode(T.TERMIOS2_BYTES));
    },
  };
}

test('a line can be read when it is finished, one at a time', async () => {
  const { file, type, read, screen } = await tty();
  assert.is(read(), -EAGAIN);
  type('ab');
  assert.is(read(), -EAGAIN);
  assert.is(file.poll() & POLLIN, 0);
  type('c\rsecond\r');
  assert.is(screen.shown(), 'abc\r\nsecond\r\n');
  assert.is(file.poll() & POLLIN, POLLIN);
  assert.is(read(2), 'ab');
  assert.is(read(), 'c\n');
  assert.is(read(), 'second\n');
  assert.is(read(), -EAGAIN);
});

test('editing: erase, word, line, literal, reprint', async () => {
  const { type, read, screen } = await tty();
  type('abx\x7fc\r');
  assert.is(read(), 'abc\n');
  assert.is(screen.shown(), 'abx\b \bc\r\n');
  type('one two  \x17three\r');
  assert.is(read(), 'one three\n');
  type('gone\x15kept\r');
  assert.is(read(), 'kept\n');
  type('\x7f\x7f\x17\x15x\r');
  assert.is(read(), 'x\n');
  type('a\x16\x03b\r');
  assert.is(read(), 'a\x03b\n');
  screen.shown();
  type('é\x7fe\r');
  assert.is(read(), 'e\n');
  type('ab\x12\r');
  assert.is(read(), 'ab\n');
  assert.match(screen.shown(), /ab\^R\r\nab\r\n$/);
});

test('control characters are shown with a hat, and erased as two', async () => {
  const { type, read, screen } = await tty();
  type('\x01\x7f\r');
  assert.is(screen.shown(), '^A\b \b\b \b\r\n');
  assert.is(read(), '\n');
});

test('^D ends the file once, or what has been typed', async () => {
  const { type, read } = await tty();
  type('\x04');
  assert.is(read(), '');
  assert.is(read(), -EAGAIN);
  type('part\x04');
  assert.is(read(), 'part');
  assert.is(read(), -EAGAIN);
});

test('keys that are signals', async () => {
  const { type, read, signals, screen, modes } = await tty();
  for (const key of 'lost\x03\x1c\x1a') type(key);
  assert.equal(signals, [SIGINT, SIGQUIT, SIGTSTP]);
  assert.is(screen.shown(), 'lost^C^\\^Z');
  type('x\r');
  assert.is(read(), 'x\n');
  modes((termios) => {
    termios.lflag &= ~T.ISIG;
  });
  type('\x03\r');
  assert.is(read(), '\x03\n');
  assert.is(signals.length, 3);
});

test('raw mode: every byte at once, without echo, VMIN and what was typed before', async () => {
  const { file, type, read, screen, modes } = await tty();
  type('typed');
  screen.shown();
  modes((termios) => {
    termios.lflag &= ~(T.ICANON | T.ECHO | T.ISIG | T.IEXTEN);
    termios.iflag &= ~(T.ICRNL | T.IXON);
  });
  assert.is(read(), 'typed');
  type('\r\x03\x04\x7f');
  assert.is(read(2), '\r\x03');
  assert.is(read(), '\x04\x7f');
  assert.is(screen.shown(), '');
  modes((termios) => {
    termios.cc[T.VMIN] = 3;
  });
  type('ab');
  assert.is(file.poll() & POLLIN, 0);
  type('c');
  assert.is(file.poll() & POLLIN, POLLIN);
  assert.is(read(), 'abc');
});

test('^S stops output until ^Q', async () => {
  const { t, file, type, screen } = await tty();
  type('\x13');
  assert.is(file.write(new HostBuffer(Uint8Array.of(65), t.env.pages)), -EAGAIN);
  assert.is(file.poll() & POLLOUT, 0);
  type('\x11');
  t.writeFile(file, 'A');
  assert.is(screen.shown(), 'A');
});

test('output: line feeds, back-pressure in the middle of a pair', async () => {
  const { t, file, screen, modes } = await tty();
  t.writeFile(file, 'a\nb\n');
  assert.is(screen.shown(), 'a\r\nb\r\n');
  screen.room = 2;
  assert.is(t.writeFile(file, 'x\ny'), 3);
  assert.is(screen.shown(), 'x\r');
  assert.is(file.write(new HostBuffer(Uint8Array.of(65), t.env.pages)), -EAGAIN);
  screen.room = 100;
  t.writeFile(file, 'z');
  assert.is(screen.shown(), '\nyz');
  modes((termios) => {
    termios.oflag &= ~T.OPOST;
  });
  t.writeFile(file, 'a\n');
  assert.is(screen.shown(), 'a\n');
  const cooked = await tty(true);
  cooked.t.writeFile(cooked.file, 'a\n');
  assert.is(cooked.screen.shown(), 'a\n');
});

test('the host goes away', async () => {
  const { terminal, file, type, read, screen, t } = await tty();
  type('rest');
  terminal.host.input?.end();
  assert.is(read(), 'rest');
  assert.is(read(), '');
  assert.is(read(), '');
  assert.is(file.poll() & POLLHUP, POLLHUP);
  screen.errno = EPIPE;
  assert.is(
    outcome(() => t.writeFile(file, 'x\n')),
    'EPIPE',
  );
});

test('ioctls', async () => {
  const { file, terminal, signals, type } = await tty();
  const user = userMemory();
  assert.is(file.ioctl(I.TCGETS, 0, user), 0);
  const view = new DataView(user.bytes.buffer);
  assert.is(view.getUint32(12, true), 0o105073, 'lflag as on a fresh Linux terminal');
  assert.is(user.bytes[17 + T.VERASE], 0x7f);
  view.setUint32(12, 0, true);
  assert.is(file.ioctl(I.TCSETSF, 0, user), 0);
  assert.is(terminal.termios.lflag, 0);
  file.ioctl(I.TIOCGWINSZ, 0, user);
  assert.is(view.getUint16(0, true), 24);
  assert.is(view.getUint16(2, true), 80);
  view.setUint16(2, 100, true);
  file.ioctl(I.TIOCSWINSZ, 0, user);
  assert.is(terminal.windowSize.columns, 100);
  assert.equal(signals, [SIGWINCH]);
  terminal.resized();
  assert.is(terminal.windowSize.columns, 80);
  terminal.foreground = 77;
  file.ioctl(I.TIOCGPGRP, 0, user);
  assert.is(view.getUint32(0, true), 77);
  type('abc');
  file.ioctl(I.FIONREAD, 8, user);
  assert.is(view.getUint32(8, true), 3);
  file.ioctl(I.TCFLSH, 0, user);
  file.ioctl(I.FIONREAD, 8, user);
  assert.is(view.getUint32(8, true), 0);
  assert.is(
    outcome(() => file.ioctl(0x1234, 0, user)),
    'ENOTTY',
  );
});

test('a terminal has its name in /dev, and /dev/console is it', async () => {
  const { t, file, type, terminal } = await tty();
  assert.is(displayPath(file.location as Location, t.ctx.root), '/dev/pts/0');
  assert.is(t.inode('/dev/pts/0'), file.inode);
  assert.is(file.inode.rdev, terminal.rdev);
  const other = t.open('/dev/console', F.O_RDWR);
  type('shared\r');
  assert.is(t.readFile(other), 'shared\n');
  assert.is(t.open('/dev/console', F.O_WRONLY).read(new HostBuffer(new Uint8Array(1), t.env.pages)), -EBADF);
});

test('without /dev a terminal works all the same', async () => {
  const env = await newEnvironment(256);
  const t = Tree.over(env, new MemoryFileSystem(env));
  const screen = new Screen();
  const file = installTerminal(
    t.namespace,
    new Terminal({ output: screen, windowSize: () => ({ rows: 1, columns: 2 }), processesOutput: true }),
  );
  t.writeFile(file, 'hi');
  assert.is(screen.shown(), 'hi');
  assert.is(t.readFile(file), '', 'no keyboard: the end');
  const again = file.inode.open(F.O_WRONLY);
  t.writeFile(again, 'again');
  assert.is(screen.shown(), 'again');
});

// --- streams

test('standard input from the host: asked for when wanted, told when full, ends', async () => {
  const t = await tree();
  let wanted = 0;
  let full = 0;
  const input = new HostInput({ wanted: () => wanted++, full: () => full++ });
  const file = openHostStream(t.namespace, { input });
  const read = (max: number): number => file.read(new HostBuffer(new Uint8Array(max), t.env.pages));
  assert.is(wanted, 0, 'nobody has asked yet');
  assert.is(read(5), -EAGAIN);
  assert.is(wanted, 1);
  let woken = 0;
  file.queue?.add({ wake: () => woken++ });
  input.push(new TextEncoder().encode('hello'));
  input.push(new TextEncoder().encode(' world'));
  assert.is(woken, 2);
  assert.is(t.readFile(file, 7), 'hello w');
  assert.is(file.poll(), POLLIN | 0x40);
  input.push(new Uint8Array(300_000));
  assert.is(full, 1);
  assert.is(t.readBytes(file, 1 << 20).length, 300_004);
  input.end();
  assert.is(file.poll(), POLLHUP);
  assert.is(read(5), 0);
  assert.is(file.write(new HostBuffer(new Uint8Array(1), t.env.pages)), -EBADF);
  assert.is(
    outcome(() => file.ioctl(I.TCGETS, 0, userMemory())),
    'ENOTTY',
  );
  const broken = new HostInput();
  const brokenFile = openHostStream(t.namespace, { input: broken });
  broken.push(Uint8Array.of(65));
  broken.end(EIO);
  assert.is(t.readFile(brokenFile), 'A');
  assert.is(
    outcome(() => t.readFile(brokenFile)),
    'EIO',
  );
});

test('a host that answers at once does not put anybody to sleep', async () => {
  const t = await tree();
  const input: HostInput = new HostInput({ wanted: () => input.push(Uint8Array.of(66)) });
  assert.is(t.readFile(openHostStream(t.namespace, { input })), 'B');
});

test('standard output to the host: in part, refused, broken', async () => {
  const t = await tree();
  const screen = new Screen();
  const file = openHostStream(t.namespace, { output: screen });
  screen.room = 3;
  assert.is(t.writeFile(file, 'hello'), 3);
  assert.is(file.write(new HostBuffer(new Uint8Array(1), t.env.pages)), -EAGAIN);
  assert.is(file.poll() & POLLOUT, 0);
  screen.room = Number.POSITIVE_INFINITY;
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i & 127);
  screen.shown();
  assert.is(t.writeFile(file, bytes), 200_000);
  assert.equal(
    Uint8Array.from(screen.shown(), (char) => char.charCodeAt(0)),
    bytes,
  );
  screen.errno = EPIPE;
  assert.is(file.write(new HostBuffer(new Uint8Array(1), t.env.pages)), -EPIPE);
  assert.is(file.read(new HostBuffer(new Uint8Array(1), t.env.pages)), -EBADF);
});

// --- devices

test('null, zero, full, random', async () => {
  const t = await tree();
  const open = (name: string): OpenFile => t.open(`/dev/${name}`, F.O_RDWR);
  assert.is(t.readFile(open('null')), '');
  assert.is(t.writeFile(open('null'), new Uint8Array(200_000)), 200_000);
  assert.equal(t.readBytes(open('zero'), 100_000), new Uint8Array(100_000));
  assert.is(open('full').write(new HostBuffer(new Uint8Array(1), t.env.pages)), -ENOSPC);
  assert.equal(t.readBytes(open('full'), 4), new Uint8Array(4));
  assert.equal(t.readBytes(open('urandom'), 70_000), new Uint8Array(70_000).fill(7));
  assert.is(open('zero').seek(100, 0), 0);
  assert.is(t.inode('/dev/null').rdev, makeDev(1, 3));
  assert.is(t.inode('/dev/null').mode, S_IFCHR | 0o666);
  assert.equal(t.list('/dev'), [
    'console',
    'fd',
    'full',
    'null',
    'ptmx',
    'pts',
    'random',
    'shm',
    'stderr',
    'stdin',
    'stdout',
    'tty',
    'urandom',
    'userfaultfd',
    'zero',
  ]);
  assert.is(
    outcome(() => open('tty')),
    'ENXIO',
  );
  assert.is(
    outcome(() => t.touch('/dev/null', F.O_WRONLY | F.O_TRUNC | F.O_CREAT)),
    'ok',
  );
});

test('each mapping of /dev/zero is another object, and none leaks', async () => {
  const t = await tree();
  const { exports } = t.env.core;
  const file = t.open('/dev/zero', F.O_RDWR);
  const first = file.mapObject();
  exports.objectRetain(first);
  const second = file.mapObject();
  assert.is.not(first, second);
  assert.is(exports.objectReferences(first), 1);
  assert.ok(exports.objectSize(first) > 2 ** 40);
  exports.objectRelease(first);
  releaseFile(file);
  t.env.pages.forgetFreed();
});

test('nodes made by mknod find the same driver; embedders add their own', async () => {
  const t = await tree();
  t.mknod('/mynull', S_IFCHR | 0o666, makeDev(1, 3));
  assert.is(t.readFile(t.open('/mynull')), '');
  const dev = t.inode('/dev').fs as DevFileSystem;
  dev.addDevice('input/my', 240, 1, () => t.open('/dev/zero'));
  assert.equal(t.readBytes(t.open('/dev/input/my'), 2), new Uint8Array(2));
});

test.run();
