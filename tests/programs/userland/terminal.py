#!/usr/bin/python3
# bash's job control, vim, less, top and script on a pseudo-terminal, byte by byte what they show.
import fcntl, os, pty, re, select, struct, sys, termios, time

LONGEST = 30


class Session:
    """A program on a terminal of its own; each step prints what it shows up to the text waited for."""

    def __init__(self, *command, rows=24, columns=80):
        sys.stdout.flush()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.environ.update(TERM="xterm", PS1="> ", HISTFILE="/dev/null", INPUTRC="/tmp/inputrc")
            os.execvp(command[0], command)
        self.shown = ""

    def see(self, text, quiet=False):
        end = time.monotonic() + LONGEST
        while text not in self.shown:
            if time.monotonic() > end or not self.read():
                print("NOT SEEN", repr(text))
                break
        at = self.shown.find(text) + len(text)
        if not quiet:
            for line in re.sub(r"^(\[\d\]) \d+", r"\1 PID", self.shown[:at], flags=re.M).split("\n"):
                print(ascii(line))
        self.shown = self.shown[at:]

    def read(self):
        if not select.select([self.master], [], [], 1)[0]:
            return True
        try:
            data = os.read(self.master, 4096)
        except OSError:
            return False
        self.shown += data.decode("latin-1")
        return data != b""

    def type(self, keys):
        os.write(self.master, keys.encode("latin-1"))

    def settle(self):
        """Shows no more for a while."""
        while select.select([self.master], [], [], 0.5)[0] and self.read():
            pass

    def command(self, line, last="\r\n> "):
        self.type(line + "\r")
        self.see(line + "\r\n", quiet=True)
        print("$", line)
        self.see(last)

    def end(self):
        while self.read():
            pass
        print("then", ascii(self.shown))
        print("status", os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]))
        os.close(self.master)


with open("/tmp/inputrc", "w") as inputrc:
    inputrc.write("set enable-bracketed-paste off\n")

print("-- jobs")
shell = Session("bash", "--norc", "--noprofile")
shell.see("> ")
shell.command("sleep 100 &")
shell.command("jobs")
shell.command("sh -c 'echo go; exec cat'", last="go\r\n")
shell.type("typed\r")
shell.see("typed\r\ntyped\r\n")
shell.type("\x1a")
shell.see("\r\n> ")
shell.command("jobs")
shell.command("bg %2; sleep 1")
shell.command("jobs")
shell.command("fg %2", last="'\r\n")
shell.type("again\r")
shell.see("again\r\nagain\r\n")
shell.type("\x03")
shell.see("> ")
shell.command("echo $?")
shell.command("sh -c 'echo go; exec sleep 50'", last="go\r\n")
shell.type("\x1c")
shell.see("\r\n> ")
shell.command("echo $?")
shell.command("kill -STOP %1; sleep 1; jobs")
shell.command("kill -CONT %1; sleep 1; kill %1; wait %1")
shell.command("echo $?")
shell.command("stty tostop; (echo background) & sleep 1; jobs; stty -tostop")
shell.command("fg", last="background\r\n> ")
shell.command("stty size; stty -a | head -1")
fcntl.ioctl(shell.master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
shell.settle()
shell.command("trap 'echo resized' WINCH; stty size")
fcntl.ioctl(shell.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
shell.see("resized\r\n", quiet=True)
shell.type("\r")
shell.see("> ", quiet=True)
shell.type("exit 6\r")
shell.end()

print("-- vim")
vim = Session("vim.tiny", "-u", "NONE", "-N", "-i", "NONE", "/tmp/text")
vim.see("[New]")
vim.settle()
for key in "i", "h", "i", "\r", "y", "o":
    vim.type(key)
    vim.settle()
vim.type("\x1b")
vim.settle()
vim.type(":wq\r")
vim.end()
print(open("/tmp/text").read(), end="")

print("-- less")
with open("/tmp/lines", "w") as lines:
    lines.writelines(f"line {i} of the file\n" for i in range(100))
less = Session("less", "/tmp/lines", rows=10, columns=40)
less.see("/tmp/lines")
for key, last in (" ", ":"), ("G", "(END)"), ("?line 5 \r", ":"), ("k", ":"), ("-N\r", ":"):
    less.type(key)
    less.see(last)
    less.settle()
less.type("q")
less.end()

print("-- top")
top = Session("top", "-d", "100")
top.see("top - ", quiet=True)
top.see("COMMAND", quiet=True)
top.type("q")
while top.read():
    pass
print("status", os.waitstatus_to_exitcode(os.waitpid(top.pid, 0)[1]))

print("-- script")
script = Session("script", "-q", "-c", "tty >/dev/null && stty size && echo inside; exit 3", "-e", "/tmp/record")
script.end()
print(ascii(open("/tmp/record").read().split("\n")[1:-2]))
