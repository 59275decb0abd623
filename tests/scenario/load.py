#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""load.py FOLDER KILLS SEED TURNING: nodes under load, of which one process is killed at random moments, again and again.

FOLDER has the homes alder and birch, which are stopped, cedar, which runs, and profiles of their people. The program is
$ORCON. Six clients at a time share, open, ask and grant as fast as they can. Now and then the main process of alder or
birch, or alder's keeper or sealer alone, gets SIGKILL; a node must then end, with 70 unless it was killed itself, and
it is started again. At the share TURNING of the kills one of the two also ends its ledger, and the kill comes somewhere in that,
or after it. After each start, and once more at the end, with everything that was acknowledged:

  - reports, requests and grants that a client was told of are in the store
  - each key that a client got has its entry in the ledger: this person's, this portion's, under a signed checkpoint
  - every checkpoint that was ever fetched, or cosigned by the others, is the root of that many of today's entries,
    and an entry that was there is the same
  - at the end the partner has each report once, and the stores are sound

FOLDER/NODE.GENERATION.seen gets a line "size root" for each checkpoint (log.py). Prints one line of figures; 1 if anything was wrong."""
import base64
import collections
import hashlib
import json
import os
import random
import signal
import sqlite3
import ssl
import statistics
import struct
import subprocess
import sys
import threading
import time
import urllib.request

CLIENTS = 6
# whom to strike: (node, process), as often as it stands here
VICTIMS = [("alder", "main")] * 6 + [("alder", "keeper")] * 2 + [("alder", "sealer")] * 2 + [("birch", "main")] * 3
EXIT_STATUS = 70
# a home has 60 generations at most; while it turns to the next, for so long at most, its keeper comes and goes by itself
TURNS_MAX, TURN_S = 40, 10
# how long a reader may meet a new log without the card that names it: his node asks for that, unless the other was killed just then
CARD_S = 5
UNVERIFIED = 5 # exit status of a client: what came does not prove itself
CONTEXT = ssl._create_unverified_context()
BRIEFING, REISSUE = 5, 15

folder, kills, seed, turning = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
orcon = os.environ["ORCON"]
draw = random.Random(seed)
wrong, facts, statuses = [], [], collections.Counter()
reports, requests = [], []
lock = threading.Lock()
stopping = threading.Event()


def note(text):
    """A fault, said by who has the lock."""
    wrong.append(text)
    print(f"load.py: {text}", file=sys.stderr, flush=True)


def fault(text):
    with lock:
        note(text)


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as text:
                found += map(int, text.read().split())
        except (FileNotFoundError, ProcessLookupError):
            pass # a thread that has ended meanwhile; the one that forked lasts as long as its process
    return found


class Log:
    """What outsiders know of a generation of a node's log: checkpoints, and which entries gave which root."""

    def __init__(self):
        self.seen, self.size = {}, 0
        self.range, self.roots, self.hashes = [], {}, []

    def see(self, size, root):
        with lock:
            if self.seen.setdefault(size, root) != root:
                note(f"two roots for {size} entries")
            if size < self.size:
                note(f"from {self.size} entries back to {size}")
            self.size = max(size, self.size)

    def add(self, entry):
        """The perfect subtrees, smallest last, as (leaves, hash); then the root of all so far."""
        self.hashes.append(hashlib.sha256(b"\x00" + entry).digest())
        self.range.append((1, self.hashes[-1]))
        while len(self.range) > 1 and self.range[-1][0] == self.range[-2][0]:
            (n, left), (_, right) = self.range[-2:]
            self.range[-2:] = [(2 * n, hashlib.sha256(b"\x01" + left + right).digest())]
        root = self.range[-1][1]
        for _, left in reversed(self.range[:-1]):
            root = hashlib.sha256(b"\x01" + left + root).digest()
        self.roots[len(self.hashes)] = root


class Node:
    def __init__(self, name):
        self.name, self.home, self.logs = name, f"{folder}/{name}", {1: Log()}
        with open(f"{self.home}/orcon.conf", encoding="utf-8") as text:
            conf = dict(map(str.strip, line.split("=", 1)) for line in text if "=" in line and line[0] != "#")
        self.url = conf["url"]
        self.process, self.ready, self.turned = None, [], -CARD_S

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5, context=CONTEXT) as answer:
            return answer.read().decode()

    def start(self):
        began = time.monotonic()
        with open(f"{folder}/{self.name}.err", "ab") as err:
            self.process = subprocess.Popen([orcon, "--home", self.home, "serve"], stderr=err,
                                            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while time.monotonic() < began + 60:
            try:
                self.get("/readyz")
                self.ready.append(time.monotonic() - began)
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.01)
        fault(f"{self.name} does not start: {self.process.poll()}")
        sys.exit(1)

    def kill(self, which):
        pid = self.process.pid
        try:
            for _ in range(("main", "keeper", "sealer").index(which)):
                (pid,) = children(pid)
            os.kill(pid, signal.SIGKILL)
            status = self.process.wait(10)
        except (ValueError, OSError):
            status = self.process.wait(10)
            fault(f"{self.name} had ended by itself: {status}")
        except subprocess.TimeoutExpired:
            fault(f"{self.name} goes on without its {which}")
            self.process.kill()
            status = self.process.wait()
        if status != (-signal.SIGKILL if which == "main" else EXIT_STATUS):
            fault(f"{self.name} ended with {status} after its {which} was killed")

    def stop(self):
        self.process.terminate()
        if self.process.wait(20) != 0:
            fault(f"{self.name} ended with {self.process.returncode} when it was told to")

    def turn(self):
        """The next generation, at the node's own command; not waited for, and whether it comes is for later to see."""
        self.turned = time.monotonic()
        return subprocess.Popen([orcon, "--home", self.home, "rotate", "log", "--json"], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def log(self, generation):
        with lock:
            return self.logs.setdefault(generation, Log())

    def query(self, sql, *args):
        with sqlite3.connect(f"file:{self.home}/orcon.db?mode=ro", uri=True, timeout=10) as db:
            return db.execute(sql, args).fetchall()


nodes = {name: Node(name) for name in ("alder", "birch")}
alder, birch = nodes["alder"], nodes["birch"]

# What is checked ----------------------------------------------------------------------------------------------------


def fields(body):
    """The values of an entry's fields (ledger/body.h): K, then u32 length and value."""
    values, at = [], 32
    while at < len(body):
        (length,) = struct.unpack(">I", body[at:at + 4])
        values.append(body[at + 4:at + 4 + length])
        at += 4 + length
    return values


def check_report(report):
    if not alder.query("SELECT 1 FROM report WHERE id = ?", report):
        fault(f"report {report} was acknowledged, and is not there")


def check_key(report, n, person, generation, index):
    rows = alder.query("SELECT body, (SELECT max(size) FROM checkpoint WHERE generation = leaf.generation) FROM leaf"
                       " JOIN entry USING (id) WHERE id = (? << 40) + ?", generation, index)
    portion = alder.query("SELECT id FROM portion WHERE report = ? AND n = ?", report, n)
    if not rows or not portion or rows[0][1] <= index:
        fault(f"{person} has the key of {report}/{n}, and entry {generation}/{index} is not in the ledger")
        return
    got = fields(rows[0][0])
    if got[0] not in (bytes([BRIEFING]), bytes([REISSUE])) or got[3] != person.encode() or \
            got[2] != f"alder.example/{portion[0][0]}".encode():
        fault(f"entry {generation}/{index} is not about {person} and {report}/{n}")


def check_request(request):
    if not birch.query("SELECT 1 FROM statement WHERE iss = 'birch.example' AND id = ?", request):
        fault(f"request {request} was acknowledged, and is not there")


def check_grant(request):
    if alder.query("SELECT state FROM request WHERE id = ?", request) != [("granted",)]:
        fault(f"the grant of {request} was acknowledged, and is not there")


CHECKS = {"report": check_report, "key": check_key, "request": check_request, "grant": check_grant}


def check_log(node, generation, whole):
    """Entries are what they were, and give every root that anybody saw."""
    log, name = node.log(generation), f"{node.name}/{generation}"
    with lock: # before the entries are read: what is seen meanwhile is for the next time
        seen = sorted(log.seen.items())
    if whole:
        before, log.range, log.roots, log.hashes = log.hashes, [], {}, []
    for (entry,) in node.query("SELECT bytes FROM entry WHERE id >= (? << 40) + ? AND id < (? + 1) << 40 ORDER BY id",
                               generation, len(log.hashes), generation):
        log.add(entry)
    if whole and log.hashes[:len(before)] != before:
        fault(f"an entry of {name} was changed")
    for size, root in seen:
        if base64.b64encode(log.roots.get(size, b"")).decode() != root:
            fault(f"{name} was signed with {size} entries, and they are others now, or gone")


def see_cosigned():
    """What partners cosigned as witnesses and monitors."""
    for node in nodes.values():
        begin = f"{node.name}.example/orcon/"
        for other in ("alder", "birch", "cedar"):
            with sqlite3.connect(f"file:{folder}/{other}/orcon.db?mode=ro", uri=True, timeout=10) as db:
                rows = db.execute("SELECT origin, size, root FROM watched WHERE size > 0").fetchall()
            for origin, size, root in rows:
                if not origin.startswith(begin):
                    continue
                log = node.log(int(origin[len(begin):]))
                with lock:
                    if log.seen.setdefault(size, base64.b64encode(root).decode()) != base64.b64encode(root).decode():
                        note(f"{other} cosigned another root of {origin} for {size} entries")


def check(since, whole=False):
    with lock:
        known = list(facts)
    see_cosigned()
    for kind, *what in known[since:]:
        CHECKS[kind](*what)
    for node in nodes.values():
        for generation in sorted(node.logs):
            if whole or generation >= max(node.logs) - 1:
                check_log(node, generation, whole)
    return len(known)


# The load -----------------------------------------------------------------------------------------------------------


def awaits_card(text):
    """A reader refuses what a log signs that no card of his names: right, where the node was killed before it could be asked for it."""
    return b"not signed by the log" in text and time.monotonic() < alder.turned + CARD_S


def run(person, *args):
    done = subprocess.run([orcon, "--as", person, *args, "--json"], capture_output=True, check=False, timeout=120,
                          stdin=subprocess.DEVNULL)
    with lock:
        statuses[done.returncode] += 1
    if done.returncode == 0:
        return json.loads(done.stdout)
    if done.returncode == UNVERIFIED and not awaits_card(done.stderr):
        fault(f"{person} {' '.join(args)}: {done.stderr.decode()}")
    time.sleep(0.05) # a node that is away answers at once
    return None


def remember(*fact):
    with lock:
        facts.append(fact)


def share(_):
    answer = run("amy@alder.example", "share", f"{folder}/warning.md", "--to", "birch.example")
    if answer:
        remember("report", answer["report"])
        reports.append(answer["report"])


def open_one(rng):
    if not reports:
        return
    report, person = rng.choice(reports[-8:]), rng.choice(("bob@birch.example", "ben@birch.example"))
    for portion in (run(person, "open", report) or {"portions": []})["portions"]:
        if portion["state"] == "open" and portion.get("entry"):
            remember("key", report, portion["n"], person, *map(int, portion["entry"].split("/")[-2:]))


def request(rng):
    if not reports:
        return
    answer = run("bob@birch.example", "request", rng.choice(reports[-4:]), "--to", "cedar.example", "--portion", "1",
                 "--reason", "operation")
    if answer:
        remember("request", answer["request"])
        requests.append(answer["request"])


def grant(_):
    try:
        one = requests.pop(0)
    except IndexError:
        return
    if run("olga@alder.example", "grant", one):
        remember("grant", one)
    else:
        requests.append(one)


def client(number):
    rng = random.Random(seed * 100 + number)
    while not stopping.is_set():
        try:
            rng.choices((share, open_one, request, grant), (2, 6, 1, 1))[0](rng)
        except (ValueError, KeyError, subprocess.TimeoutExpired) as why:
            fault(f"a client: {why!r}")


def look():
    """Somebody outside, who fetches checkpoints: of the newest log that he knows of, and of the next one as soon as it is there."""
    while not stopping.is_set():
        for node in nodes.values():
            newest = max(node.logs)
            for generation in (newest, newest + 1):
                try:
                    line = node.get(f"/log/{generation}/checkpoint").split("\n")
                    node.log(generation).see(int(line[1]), line[2])
                except (OSError, IndexError):
                    break
        time.sleep(0.05)


def delivered():
    """Each report is at the partner's, once."""
    want = {what[0] for kind, *what in facts if kind == "report"}
    got = collections.Counter(report for (report,) in birch.query("SELECT report FROM held"))
    return all(got[report] == 1 for report in want)


def main():
    for node in nodes.values():
        node.start()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    threads.append(threading.Thread(target=look))
    for thread in threads:
        thread.start()
    checked, struck, turns = 0, collections.Counter(), []
    try:
        for _ in range(kills):
            (name, which), most = draw.choice(VICTIMS), 0.4
            if draw.random() < turning and len(turns) < TURNS_MAX:
                turns.append(nodes[name].turn())
                most = 2 # a turn takes a second
            if time.monotonic() < nodes[name].turned + TURN_S:
                which = "main"
            time.sleep(draw.uniform(0, most))
            nodes[name].kill(which)
            struck[f"{name}'s {which}"] += 1
            nodes[name].start()
            checked = check(checked)
            if wrong:
                break
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
        for turn in turns:
            turn.wait(60)
        deadline = time.monotonic() + 60
        while not delivered() and time.monotonic() < deadline and not wrong:
            time.sleep(0.2)
    if not delivered():
        fault("not every report is at the partner's, once")
    check(0, whole=True)
    for node in nodes.values():
        node.stop()
        if node.query("PRAGMA integrity_check") != [("ok",)] or node.query("PRAGMA foreign_key_check"):
            fault(f"the store of {node.name} is damaged")
        for generation, log in node.logs.items():
            with open(f"{folder}/{node.name}.{generation}.seen", "w", encoding="ascii") as out:
                out.writelines(f"{size} {root}\n" for size, root in sorted(log.seen.items()))
    told = collections.Counter(fact[0] for fact in facts)
    restarts = sorted(node.ready[i] for node in nodes.values() for i in range(1, len(node.ready)))
    print(f"{sum(struck.values())} kills, seed {seed} ({', '.join(f'{n} of {w}' for w, n in sorted(struck.items()))}): "
          f"{', '.join(f'{n} {k}s' for k, n in sorted(told.items()))} acknowledged, {len(wrong)} wrong; "
          f"{sum(len(log.seen) for log in alder.logs.values())} checkpoints seen, "
          f"{sum(len(log.hashes) for log in alder.logs.values())} entries; {len(turns)} turns, "
          f"{len(alder.logs)} and {len(birch.logs)} generations; "
          f"restart {statistics.median(restarts):.2f} s, {restarts[-1]:.2f} s at most; "
          f"clients' exit status {dict(sorted(statuses.items()))}")
    return 1 if wrong or not told["key"] or not told["report"] else 0


sys.exit(main())
