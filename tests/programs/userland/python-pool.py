#!/usr/bin/python3
"""multiprocessing: a pool, a queue, shared memory, locks and values over processes."""
import multiprocessing as mp
from multiprocessing import shared_memory

def square(x):
    return x * x

def fill(name, queue, lock, total):
    block = shared_memory.SharedMemory(name=name)
    for i in range(100):
        block.buf[i] = i
    block.close()
    with lock:
        total.value += 5
    queue.put('filled')

if __name__ == '__main__':
    mp.set_start_method('fork')
    with mp.Pool(2) as pool:
        print(pool.map(square, range(10)), pool.apply(square, (12,)))
    block = shared_memory.SharedMemory(create=True, size=4096)
    queue, lock, total = mp.Queue(), mp.Lock(), mp.Value('i', 1)
    workers = [mp.Process(target=fill, args=(block.name, queue, lock, total)) for _ in range(2)]
    [w.start() for w in workers]
    print(queue.get(), queue.get())
    [w.join() for w in workers]
    print(sum(block.buf[:100]), total.value, [w.exitcode for w in workers])
    block.close()
    block.unlink()
    parent, child = mp.Pipe()
    p = mp.Process(target=lambda c: c.send({'answer': [42]}), args=(child,))
    p.start()
    print(parent.recv())
    p.join()
