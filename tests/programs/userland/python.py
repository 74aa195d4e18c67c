#!/usr/bin/python3
"""Python 3: mmap, threading, subprocess, multiprocessing with shared memory, sqlite3, and the usual library."""
import array, collections, ctypes, decimal, fractions, hashlib, itertools, json, math, mmap, os, queue, random, re, select, signal, sqlite3, struct
import subprocess, sys, tempfile, threading, time, zlib

def section(name):
    print(f'-- {name}', flush=True)

def mappings():
    section('mmap')
    with open('/tmp/m', 'wb') as f:
        f.write(b'a' * 10000)
    with open('/tmp/m', 'r+b') as f:
        m = mmap.mmap(f.fileno(), 0)
        m[5:8] = b'xyz'
        print(len(m), m.find(b'yz'), m[9998:])
        m.flush()
        os.lseek(f.fileno(), 0, 0)
        print(os.read(f.fileno(), 10))
        os.pwrite(f.fileno(), b'PW', 0)
        print(m[:4])
        m.resize(20000)
        print(os.fstat(f.fileno()).st_size, m[15000])
        m.close()
    shared = mmap.mmap(-1, 8192)
    if os.fork() == 0:
        shared[0:5] = b'child'
        os._exit(0)
    os.wait()
    print(shared[:5])
    private = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if os.fork() == 0:
        private[0] = 1
        os._exit(0)
    os.wait()
    print(private[0])

def threads():
    section('threading')
    lock, counter, done = threading.Lock(), [0], queue.Queue()
    def work(i):
        for _ in range(500):
            with lock:
                counter[0] += 1
        done.put(i)
    workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    [t.start() for t in workers]
    [t.join() for t in workers]
    print(counter[0], sorted(done.get() for _ in range(8)))
    barrier, event, local = threading.Barrier(3), threading.Event(), threading.local()
    def wait():
        local.x = barrier.wait()
        event.wait(5)
    waiters = [threading.Thread(target=wait) for _ in range(2)]
    [t.start() for t in waiters]
    barrier.wait()
    event.set()
    [t.join() for t in waiters]
    print(threading.active_count(), hasattr(local, 'x'))

def processes():
    section('subprocess')
    r = subprocess.run(['sh', '-c', 'echo out; echo err >&2; exit 3'], capture_output=True, text=True)
    print(r.returncode, r.stdout, r.stderr)
    p = subprocess.Popen(['sort', '-n'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    print(p.communicate(b'3\n1\n2\n')[0])
    p = subprocess.Popen(['sleep', '10'])
    p.terminate()
    print(p.wait(), signal.Signals(-p.returncode).name)
    try:
        subprocess.run(['sleep', '5'], timeout=0.1)
    except subprocess.TimeoutExpired as error:
        print('timeout', error.timeout)

def database():
    section('sqlite3')
    db = sqlite3.connect('/tmp/d.db')
    print(db.execute('pragma journal_mode=wal').fetchone(), db.execute('pragma mmap_size=1048576').fetchone())
    db.execute('create table t(id integer primary key, x, y)')
    with db:
        db.executemany('insert into t(x, y) values(?, ?)', ((i, str(i * i)) for i in range(1000)))
    other = sqlite3.connect('/tmp/d.db')
    print(other.execute('select count(*), sum(x), max(length(y)) from t where x % 3 = 0').fetchone())
    print(db.execute('pragma integrity_check').fetchone())
    db.close()
    other.close()

def library():
    section('library')
    print(hashlib.sha256(b'x' * 5000).hexdigest()[:16], zlib.crc32(b'pagewalk'), len(zlib.compress(b'ab' * 5000)))
    print(json.dumps({'b': [1, 2.5, None], 'a': 'é'}, sort_keys=True), json.loads('{"x": [1e3, true]}'))
    print(decimal.Decimal(1) / 7, fractions.Fraction(3, 4) + 1, math.fsum([0.1] * 10), math.gamma(5.5), 2 ** 200 % 1000007)
    print(re.sub(r'(\w+) (\w+)', r'\2 \1', 'hello world'), struct.pack('>IhQ', 1, -2, 3).hex(), array.array('d', [1.5, 2.5]).tobytes().hex())
    random.seed(42)
    print(random.random(), random.sample(range(100), 5), collections.Counter('mississippi').most_common(2))
    print(sum(x * y for x, y in itertools.product(range(50), repeat=2)), sorted('pagewalk'), float('1e-310'), 0.1 + 0.2)
    libc = ctypes.CDLL(None)
    print(libc.strlen(b'twelve chars'), ctypes.sizeof(ctypes.c_long))
    reader, writer = os.pipe()
    print(select.select([reader], [], [], 0.01), select.select([], [writer], [], 0)[1] == [writer])
    signal.signal(signal.SIGALRM, lambda *_: print('alarm'))
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    signal.pause()
    with tempfile.TemporaryDirectory() as folder:
        open(os.path.join(folder, 'f'), 'w').write('x')
        print(os.listdir(folder), oct(os.stat(folder).st_mode))
    print(sys.version_info[:2], os.uname().machine, sys.maxsize)

for part in (mappings, threads, processes, database, library):
    part()
