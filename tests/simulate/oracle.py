#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""oracle.py LOG: judges what script/simulate recorded, by the rules and nothing else.

It is slow and plain on purpose, shares no code with the program, and is written from docs/protocol.md and the marking
table: who may share, ask, decide, withdraw, recall; what a mark lets a reader have, and what goes on by rule; what is
silent when; what each side must say at the end. Prints TAP."""
import collections
import json
import sys

from strain import Strain

READER, OFFICER, AUTHOR, AUTHORITY = "rob", "ole", "ann", "pat"
SKEW_S = 30
ASK = {"no-release", "compartment", "not-named", "rel-to-not-listed", "organisation-only", "clients-only", "orcon",
       "outside-community", "release-ended", "recalled"}

log = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
faults = collections.defaultdict(list)
checks = collections.Counter()


def check(what, good, event, why=""):
    checks[what] += 1
    if not good:
        faults[what].append(f"{why} {json.dumps(event)[:400]}")


class Org:
    def __init__(self, domain):
        self.domain = domain
        self.up = True
        self.suspended = set()      # own people
        self.told_suspended = set() # partners' people, as their homes said
        self.reports = {}           # own: report -> [portion]
        self.held = collections.defaultdict(set)  # (originator, report) -> portions that came
        self.recalled = set()       # portions that their originator took back
        self.requests = {}          # id -> Request, as this side knows it
        self.lists = collections.defaultdict(set)  # (owner, kind) -> members, as this side knows it
        self.overrides = {}         # id -> [giver, originator, whether its review is open], as this side knows it
        self.notices = collections.Counter()
        self.expected = collections.Counter()


class Request:
    def __init__(self, by, originator, report, portions, to, due, asked, forward):
        self.by, self.originator, self.report, self.portions, self.to = by, originator, report, portions, to
        self.due, self.asked, self.forward = due, asked, forward
        self.state, self.silent = "open", False
        self.reminded = set()


class Release:
    def __init__(self, granted, until, person):
        self.granted, self.until, self.person, self.recalled = granted, until, person, False


orgs = {}
marks = {}                                   # portion -> mark
owner = {}                                   # portion -> originator
releases = collections.defaultdict(list)     # (portion, holder) -> releases, at the originator
proved = set()                               # (person, portion): he opened it, and has the proof


def home(whom):
    """The organisation of a person, or itself."""
    return whom.split("@")[-1]


def parts(mark):
    return mark.split("//")


def live(portion, person, t):
    """What lets him have it now: given to his organisation, or to him alone."""
    return [r for r in releases[portion, home(person)]
            if not r.recalled and (not r.until or t < r.until) and r.person in (None, person)]


def readable(portion, person, t):
    """Whether the mark and the originator's leave let a person without read-ins have it: ok or ask."""
    leave = live(portion, person, t)
    if not leave:
        return "ask"
    for part in parts(marks[portion]):
        if part.endswith("/SOURCE"):
            return "ask"                     # for people who were read in
        if part == "TLP:RED" and not any(r.person == person for r in leave):
            return "ask"                     # for persons who were named
        if (part.startswith("REL TO ") and home(person) not in part[7:].split(", ")
                and not any(r.granted for r in leave)):
            return "ask"
    return "ok"


def by_rule(portion, to, community, client):
    """Whether a mark lets a holder pass it on to another organisation without a human, if both are of a community of
    its originator's, and if that one is a client of his: a holder supposes both, since the originator decides."""
    p = parts(marks[portion])
    if to == owner[portion] or p[0] == "TLP:CLEAR":
        return True
    for part in p[1:]:
        if part == "ORCON" or part.endswith("/SOURCE"):
            return False
        if part.startswith("REL TO ") and to not in part[7:].split(", "):
            return False
    if p[0] == "TLP:GREEN":
        return "TEARLINE" in p or community
    return p[0] == "TLP:AMBER" and client


def give(portions, to, granted, until):
    for portion in portions:
        releases[portion, home(to)].append(Release(granted, until, to if "@" in to else None))


def may_act(org, event, name):
    """The person is of this organisation, not suspended, and of the role."""
    person = event["by"]
    return person == f"{name}@{org.domain}" and person not in org.suspended


def on_share(org, e):
    good = may_act(org, e, AUTHOR)
    check("share", (e["result"] == "ok") == good, e)
    if e["result"] != "ok":
        return
    org.reports[e["report"]] = [p["id"] for p in e["portions"]]
    for p in e["portions"]:
        marks[p["id"]], owner[p["id"]] = p["mark"], org.domain
        for to in e["to"]:
            give([p["id"]], to, False, 0)


def taken_back(portion, holder):
    leave = releases[portion, holder]
    return bool(leave) and all(r.recalled for r in leave)


def asks(org, e):
    held = org.held[e["originator"], e["report"]]
    return (may_act(org, e, READER) and set(e["portions"]) <= held and len(set(e["portions"])) == len(e["portions"])
            and (e["to"] == e["by"] or (e["to"] not in (org.domain, e["originator"])
                                        and not set(e["portions"]) & org.recalled)))


def on_request(org, e, forward=False):
    good = asks(org, e)
    if forward:
        good = good and all(by_rule(p, e["to"], True, True) for p in e["portions"])
    check("forward" if forward else "request", (e["result"] == "ok") == good, e)
    if e["result"] == "ok":
        org.requests[e["request"]] = Request(e["by"], e["originator"], e["report"], e["portions"], e["to"], e["due"],
                                             e["t"], forward)


def fall_silent(org, q, t):
    if q.state == "open" and t >= q.due:
        q.state, q.silent = "silent", True


def rule(org, q, t):
    """The originator's node decides on a forward."""
    holder = home(q.by)
    community = {holder, q.to} <= org.lists[org.domain, "community"]
    client = q.to in org.lists[holder, "clients"]
    good = [p for p in q.portions if by_rule(p, q.to, community, client) and q.by not in org.told_suspended
            and (marks[p] == "TLP:CLEAR" or readable(p, q.by, t) == "ok")]  # what is public needs nobody's leave
    q.state = "granted" if good else "denied"
    give(good, q.to, True, 0)


def on_decide(org, e):
    q = org.requests.get(e["request"])
    good = may_act(org, e, OFFICER) and q is not None and q.originator == org.domain
    if good:
        fall_silent(org, q, e["t"])
        good = q.state in ("open", "silent") and (e["ev"] == "deny" or set(e["portions"]) <= set(q.portions))
    check(e["ev"], (e["result"] == "ok") == good, e, q and q.state)
    if e["result"] != "ok":
        return
    q.state = "granted" if e["ev"] == "grant" else "denied"
    if e["ev"] == "grant":
        give(e["portions"], q.to, True, e["until"])


def on_withdraw(org, e):
    q = org.requests.get(e["request"])
    good = (may_act(org, e, READER) and q is not None and q.by == e["by"] and q.state in ("open", "silent"))
    check("withdraw", (e["result"] == "ok") == good, e, q and q.state)
    if e["result"] == "ok":
        q.state = "withdrawn"


def on_recall(org, e):
    mine = org.reports.get(e["report"])
    named = e["portions"] or (mine and [p for p in mine if marks[p] != "TLP:CLEAR"])
    good = ((may_act(org, e, AUTHOR) or may_act(org, e, OFFICER)) and mine is not None and bool(named)
            and set(named) <= set(mine) and all(marks[p] != "TLP:CLEAR" for p in named))
    if not good or e["result"] == "ok":
        check("recall", (e["result"] == "ok") == good, e)
    else:  # whom it would concern may be nobody
        check("recall", e["result"] == "no-holder", e)
    if e["result"] != "ok":
        return
    for (portion, holder), leave in releases.items():
        if portion in named and (not e["from"] or holder == e["from"]):
            for r in leave:
                r.recalled = True


def on_list(org, e):
    check("list", e["result"] == "ok", e)
    org.lists[org.domain, e["kind"]] = set(e["members"])


def on_tell(org, e):
    mine = org.reports.get(e["report"])
    good = ((may_act(org, e, AUTHOR) or may_act(org, e, OFFICER)) and mine is not None
            and set(e["portions"]) <= set(mine))
    check("tell", (e["result"] == "ok") == good, e)
    if e["result"] == "ok" and home(e["person"]) == org.domain:
        org.expected["told", e["told"]] += 1


def on_override(org, e):
    held = org.held[e["originator"], e["report"]]
    good = (may_act(org, e, AUTHORITY) and set(e["portions"]) <= held and not set(e["portions"]) & org.recalled
            and all((e["by"], p) in proved and (e["shown_by"], e["shown"]) == (e["by"], p) for p in e["portions"])
            and home(e["to"]) != e["originator"])
    check("override", (e["result"] == "ok") == good, e)
    if e["result"] == "ok":
        org.overrides[e["override"]] = [org.domain, e["originator"], True]


def on_answer(org, e):
    """Objections as often as an officer of the originator wants, the end of the review once."""
    o = org.overrides.get(e["override"])
    good = may_act(org, e, OFFICER) and o is not None and o[1] == org.domain and (e["ev"] == "objection" or o[2])
    check(e["ev"], (e["result"] == "ok") == good, e)
    if e["result"] == "ok" and e["ev"] == "review":
        o[2] = False


def on_review_state(org, e):
    if strain.review_state(org, e):
        return
    o = org.overrides.get(e["override"])
    reviews[e["override"]].add(e["state"])
    check("review at the end", o is not None and e["state"] == ("open" if o[2] else "closed"), e)


def on_taken(org, e):
    if strain.taken(org, e):
        return
    sender, kind = orgs[e["from"]], e["kind"]
    q = org.requests.get(e["ref"] or e["id"])
    there = sender.requests.get(e["ref"] or e["id"])
    late = kind == "request" and e["t"] >= there.due         # it waited too long for one of the two to come back
    lost = kind == "withdraw" and not q                      # and what follows it
    crossed = kind == "withdraw" and q and q.state in ("granted", "denied")
    back = kind == "request" and "@" not in there.to and any(taken_back(p, e["from"]) for p in there.portions)
    want = "deadline-passed" if late else "not-found" if lost else "already-decided" if crossed else "recalled" if back else "ok"
    check("taken", e["result"] == want, e, f"wanted {want}")
    if e["result"] != "ok":
        return
    if kind == "share":
        org.held[e["from"], e["report"]] |= set(e["portions"])
        org.recalled -= set(e["portions"])
        org.expected["delivery", e["report"]] += 1
    elif kind == "request":
        q = Request(there.by, there.originator, there.report, there.portions, there.to, there.due, e["t"],
                    there.forward)
        org.requests[e["id"]] = q
        if q.forward:
            rule(org, q, e["t"])             # nobody need look at it
        else:
            org.expected["request", e["id"]] += 1
    elif kind in ("grant", "deny", "silence"):
        q = org.requests.get(e["ref"])
        if q and q.by.split("@")[1] == org.domain:
            if kind == "silence":
                q.silent = True
                q.state = "silent" if q.state == "open" else q.state
            else:
                q.state = "granted" if kind == "grant" else "denied"
                if kind == "grant" and "@" in q.to:   # given again, to him who asked
                    org.recalled -= set(e["portions"])
            org.expected["decision", e["ref"]] += 1
    elif kind == "recall":
        org.recalled |= set(e["portions"])
    elif kind in ("clients", "community"):
        org.lists[e["from"], kind] = set(e["body"]["members"])
    elif kind == "tell":
        org.expected["told", e["id"]] += 1
    elif kind == "override":                 # also one that crossed a recall
        org.overrides[e["id"]] = [e["from"], org.domain, True]
        org.expected["override", e["id"]] += 1
    elif kind in ("objection", "review"):
        org.expected["decision", e["ref"]] += 1
        if kind == "review":
            org.overrides[e["ref"]][2] = False
    elif kind == "withdraw":
        org.requests[e["ref"]].state = "withdrawn"
    elif kind == "person-state":
        (org.told_suspended.add if e["body"]["state"] == "suspended" else org.told_suspended.discard)(
            e["body"]["person"])


def on_turn(org, e):
    strain.turn(org, e)
    for q in org.requests.values():
        if q.originator != org.domain:
            continue
        if q.state == "open" and q.asked + (q.due - q.asked) // 2 <= e["t"] < q.due:
            q.reminded.add("half")
        if q.state == "open" and q.due - 15 * 60000 <= e["t"] < q.due:
            q.reminded.add("last")
        fall_silent(org, q, e["t"])


def on_open(org, e):
    reader = e["reader"].split("@")[1]
    t = e["t"]
    if e["reader"] in orgs[reader].suspended or e["reader"] in org.told_suspended:
        want = "deny"
    elif e["reader_t"] // 1000 > t // 1000 + SKEW_S:
        want = "deny"                        # proofs from the future
    elif e["holder"] != reader:
        want = "deny"                        # another's copy
    else:
        want = readable(e["portion"], e["reader"], t)
    got = "ok" if e["result"] == "ok" else "ask" if e["result"] in ASK else "deny"
    check("open: " + want, got == want, e, f"wanted {want}")
    if e["result"] == "ok":
        proved.add((e["reader"], e["portion"]))


def on_notice(org, e):
    org.notices[e["kind"], e["item_kind"], e["ref"]] += 1
    check("notices once", (e["kind"], e["audience"], e["item"]) not in seen[org.domain], e)
    seen[org.domain].add((e["kind"], e["audience"], e["item"]))


def on_suspend(org, e):
    check("suspend", e["result"] == "ok", e)
    (org.suspended.add if e["ev"] == "suspend" else org.suspended.discard)(e["person"])


def on_state(org, e):
    q = org.requests.get(e["request"])
    stated[e["request"]].append((org.domain, e["state"], bool(e["silent"])))
    check("state", q is not None and (q.state, q.silent) == (e["state"], bool(e["silent"])), e,
          q and f"wanted {q.state} {q.silent}")


def on_org(org, e):
    orgs[e["org"]] = Org(e["org"])


handlers = {"org": on_org, "share": on_share, "request": on_request, "grant": on_decide, "deny": on_decide,
            "forward": lambda org, e: on_request(org, e, True), "withdraw": on_withdraw, "recall": on_recall,
            "list": on_list, "tell": on_tell, "override": on_override, "objection": on_answer, "review": on_answer,
            "review-state": on_review_state, "taken": on_taken, "turn": on_turn, "open": on_open, "notice": on_notice, "suspend": on_suspend,
            "resume": on_suspend, "state": on_state, "up": lambda org, e: None, "down": lambda org, e: None}
strain = Strain(sys.modules[__name__])
handlers.update(strain.handlers())
seen = collections.defaultdict(set)
stated = collections.defaultdict(list)
reviews = collections.defaultdict(set)
for event in log:
    handlers[event["ev"]](orgs.get(event["org"]), event)

for request, says in stated.items():
    check("both sides agree", len({s[1:] for s in says}) == 1, says, request)
for override, says in reviews.items():
    check("both sides agree on reviews", len(says) == 1, [override, *says])
strain.finish()
for o in orgs.values():
    for (kind, ref), count in o.expected.items():
        got = o.notices["new", kind, ref]
        check("notices of " + kind, got == count, [o.domain, kind, ref, got, count])
    for request, q in o.requests.items():
        if q.originator == o.domain:
            for which in q.reminded:
                got = o.notices[which, "request", request]
                check("reminders", got == 1, [o.domain, request, which, got])

total = 0
for what in sorted(checks):
    total += 1
    print(f"{'not ok' if faults[what] else 'ok'} {total} - {what}: {checks[what]} checked, {len(faults[what])} wrong")
    for fault in faults[what][:5]:
        print("#", fault)
print(f"1..{total}")
sys.exit(any(faults.values()))
