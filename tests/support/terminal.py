"""Runs a command in a terminal and talks to it. The argument is JSON: command, size [rows, columns], tty (which of the descriptors 0 to 2 are
the terminal; the others are pipes), input (of descriptor 0 when that is a pipe), steps. A step is one of {"see": text that the screen must
show after what was seen before}, {"raw": whether the terminal must become so}, {"type": text}, {"size": [...]}, {"signal": name}, {"close": true}. Prints JSON: screen, output (of
the pipes), status, restored (the terminal has the modes from before)."""
import fcntl, json, os, select, signal, struct, subprocess, sys, termios, time

LONGEST = 10
spec = json.loads(sys.argv[1])
master, slave = os.openpty()


def resize(rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


resize(*spec.get("size", [24, 80]))
before = termios.tcgetattr(slave)
tty = spec.get("tty", [0, 1, 2])
given, from_child = os.pipe(), os.pipe()
os.write(given[1], spec.get("input", "").encode())
os.close(given[1])


def own_terminal():
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


child = subprocess.Popen(
    spec["command"],
    stdin=slave if 0 in tty else given[0],
    stdout=slave if 1 in tty else from_child[1],
    stderr=slave if 2 in tty else from_child[1],
    pass_fds=[slave],
    preexec_fn=own_terminal,
)
os.close(from_child[1])
screen, seen, failed = b"", 0, None


def read_some(seconds):
    """What the screen shows next; False: nothing came."""
    global screen
    if master is None:
        time.sleep(seconds)
        return False
    if not select.select([master], [], [], seconds)[0]:
        return False
    screen += os.read(master, 65536)
    return True


def wait_for(text):
    global seen
    end = time.monotonic() + LONGEST
    while (at := screen.find(text, seen)) < 0:
        if time.monotonic() > end or (child.poll() is not None and not read_some(0)):
            return False
        read_some(0.1)
    seen = at + len(text)
    return True


def wait_for_mode(raw):
    end = time.monotonic() + LONGEST
    while raw == bool(termios.tcgetattr(slave)[3] & termios.ICANON):
        if time.monotonic() > end or child.poll() is not None:
            return False
        read_some(0.02)
    return True


for step in spec["steps"]:
    if "see" in step:
        if not wait_for(step["see"].encode()):
            failed = step["see"]
            break
    elif "raw" in step:
        if not wait_for_mode(step["raw"]):
            failed = "the mode"
            break
    elif "type" in step:
        os.write(master, step["type"].encode())
    elif "size" in step:
        resize(*step["size"])
    elif "close" in step:
        os.close(master)
        master = None
    elif "signal" in step:
        child.send_signal(getattr(signal, step["signal"]))

end = time.monotonic() + LONGEST
while child.poll() is None and time.monotonic() < end:
    read_some(0.02)
if child.poll() is None:
    failed = failed or "the end"
    child.kill()
    child.wait()
while read_some(0.05):
    pass
restored = master is None or termios.tcgetattr(slave) == before
output = b"" if len(tty) == 3 else os.read(from_child[0], 65536)
print(json.dumps({
    "screen": screen.decode(errors="replace"), "output": output.decode(errors="replace"),
    "status": child.returncode, "restored": restored, **({} if failed is None else {"missing": failed}),
}))
