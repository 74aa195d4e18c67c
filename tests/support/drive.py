"""Runs a command on a pseudo-terminal of the host and plays a user: steps and what was seen, as JSON.

drive.py STEPS COMMAND...   STEPS: a JSON list of
  ["expect", TEXT]   waits until TEXT has come (since the last expect)   ["send", TEXT]   types
  ["resize", ROWS, COLUMNS]   ["signal", NUMBER]   ["pause", SECONDS]   ["eof"]: waits for the end of the output
Prints {"status": …, "seen": …, "before": stty, "after": stty, "failed": step or null}.
"""
import fcntl, json, os, pty, select, signal, struct, subprocess, sys, termios, time

LIMIT_SECONDS = 40
steps, command = json.loads(sys.argv[1]), sys.argv[2:]
master, slave = pty.openpty()


def resize(rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


def modes():
    attributes = termios.tcgetattr(slave)
    return [attributes[i] for i in range(4)]


resize(24, 80)
before = modes()
process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                           preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
seen, mark, failed = b'', 0, None
end = time.monotonic() + LIMIT_SECONDS


def more():
    """Reads what has come; False when the program has ended and nothing is left."""
    global seen
    ready, _, _ = select.select([master], [], [], 0.05)
    if ready:
        seen += os.read(master, 65536)
        return True
    return process.poll() is None


for step in steps:
    kind = step[0]
    if kind == 'expect':
        want = step[1].encode()
        while want not in seen[mark:] and time.monotonic() < end and more():
            pass
        at = seen.find(want, mark)
        if at < 0:
            failed = step
            break
        mark = at + len(want)
    elif kind == 'send':
        os.write(master, step[1].encode())
    elif kind == 'resize':
        resize(step[1], step[2])
    elif kind == 'signal':
        process.send_signal(step[1])
    elif kind == 'pause':
        until = time.monotonic() + step[1]
        while time.monotonic() < until and more():
            pass
    elif kind == 'eof':
        while time.monotonic() < end and more():
            pass
        if process.poll() is None:
            failed = step
if process.poll() is None and failed is not None:
    process.kill()
while process.poll() is None and time.monotonic() < end:
    more()
if process.poll() is None:
    process.kill()
print(json.dumps({'status': process.wait(), 'seen': seen.decode(errors='replace'), 'before': before, 'after': modes(), 'failed': failed}))
