"""The rules of docs/lab-model.md once more, as plain as possible: what the laboratory's engine must count, access by access.

    python3 reference.py < jobs    (a list of {systems: configurations, records: [[passed, kind, value]...]})
"""
import json
import sys

SHIFTS = {"4K": 12, "64K": 16, "2M": 21, "1G": 30}
DEPTHS = {"hashed": 0, "inverted": 0, "sv39": 3, "sv48": 4, "sv57": 5, "x86-64": 4, "x86-64-la57": 5}
REACHES = ["2M", "1G", "512G", "256T"]


class Array:
    def __init__(self, entries, ways, replacement, seed):
        self.ways, self.policy, self.random = ways, replacement, seed
        self.sets = [Set(ways) for _ in range(entries // ways)]

    def at(self, index):
        return self.sets[index % len(self.sets)]

    def lookup(self, index, key):
        s = self.at(index)
        if key not in s.keys:
            return False
        way = s.keys.index(key)
        s.order.remove(way)
        s.order.append(way)
        if self.policy == "srrip":
            s.mark[way] = 0
        elif self.policy == "clock":
            s.mark[way] = 1
        elif self.policy == "tree-plru":
            s.away(way)
        return True

    def holds(self, index, key):
        return key in self.at(index).keys

    def fill(self, index, key):
        s = self.at(index)
        way = s.keys.index(None) if None in s.keys else self.victim(s)
        gone = s.keys[way]
        s.keys[way] = key
        if way in s.order:
            s.order.remove(way)
        s.order.append(way)
        s.mark[way] = 2 if self.policy == "srrip" else 1
        if self.policy == "tree-plru":
            s.away(way)
        return gone

    def victim(self, s):
        if self.policy == "lru":
            return s.order[0]
        if self.policy == "fifo":
            way = s.hand
            s.hand = (way + 1) % self.ways
            return way
        if self.policy == "random":
            x = self.random
            x = (x ^ (x << 13)) & 0xFFFFFFFF
            x ^= x >> 17
            x = (x ^ (x << 5)) & 0xFFFFFFFF
            self.random = x
            return x % self.ways
        if self.policy == "tree-plru":
            return s.tree_victim()
        if self.policy == "srrip":
            while 3 not in s.mark:
                s.mark = [m + 1 for m in s.mark]
            return s.mark.index(3)
        while s.mark[s.hand]:
            s.mark[s.hand] = 0
            s.hand = (s.hand + 1) % self.ways
        way = s.hand
        s.hand = (way + 1) % self.ways
        return way

    def remove(self, unwanted):
        for s in self.sets:
            for way, key in enumerate(s.keys):
                if key is not None and unwanted(key):
                    s.keys[way] = None
                    s.order.remove(way)


class Set:
    def __init__(self, ways):
        self.ways = ways
        self.keys = [None] * ways
        self.order = []  # ways in use, the one used longest ago first
        self.mark = [0] * ways
        self.hand = 0
        self.right = {}  # path of the tree -> is the victim on its right?

    def path(self, way):
        low, high, path = 0, self.ways, ""
        while high - low > 1:
            middle = (low + high) // 2
            right = way >= middle
            yield path, right
            low, high = (middle, high) if right else (low, middle)
            path += "r" if right else "l"

    def away(self, way):
        for path, right in self.path(way):
            self.right[path] = not right

    def tree_victim(self):
        low, high, path = 0, self.ways, ""
        while high - low > 1:
            middle = (low + high) // 2
            right = self.right.get(path, False)
            low, high = (middle, high) if right else (low, middle)
            path += "r" if right else "l"
        return low


class Tlb:
    """Arrays, one for each partition's address spaces, and what had to go from any of them, the oldest first."""

    def __init__(self, config):
        self.parts, self.size = config["partitions"], config["victims"]
        entries, ways = config["entries"], config["ways"] // self.parts
        one = Array(entries, ways, config["replacement"], config["seed"])  # all partitions' sets; random numbers are common
        self.array, self.victims, self.hits = one, [], 0
        self.coalesce, self.pages = config["coalesce"], {}  # key of the first page of a group -> pages that its entry has

    def place(self, index, key):
        sets = len(self.array.sets) // self.parts
        return index % sets * self.parts + key[0] % self.parts

    def group(self, key):
        return key[0], key[1], key[2] // self.coalesce * self.coalesce

    def groups(self, key):
        return self.coalesce > 1 and key[1] == "4K"

    def lookup(self, index, key):
        if self.groups(key):
            group = self.group(key)
            return self.array.lookup(self.place(index // self.coalesce, key), group) and key[2] in self.pages[group]
        if self.array.lookup(self.place(index, key), key):
            return True
        if key not in self.victims:
            return False
        self.hits += 1
        self.victims.remove(key)
        self.fill(index, key)
        return True

    def holds(self, index, key):
        if self.groups(key):
            group = self.group(key)
            return self.array.holds(self.place(index // self.coalesce, key), group) and key[2] in self.pages[group]
        return key in self.victims or self.array.holds(self.place(index, key), key)

    def fill(self, index, key, frames=None):
        if self.groups(key):
            group, place = self.group(key), self.place(index // self.coalesce, key)
            if not self.array.holds(place, group):
                self.pages.pop(self.array.fill(place, group), None)
            frame = lambda page: frames.get((key[0], page))
            pages, page = {key[2]}, key[2]
            for step, end in ((-1, group[2] - 1), (1, group[2] + self.coalesce)):
                for other in range(page + step, end, step):
                    if frame(other) is None or frame(other) - other != frame(page) - page:
                        break
                    pages.add(other)
            self.pages[group] = pages
            return
        gone = self.array.fill(self.place(index, key), key)
        if gone is not None and self.size:
            self.victims = (self.victims + [gone])[-self.size:]

    def remove(self, unwanted):
        self.array.remove(unwanted)
        self.pages = {key: pages for key, pages in self.pages.items() if not unwanted(key)}
        self.victims = [key for key in self.victims if not unwanted(key)]


class Memory:
    """Frames in blocks of 512; None: none is left."""

    def __init__(self, config):
        self.count, self.allocation, self.random = config["bytes"] >> 12, config["allocation"], config["seed"]
        self.used, self.kept, self.frames = set(), {}, {}
        self.in_use = [0] * (self.count // 512)
        for block in range(self.count // 512):
            if self.next() % 100 < config["fragmented"]:
                self.take(512 * block + self.next() % 512)

    def take(self, frame):
        self.used.add(frame)
        self.in_use[frame >> 9] += 1

    def next(self):
        x = self.random
        x = (x ^ (x << 13)) & 0xFFFFFFFF
        x ^= x >> 17
        x = (x ^ (x << 5)) & 0xFFFFFFFF
        self.random = x
        return x

    def whole(self):
        kept = set(self.kept.values())
        return next((block for block, count in enumerate(self.in_use) if not count and block not in kept), None)

    def free(self, start, avoid=()):
        n = 0
        while n < self.count:
            frame = (start + n) % self.count
            if self.in_use[frame >> 9] == 512 or frame >> 9 in avoid:
                n += 512 - frame % 512
            elif frame in self.used:
                n += 1
            else:
                return frame
        return None

    def place(self, asid, page):
        frame, region = None, (asid, page >> 9)
        if self.allocation == "random":
            frame = self.free(self.next() % self.count)
        if self.allocation == "reserve":
            if region not in self.kept:
                block = self.whole()
                if block is not None:
                    self.kept[region] = block
            if region in self.kept:
                frame = 512 * self.kept[region] + page % 512
            if frame is None or frame in self.used:
                frame = self.free(0, set(self.kept.values()))
        if frame is None:
            frame = self.free(0)
        self.take(frame)
        self.frames[asid, page] = frame

    def promote(self, asid, number):
        region = asid, number
        mine = {key: f for key, f in self.frames.items() if key[0] == asid and key[1] >> 9 == number}
        block = self.kept.get(region)
        if block is not None:
            if self.in_use[block] != sum(1 for f in mine.values() if f >> 9 == block):
                block = self.whole()
        else:
            block = self.whole()
        if block is None:
            return False
        for key, frame in mine.items():
            self.used.discard(frame)
            self.in_use[frame >> 9] -= 1
            del self.frames[key]
        for frame in range(512 * block, 512 * block + 512):
            self.take(frame)
        if region in self.kept:
            self.kept[region] = block
        return True


class Swap:
    """Resident pages, the one used longest ago first -> was it stored to since it came?"""

    def __init__(self, pages):
        self.pages, self.resident, self.evicted = pages, {}, set()
        self.evictions = self.writes = self.reads = 0

    def use(self, page, is_store):
        dirty = self.resident.pop(page, False)
        if page in self.evicted:
            self.evicted.remove(page)
            self.reads += 1
        if len(self.resident) == self.pages:
            oldest = next(iter(self.resident))
            self.writes += self.resident.pop(oldest)
            self.evicted.add(oldest)
            self.evictions += 1
        self.resident[page] = dirty or is_store

    def forget(self, space):
        self.resident = {page: dirty for page, dirty in self.resident.items() if page[0] != space}
        self.evicted = {page for page in self.evicted if page[0] != space}


class Prefetcher:
    """Page numbers that one class's misses ask for."""

    def __init__(self, kind, degree, rows):
        self.kind, self.degree, self.rows = kind, degree, rows
        self.place, self.last, self.before, self.table = None, None, None, {}

    def after(self, space, size, page):
        steps = range(1, self.degree + 1)
        if self.kind == "next":
            return [page + n for n in steps]
        if self.place != (space, size):
            self.place, self.last, self.before = (space, size), None, None
        last, before = self.last, self.before
        self.last = page
        if last is None:
            return []
        distance = self.before = page - last
        if self.kind == "stride":
            return [page + n * distance for n in steps] if distance == before and distance != 0 else []
        if before is not None:
            tag, followers = self.table.get(before % self.rows, (0, []))
            if tag != before:
                followers = []
            followers = [distance] + [d for d in followers if d != distance]
            self.table[before % self.rows] = (before, followers[: self.degree])
        tag, followers = self.table.get(distance % self.rows, (0, []))
        return [page + d for d in followers] if tag == distance else []


def array(config, entries=None):
    entries = entries or config["entries"]
    ways = config.get("ways", "full")
    return Array(entries, entries if ways == "full" else ways, config.get("replacement", "lru"), config.get("seed", 1))


class System:
    def __init__(self, config):
        self.config = config
        self.depth = DEPTHS[config["format"]]
        self.promote = config["promoteAfter"]
        self.background = config["background"]
        self.mixed = self.promote or self.background
        self.sizes = ["4K", "2M"] if self.mixed else [config["pageSize"]]
        self.advised, self.scanned, self.ticks = set(), 0, 0
        self.tlbs = [(tlb, Tlb(tlb)) for tlb in config["tlbs"]]
        kind = config["prefetcher"], config["prefetchNext"], config["prefetchRows"]
        self.prefetchers = {side: Prefetcher(*kind) for side in ("instructions", "data")}
        self.levels = max(tlb["level"] for tlb, _ in self.tlbs)
        self.latencies = {tlb["level"]: tlb["latency"] for tlb, _ in self.tlbs}
        self.walk_caches = {c["covers"]: array(c) for c in config["walkCaches"]}
        self.slots = [None] * config["tableEntries"] if config["format"] == "hashed" else []
        self.anchors = [[] for _ in range(config["tableEntries"])] if config["format"] == "inverted" else []
        self.entries = 0
        self.memory = Memory(config["memory"]) if config["memory"] else None
        self.swap = Swap(config["swap"]["pages"]) if config["swap"] else None
        self.order = {}  # (space, page) -> its frame where there is memory enough
        self.bits, self.stored, self.bit_updates, self.refusals = {}, set(), 0, 0
        self.nested = config["nested"]
        self.host_tlb = array(self.nested["tlb"]) if self.nested and self.nested["tlb"] else None
        self.region_numbers, self.gigas, self.host_tables, self.host_references = {}, {}, {}, 0
        self.caches = [(c["latency"], array(c)) for c in config["caches"]]
        self.asid = 0
        self.touched, self.regions, self.promoted, self.tables = set(), {}, set(), {}
        self.accesses, self.walks = [0, 0, 0], [0, 0, 0]
        self.hits = {}
        self.references = self.cycles = self.walk_cycles = self.prefetches = self.promotions = self.switches = self.drops = 0
        self.found = [0] * (len(self.caches) + 1)

    def tlb(self, level, side, size):
        for tlb, a in self.tlbs:
            if tlb["level"] == level and tlb["serves"] in ("both", side) and size in tlb["sizes"]:
                return a
        return None

    def latency(self, level):
        return self.latencies[level]

    def key(self, va, size):
        return (self.asid, size, va >> SHIFTS[size])

    def access(self, kind, va):
        side = "instructions" if kind == 0 else "data"
        self.accesses[kind] += 1
        self.order.setdefault((self.asid, va >> 12), len(self.order))
        if self.swap:
            self.swap.use((self.asid, va >> 12), kind == 2)
        if self.config["ideal"]:
            self.cycles += self.latency(1)
            self.hits[1, side] = self.hits.get((1, side), 0) + 1
            self.page_size(va)
            return
        for level in range(1, self.levels + 1):
            self.cycles += self.latency(level)
            for size in self.sizes:
                a = self.tlb(level, side, size)
                if a and a.lookup(va >> SHIFTS[size], self.key(va, size)):
                    self.hits[level, side] = self.hits.get((level, side), 0) + 1
                    self.fill(level, side, va, size)
                    if kind == 2 and self.first_store(va) and self.set_bits(va, size, 3):
                        before = self.cycles
                        self.walk(va)
                        if self.config["accessedDirty"] == "hardware":
                            self.read(self.entry)
                        self.walk_cycles += self.cycles - before
                    return
        self.walks[kind] += 1
        before = self.cycles
        size = self.walk(va)
        if kind == 2:
            self.first_store(va)
        if self.set_bits(va, size, 3 if kind == 2 else 1):
            if self.config["accessedDirty"] == "hardware":
                self.read(self.entry)
            else:
                self.walk(va)
        self.walk_cycles += self.cycles - before
        self.fill(self.levels + 1, side, va, size)
        if self.config["prefetchNext"]:
            for page in self.prefetchers[side].after(self.asid, size, va >> SHIFTS[size]):
                if 0 <= page << SHIFTS[size] < 1 << 48:
                    self.prefetch(side, page << SHIFTS[size], size)

    def first_store(self, va):
        page = self.asid, va >> 12
        first = page not in self.stored
        self.stored.add(page)
        return first

    def set_bits(self, va, size, wanted):
        """Are some of them not set yet (1: A, 2: D)?"""
        key = self.key(va, size)
        if self.config["accessedDirty"] == "none" or self.bits.get(key, 0) & wanted == wanted:
            return False
        self.bits[key] = self.bits.get(key, 0) | wanted
        self.bit_updates += 1
        return True

    def frames(self):
        return self.memory.frames if self.memory else self.order

    def fill(self, below, side, va, size):
        for level in range(1, below):
            a = self.tlb(level, side, size)
            if a:
                a.fill(va >> SHIFTS[size], self.key(va, size), self.frames())

    def prefetch(self, side, va, size):
        a = self.tlb(self.levels, side, size)
        key = self.key(va, size)
        promoted = self.key(va, "2M") in self.promoted
        mapped = promoted if self.mixed and size == "2M" else key in self.touched and not promoted
        if not a or not mapped or a.holds(va >> SHIFTS[size], key):
            return
        self.prefetches += 1
        before = self.cycles
        self.walk(va)
        self.cycles = before
        a.fill(va >> SHIFTS[size], key, self.frames())

    def number(self, va, size):
        """Pages of the guest lie in the order in which regions of 2 MiB were touched first."""
        region = self.region_numbers[self.key(va, "2M")]
        return region if size == "2M" else (region << 21 | va & 0x1FFFFF) >> SHIFTS[size]

    def page_size(self, va):
        self.region_numbers.setdefault(self.key(va, "2M"), len(self.region_numbers) + 1)
        size = self.size_now(va)
        self.known(va, size)
        return size

    def known(self, va, size):
        """A hashed or inverted table has the page from now on."""
        key = self.key(va, size)
        if self.anchors:
            chain = self.anchors[self.home(va, size)]
            if key not in [k for k, _ in chain]:
                chain.append((key, self.entries))
                self.entries += 1
        if self.slots and key not in self.slots:
            entry = self.home(va, size)
            while self.slots[entry] is not None:
                entry = (entry + 1) % len(self.slots)
            self.slots[entry] = key

    def home(self, va, size):
        number = va >> SHIFTS[size] ^ self.asid << 40 ^ list(SHIFTS).index(size) << 60
        return (number * 0x9E3779B97F4A7C15 & 2**64 - 1) >> 32 & self.config["tableEntries"] - 1

    def size_now(self, va):
        if not self.mixed:
            if self.memory and self.key(va, "4K") not in self.touched:
                self.memory.place(self.asid, va >> 12)
            self.touched.add(self.key(va, self.sizes[0]))
            return self.sizes[0]
        region, page = self.key(va, "2M"), self.key(va, "4K")
        if region in self.promoted:
            return "2M"
        if page in self.touched:
            return "4K"
        self.touched.add(page)
        self.regions[region] = self.regions.get(region, 0) + 1
        if self.promote and self.regions[region] >= self.promote and self.has_room(self.asid, va >> 21):
            self.promotion(self.asid, va >> 21)
            return "2M"
        if self.memory:
            self.memory.place(self.asid, va >> 12)
        return "4K"

    def has_room(self, asid, number):
        if self.config["promote"] != "always" and (asid, number) not in self.advised:
            return False
        if self.memory and not self.memory.promote(asid, number):
            self.refusals += 1
            return False
        return True

    def promotion(self, asid, number):
        region = asid, "2M", number
        self.promoted.add(region)
        self.bits[region] = 3
        self.promotions += 1
        for _, a in self.tlbs:
            a.remove(lambda key: key[0] == asid and key[1] == "4K" and key[2] >> 9 == number)
        if "2M" in self.walk_caches:
            self.walk_caches["2M"].remove(lambda key: key == (asid, 1, number))

    def tick(self):
        """Behind each record: is it time for what is done in the background?"""
        ticks = sum(self.accesses) // self.background["every"]
        if ticks == self.ticks:
            return
        self.ticks = ticks
        known = list(self.region_numbers)
        for _ in range(min(self.background["regions"], len(known))):
            if self.scanned >= len(known):
                self.scanned = 0
            region = asid, _, number = known[self.scanned]
            self.scanned += 1
            if region not in self.promoted and self.regions[region] >= self.background["present"] and self.has_room(asid, number):
                self.promotion(asid, number)
                # Its tables are there from now on, whether somebody walks or not.
                home, self.asid = self.asid, asid
                self.known(number << 21, "2M")
                self.asid = home

    def walk(self, va):
        size = self.page_size(va)
        if self.anchors:
            anchor = self.home(va, size)
            self.read(4096 + 8 * anchor)
            for key, number in self.anchors[anchor]:
                self.entry = 2**32 + 16 * number
                self.read(self.entry)
                if key == self.key(va, size):
                    return size
        if self.slots:
            entry = self.home(va, size)
            self.read(4096 + 16 * entry)
            while self.slots[entry] != self.key(va, size):
                entry = (entry + 1) % len(self.slots)
                self.read(4096 + 16 * entry)
            self.entry = 4096 + 16 * entry
            return size
        self.tree(va, size)
        if self.nested:
            self.translate(2**40 + (self.number(va, size) << SHIFTS[size]) + va % (1 << SHIFTS[size]))
        return size

    def translate(self, address):
        shift, depth = SHIFTS[self.nested["pageSize"]], DEPTHS[self.nested["format"]]
        if self.host_tlb:
            self.cycles += self.nested["tlb"]["latency"]
            if self.host_tlb.lookup(address >> shift, address >> shift):
                return
        for remaining in range(depth, {12: 1, 16: 1, 21: 2, 30: 3}[shift] - 1, -1):
            table = self.host_tables.setdefault((remaining, address >> (12 + 9 * remaining)), len(self.host_tables) + 1)
            self.host_references += 1
            self.read((2 * table + 1) * 4096 + (address >> (12 + 9 * (remaining - 1)) & 511) * 8)
        if self.host_tlb:
            self.host_tlb.fill(address >> shift, address >> shift)

    def tree(self, va, size):
        leaf = {"4K": 1, "64K": 1, "2M": 2, "1G": 3}[size]
        start = self.depth
        for known in range(leaf, self.depth):
            cache = self.walk_caches.get(REACHES[known - 1])
            if cache and cache.lookup(va >> (12 + 9 * known), (self.asid, known, va >> (12 + 9 * known))):
                start = known
                break
        for remaining in range(start, leaf - 1, -1):
            table = self.tables.setdefault((self.asid, remaining, va >> (12 + 9 * remaining)), len(self.tables) + 1)
            offset = ((va >> (12 + 9 * (remaining - 1))) & 511) * 8
            if self.nested:
                self.translate(table * 4096 + offset)
            self.entry = table * 4096 * (2 if self.nested else 1) + offset
            self.read(self.entry)
            if remaining > leaf and REACHES[remaining - 2] in self.walk_caches:
                prefix = va >> (12 + 9 * (remaining - 1))
                self.walk_caches[REACHES[remaining - 2]].fill(prefix, (self.asid, remaining - 1, prefix))

    def read(self, address):
        self.references += 1
        line = address // self.config["lineBytes"]
        at = 0
        for latency, a in self.caches:
            self.cycles += latency
            if a.lookup(line, line):
                break
            at += 1
        self.found[at] += 1
        if at == len(self.caches):
            self.cycles += self.config["memoryLatency"]
        for _, a in self.caches[:at]:
            a.fill(line, line)

    def switch(self, asid):
        if asid == self.asid:
            return
        self.asid = asid
        self.switches += 1
        if self.config["onSwitch"] == "flush":
            self.flush()

    def flush(self):
        for a in [a for _, a in self.tlbs] + list(self.walk_caches.values()):
            a.remove(lambda key: True)

    def drop(self, value, space):
        self.drops += 1
        first = value >> 12
        last = first + (1 << (value & 15)) - 1
        for _, a in self.tlbs:
            pages = lambda key: 1 << SHIFTS[key[1]] - 12 if key[1] != "4K" else a.coalesce
            start = lambda key: key[2] << SHIFTS[key[1]] - 12
            a.remove(lambda key: key[0] == space and start(key) <= last and first < start(key) + pages(key))
        for page in range(first, last + 1):
            self.stored.discard((space, page))
            self.bits.pop((space, "4K", page), None)

    def forget(self, space):
        if self.swap:
            self.swap.forget(space)
        self.advised = {region for region in self.advised if region[0] != space}
        for _, a in self.tlbs:
            a.remove(lambda key: key[0] == space)


def run(config, records):
    system = System(config)
    instructions, code, other = 0, None, None
    for passed, kind, value in records:
        if kind == 4:
            passed, kind = passed + value, None
        instructions += passed
        if code is not None:
            for _ in range(passed):
                system.access(0, code)
        if kind == 0:
            code = value
        elif kind in (1, 2):
            system.access(kind, value)
        elif kind == 3:
            system.switch(value)
        elif kind == 5 and value:
            system.forget(value - 1)
        elif kind == 5:
            system.flush()
            if system.host_tlb:
                system.host_tlb.remove(lambda key: True)
        elif kind == 8:
            other = value
        elif kind == 7:
            system.drop(value, system.asid if other is None else other)
            other = None
        elif kind == 10:
            if ("fit" if value & 2 else "madvise") == config["promote"]:
                (system.advised.add if value & 1 else system.advised.discard)((system.asid, value >> 21))
        if system.background:
            system.tick()
    s, costs = system, config["costs"]
    evictions, writes, reads = (s.swap.evictions, s.swap.writes, s.swap.reads) if s.swap else (0, 0, 0)
    swapping = reads * (costs["fault"] + config["swap"]["read"]) + writes * config["swap"]["write"] if s.swap else 0
    bytes_each = {"hashed": 16, "inverted": 24}.get(config["format"], 0)
    pages = -(-config["tableEntries"] * bytes_each // 4096) if bytes_each and not config["ideal"] else len(s.tables)
    levels = []
    for side, accesses in (("instructions", s.accesses[0]), ("data", s.accesses[1] + s.accesses[2])):
        lookups = accesses
        for level in range(1, s.levels + 1):
            hits = s.hits.get((level, side), 0)
            levels.append({"level": level, "side": side, "lookups": lookups, "misses": lookups - hits})
            lookups -= hits
    return {
        "instructions": instructions, "accesses": s.accesses, "levels": levels, "walks": s.walks, "references": s.references,
        "found": s.found, "hostReferences": s.host_references, "cycles": s.cycles, "walkCycles": s.walk_cycles, "prefetches": s.prefetches, "pages": len(s.touched),
        "osCycles": len(s.touched) * costs["fault"] + swapping + (s.drops + evictions) * (costs["drop"] + costs["shootdown"] * (costs["processors"] - 1))
        + (s.bit_updates * costs["accessedDirty"] if config["accessedDirty"] == "fault" else 0),
        "evictions": evictions, "swapWrites": writes, "swapReads": reads,
        "victimHits": sum(tlb.hits for _, tlb in s.tlbs), "promotions": s.promotions, "refusals": s.refusals, "bitUpdates": s.bit_updates, "switches": s.switches, "drops": s.drops, "tablePages": pages,
    }


def main():
    jobs = json.load(sys.stdin)
    print(json.dumps([[run(config, job["records"]) for config in job["systems"]] for job in jobs]))


main()
