// SPDX-License-Identifier: Apache-2.0
// evidence.ts: making evidence, by the originator's node, and checking it here.
import type { Api, Schemas } from './api.ts';
import { need, utf8 } from './bytes.ts';
import type { Evidence } from './proof/evidence.ts';
import { type Policy, keysOf } from './proof/policy.ts';
import { type Verdict, verify } from './proof/verdict.ts';
import { wording } from './proof/wording.ts';
import { type Trust, fetchCard, loadTrust } from './seen.ts';
import { t } from './text.ts';

export interface Anchor {
    what: string;
    value: string;
}

export interface Checked {
    verified: boolean;
    why: string;
    e: Evidence | null;
    v: Verdict;
    statement: string;
    anchors: Anchor[];
}

// Exactly those that the answer rests on, as `orcon verify` names them.
function anchorsOf(e: Evidence, v: Verdict, policy: Policy, trust: Trust): Anchor[] {
    const via = /, reader via ([^,]+)/.exec(v.basis)?.[1];
    const home = /reader|receipt/.test(v.basis) ? e.subject.slice(e.subject.indexOf('@') + 1) : undefined;
    const domains = [e.ledger, via ?? home, ...e.reports.filter((r) => r.jws).map((r) => r.domain)].filter((one) => one !== undefined);
    const isMonitor = new Set(policy.monitor && policy.monitor !== 'none' ? keysOf(policy.monitor) : []);
    const card = (domain: string) => ({ what: t.verdict.card(domain), value: trust.words.get(domain) ?? '' });
    return [...[...new Set(domains)].map(card), ...[...v.logs].map((i) => ({ what: t.verdict.log, value: policy.logs[i]?.vkey ?? '' })),
        ...[...v.cosigners].sort((a, b) => a - b).map((i) => ({ what: isMonitor.has(i) ? t.verdict.monitor : t.verdict.witness, value: policy.keys[i]?.vkey ?? '' }))];
}

export async function checkEvidence(api: Api, bytes: Uint8Array): Promise<Checked> {
    const trust = await loadTrust(api);
    const { e, policy, v } = await verify(bytes, trust.policyFor, trust.find);
    const verified = v.why === '' && e !== null && policy !== null;
    return { verified, why: v.why, e, v, statement: verified ? wording(e, v, policy) : '', anchors: verified ? anchorsOf(e, v, policy, trust) : [] };
}

// The own node's ledger, or through it the originator's; null where the portion is public, and no record is kept.
export async function makeEvidence(api: Api, originator: string, portion: string, person: string): Promise<string | null> {
    const whose = originator === api.device.home.domain ? api.device.home : await fetchCard(api, originator);
    const answer = await api.relay<Schemas['Briefed']>(whose, 'briefed', { portion, person });
    need(answer.portion === portion && answer.person === person, 'the answer is about something else');
    return answer.evidence ?? null;
}

export const bytesOf = (evidence: string): Uint8Array => utf8(evidence);
