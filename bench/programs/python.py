#!/usr/bin/python3
# Python: objects and floats, dictionaries and sorting, strings and regular expressions, json, big integers.
import json
import re


class Body:
    def __init__(self, x, y, z, vx, vy, vz, mass):
        self.x, self.y, self.z, self.vx, self.vy, self.vz, self.mass = x, y, z, vx, vy, vz, mass


def advance(bodies, dt):
    for i, a in enumerate(bodies):
        for b in bodies[i + 1:]:
            dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            force = dt / (dx * dx + dy * dy + dz * dz) ** 1.5
            a.vx -= dx * b.mass * force
            a.vy -= dy * b.mass * force
            a.vz -= dz * b.mass * force
            b.vx += dx * a.mass * force
            b.vy += dy * a.mass * force
            b.vz += dz * a.mass * force
    for a in bodies:
        a.x += dt * a.vx
        a.y += dt * a.vy
        a.z += dt * a.vz


bodies = [Body(i * 1.5, i * 0.7 - 2, 1 / (i + 1), 0.1 * i, 0.3 - 0.1 * i, 0.05, 1 + i / 3) for i in range(5)]
for _ in range(1200):
    advance(bodies, 0.001)
print('bodies', round(sum(b.x + b.y * b.z for b in bodies), 9))

sieve = bytearray([1]) * 200000
for i in range(2, 448):
    if sieve[i]:
        sieve[i * i::i] = bytes(len(range(i * i, 200000, i)))
print('primes', sum(sieve) - 2)

lines = [f'{i} host{i * 7919 % 97} GET /page/{i * 31 % 1009} {200 if i % 7 else 404} {i * i % 5003}' for i in range(8000)]
pattern = re.compile(r'^(\d+) (\w+) (GET|POST) (/\S*) (\d{3}) (\d+)$')
hosts = {}
for line in lines:
    match = pattern.match(line)
    entry = hosts.setdefault(match[2], {'requests': 0, 'bytes': 0, 'errors': [], 'pages': set()})
    entry['requests'] += 1
    entry['bytes'] += int(match[6])
    entry['pages'].add(match[4])
    if match[5] == '404':
        entry['errors'].append(int(match[1]))
for entry in hosts.values():
    entry['pages'] = sorted(entry['pages'])
text = json.dumps(hosts, sort_keys=True)
again = json.loads(text)
print('json', len(text), max(again, key=lambda host: (again[host]['bytes'], host)))


def queens(n, row=0, columns=0, rising=0, falling=0):
    if row == n:
        return 1
    total = 0
    free = ~(columns | rising | falling) & ((1 << n) - 1)
    while free:
        bit = free & -free
        free ^= bit
        total += queens(n, row + 1, columns | bit, (rising | bit) << 1, (falling | bit) >> 1)
    return total


print('queens', queens(8))
a, b = 0, 1
for _ in range(4000):
    a, b = b, a + b
print('fibonacci', len(str(a)), a % 1000007)
