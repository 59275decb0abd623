# SPDX-License-Identifier: Apache-2.0
"""What oracle.py knows of arrangements under strain: copies presented by somebody else, what officers make of it, inquiries
and their deadlines, sealed copies passed on without leave, receipts; and the record, the same on both sides of every pair.

As plain as the rest, from docs/protocol.md, Alerts and inquiries, Sealed override, and The record. `world` is oracle.py."""
import collections
import json

HOUR_MS = 3600000


class Strain:
    def __init__(self, world):
        self.world = world
        self.alerts = {}                                   # id -> (originator, holder)
        self.judged = collections.defaultdict(lambda: "open")  # (organisation, alert) -> state there
        self.answered = set()                              # (organisation, alert or inquiry)
        self.due = collections.defaultdict(collections.Counter)  # originator -> (by, portion, holder) -> alerts
        self.told = set()                                  # (originator, reader, report, holder, hour) with an alert
        self.refused = set()                               # (originator, reader, copy, hour)
        self.inquiries = {}                                # id -> [asker, asked, due]
        self.lapsed = {}                                   # (organisation, inquiry) -> "open", "unanswered"
        self.sealed = {}                                   # override -> (giver, originator, third)
        self.passed = collections.defaultdict(set)         # third -> overrides that reached it
        self.receipts = collections.defaultdict(set)       # organisation -> overrides whose originator signed
        self.says = {"alert-state": collections.defaultdict(dict), "inquiry-state": collections.defaultdict(dict)}
        self.raised = collections.defaultdict(collections.Counter)
        self.copies = collections.defaultdict(dict)
        self.records = {}
        self.noticed = collections.Counter()               # (originator, holder): first notices that were taken
        self.asked = collections.Counter()                 # (asker, asked): inquiries that were taken

    # ---- alerts

    def on_presented(self, org, e):
        """One request for a report's portions with one package. Of those that are somebody else's one is told: the first, the title
        last; each once an hour, whatever it was refused for before."""
        refused = [r for r in e["results"] if r["result"] != "ok"]
        told = min((r for r in refused if r["result"] == "copy-of-another"), key=lambda r: (r["n"] == 0, r["n"]), default=None)
        hour = e["t"] // HOUR_MS
        for r in refused:
            copy = (org.domain, e["reader"], e["share"], r["portion"], hour)
            group = (org.domain, e["reader"], e["report"], e["holder"], hour)
            if r is told and (copy not in self.refused or group not in self.told):
                self.due[org.domain][e["reader"], r["portion"], e["holder"]] += 1
                self.told.add(group)
            self.refused.add(copy)

    def on_judge(self, org, e):
        alert = self.alerts.get(e["ref"])
        good = self.world.may_act(org, e, "ole") and alert is not None and alert[0] == org.domain
        self.world.check("judge", (e["result"] == "ok") == good, e)
        if e["result"] == "ok":
            self.judged[org.domain, e["ref"]] = e["state"]

    def asked_here(self, org, ref):
        """Whether this organisation was asked, and knows it."""
        if ref in self.alerts:
            return self.alerts[ref][1] == org.domain
        return ref in self.inquiries and self.inquiries[ref][1] == org.domain and (org.domain, ref) in self.lapsed

    def on_reply(self, org, e):
        good = (self.world.may_act(org, e, "ole") and self.asked_here(org, e["ref"])
                and (org.domain, e["ref"]) not in self.answered)
        self.world.check("reply", (e["result"] == "ok") == good, e)
        if e["result"] == "ok":
            self.answered.add((org.domain, e["ref"]))

    # ---- inquiries

    def on_inquire(self, org, e):
        world = self.world
        good = world.may_act(org, e, "ole")
        if good and e["report"]:
            own = e["report"] in org.reports
            good = (all(self.given(p, e["to"]) for p in e["portions"]) if own
                    else set(e["portions"]) <= org.held[e["to"], e["report"]])
        world.check("inquire", (e["result"] == "ok") == good, e)
        if e["result"] == "ok":
            self.inquiries[e["inquiry"]] = [org.domain, e["to"], e["due"]]
            self.lapsed[org.domain, e["inquiry"]] = "open"

    def given(self, portion, holder):
        return self.world.marks[portion] == "TLP:CLEAR" or bool(self.world.releases[portion, holder])

    def turn(self, org, e):
        for (domain, inquiry), state in list(self.lapsed.items()):
            if domain != org.domain or state != "open" or (domain, inquiry) in self.answered:
                continue
            if e["t"] >= self.inquiries[inquiry][2]:
                self.lapsed[domain, inquiry] = "unanswered"
                if self.inquiries[inquiry][0] == domain:
                    org.expected["decision", inquiry] += 1

    # ---- sealed copies

    def on_pass_on(self, org, e):
        world = self.world
        held = org.held[e["originator"], e["report"]]
        good = (world.may_act(org, e, "pat") and set(e["portions"]) <= held and not set(e["portions"]) & org.recalled
                and all((e["by"], p) in world.proved and (e["shown_by"], e["shown"]) == (e["by"], p)
                        for p in e["portions"])
                and e["to"] not in (org.domain, e["originator"]))
        world.check("pass-on", (e["result"] == "ok") == good, e)
        if e["result"] == "ok":
            self.sealed[e["override"]] = (org.domain, e["originator"], e["to"])
            org.overrides[e["override"]] = [org.domain, e["originator"], True]

    def take_sealed(self, org, e):
        giver, originator, third = self.sealed[e["id"]]
        if org.domain == originator:                       # by its giver, or by its third party, whoever is first
            if e["id"] not in org.overrides:
                org.overrides[e["id"]] = [giver, originator, True]
                org.expected["override", e["id"]] += 1
            self.receipts[e["from"]].add(e["id"])          # its ack says that it has heard
        else:
            self.world.check("passed on to its third party", org.domain == third, e)
            self.passed[third].add(e["id"])
            org.expected["delivery", e["report"]] += 1

    # ---- the wires

    def wanted(self, org, e):
        if e["kind"] == "inquiry" and e["report"] and e["report"] not in org.reports \
                and not set(e["portions"]) <= org.held[e["from"], e["report"]]:
            return "not-yours"                             # what it is about is still on its way
        if e["kind"] == "heard" and e["ref"] not in self.passed[org.domain]:
            return "not-found"                             # since that was not taken
        if e["kind"] == "override" and org.domain == self.sealed[e["id"]][2]:
            originator = self.sealed[e["id"]][1]
            if set(e["portions"]) & (org.held[originator, e["report"]] - org.recalled):
                return "already-held"                      # from its originator himself
        return "ok"

    def taken(self, org, e):
        """Whether the statement is one of these; then it is judged here."""
        kind = e["kind"]
        sealed = kind == "override" and e["id"] in self.sealed
        if kind == "recall" and org.domain not in e["body"]["holders"]:
            self.world.check("recalled from whom it was passed on to", e["result"] == "ok", e)
            return True                                    # the giver's keys stop; his own leave stands
        if kind not in ("notice", "inquiry", "answer", "heard", "briefing-report") and not sealed:
            return False
        want = self.wanted(org, e)
        self.world.check("taken", e["result"] == want, e, f"wanted {want}")
        if e["result"] != "ok":
            return True
        if sealed:
            self.take_sealed(org, e)
        elif kind == "notice" and not e["ref"]:
            self.alerts[e["id"]] = (e["from"], org.domain)
            self.noticed[e["from"], org.domain] += 1
        elif kind == "notice":
            self.judged[org.domain, e["ref"]] = e["body"]["state"]
        elif kind == "inquiry":
            self.lapsed[org.domain, e["id"]] = "open"
            self.asked[e["from"], org.domain] += 1
            org.expected["inquiry", e["id"]] += 1
        elif kind == "answer":
            self.answered.add((org.domain, e["ref"]))
            org.expected["decision", e["ref"]] += 1
        elif kind == "heard":
            self.receipts[org.domain].add(e["ref"])
        return True

    # ---- what everybody says at the end

    def on_alert_state(self, org, e):
        self.says["alert-state"][e["alert"]][org.domain] = (e["state"], e["answered"])
        if e["originator"] == org.domain:
            self.raised[org.domain][e["by"], e["portion"], e["holder"]] += 1
        want = (self.judged[org.domain, e["alert"]], (org.domain, e["alert"]) in self.answered)
        self.world.check("alert at the end", (e["state"], e["answered"]) == want, e, f"wanted {want}")

    def on_inquiry_state(self, org, e):
        here = org.domain, e["inquiry"]
        want = "answered" if here in self.answered else self.lapsed.get(here)
        self.says["inquiry-state"][e["inquiry"]][org.domain] = e["state"]
        self.world.check("inquiry at the end", e["state"] == want, e, f"wanted {want}")

    def on_sealed_state(self, org, e):
        self.copies[e["override"]][org.domain] = e["receipt"]

    def review_state(self, org, e):
        """The third party is no party to the review."""
        if e["override"] not in self.passed[org.domain]:
            return False
        self.world.check("review at its third party", e["state"] == "open", e)
        return True

    def on_record(self, org, e):
        self.records[org.domain, e["partner"]] = e["text"]

    def finish(self):
        check = self.world.check
        for domain, org in self.world.orgs.items():
            check("alerts raised", self.due[domain] == self.raised[domain], [domain],
                  f"{self.due[domain] - self.raised[domain]} {self.raised[domain] - self.due[domain]}")
        for alert, (originator, holder) in self.alerts.items():
            states = self.says["alert-state"][alert]
            check("both sides agree on alerts", {originator, holder} == set(states) and
                  len(set(states.values())) == 1, [alert, states])
        for override, (giver, originator, third) in self.sealed.items():
            receipts = self.copies[override]
            heard = {giver} | ({third} if override in self.passed[third] else set())
            check("sealed overrides are known to all three", heard | {originator} == set(receipts), [override, receipts])
            check("receipts", all(receipts.get(d) and override in self.receipts[d] for d in heard), [override, receipts])
        for (a, b), text in self.records.items():
            check("records are the same", self.records.get((b, a)) == text, [a, b, text, self.records.get((b, a))])
            year = json.loads(text)["y1"]
            check("record: uncoordinated", year[f"uncoordinated_of_{b}"] == self.noticed[a, b], [a, b, year])
            check("record: inquiries", year[f"inquiries_by_{a}"] == self.asked[a, b], [a, b, year])

    def handlers(self):
        return {"presented": self.on_presented, "judge": self.on_judge, "reply": self.on_reply,
                "inquire": self.on_inquire, "pass-on": self.on_pass_on, "alert-state": self.on_alert_state,
                "inquiry-state": self.on_inquiry_state, "sealed-state": self.on_sealed_state, "record": self.on_record}
