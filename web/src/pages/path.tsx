// SPDX-License-Identifier: Apache-2.0
// path.tsx: where copies went: organisations as columns from left to right, one line a copy; a table beside the picture says the same.
import type { ComponentChildren } from 'preact';
import { type Schemas } from '../api.ts';
import { useApp, useLoaded } from '../app.ts';
import { actor, when } from '../format.ts';
import { Empty, Link, Load } from '../parts/parts.tsx';
import { t } from '../text.ts';
import { EntryLink, subject } from './entry.tsx';

type Course = Schemas['Path'];
type Edge = Course['edges'][0];

const [COLUMN, ROW, TOP, LETTERS] = [180, 26, 46, 23];

function Line({ edge, i, columns }: { edge: Edge; i: number; columns: string[] }) {
    const at = (who: string): number => Math.max(0, columns.indexOf(who.includes('@') ? who.split('@')[1] ?? who : who));
    const [x1, x2, y] = [at(edge.from) * COLUMN + 70, at(edge.to) * COLUMN + 70, TOP + i * ROW + 14];
    const end = x1 === x2 ? x2 + 40 : x2;
    return (
        <g class={`edge edge-${edge.kind}`}>
            {edge.kind === 'override' ? <><line x1={x1} x2={end} y1={y - 2} y2={y - 2} /><line x1={x1} x2={end} y1={y + 2} y2={y + 2} /></> : <line x1={x1} x2={end} y1={y} y2={y} />}
            {edge.kind === 'recalled' && <line x1={(x1 + end) / 2 - 6} x2={(x1 + end) / 2 + 6} y1={y + 6} y2={y - 6} />}
            <circle cx={end} cy={y} r="4" />
            <text x={x1 + 8} y={y - 5}>{edge.n}</text>
            <rect class="edge-reach" x={Math.min(x1, end) - 6} y={y - 13} width={Math.abs(end - x1) + 12} height={ROW - 4} />
        </g>
    );
}

// What has an entry of ours leads to it; the table beside says in words what has none.
function Way({ id, edge, children }: { id: string; edge: Edge; children: ComponentChildren }) {
    const name = `${edge.n}: ${edge.from} → ${edge.to}, ${t.path.kinds[edge.kind] ?? edge.kind}`;
    return edge.entry ? <Link to={`/reports/${id}/entry/${edge.entry}`} name={`${name}, ${t.report.entry} ${edge.entry}`}>{children}</Link> : <>{children}</>;
}

// Over its column; the table says it whole.
const fitting = (name: string): string => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name);

function Picture({ id, course, columns }: { id: string; course: Course; columns: string[] }) {
    const [width, height] = [columns.length * COLUMN, TOP + course.edges.length * ROW + 10];
    return (
        <div class="scroll" role="region" aria-label={t.path.title} tabIndex={0}>
            <svg class="path" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={t.path.title}>
                {columns.map((one, i) => <g key={one} class="column"><text x={i * COLUMN + 70} y="18" text-anchor="middle">{fitting(one)}</text><line x1={i * COLUMN + 70} x2={i * COLUMN + 70} y1="28" y2={height} /></g>)}
                {course.edges.map((edge, i) => <Way key={i} id={id} edge={edge}><Line edge={edge} i={i} columns={columns} /></Way>)}
            </svg>
        </div>
    );
}

export function Path({ id }: { id: string }) {
    const { api } = useApp();
    const loaded = useLoaded(() => api.get<Course>(`/v1/reports/${id}/path`, 'organisations', 'edges'), [id]);
    return (
        <Load from={loaded} lines={6}>{(course) => {
            const others = course.edges.map((e) => e.to).filter((to) => !to.includes('@') && !course.organisations.includes(to));
            const columns = [...course.organisations, ...new Set(others)];
            if (course.edges.length === 0) return <Empty>{t.path.empty}</Empty>;
            return (
                <>
                    <Picture id={id} course={course} columns={columns} />
                    <div class="scroll" role="region" aria-label={t.path.table} tabIndex={0}><table class="plain">
                        <thead><tr>{[t.path.portion, t.path.from, t.path.to, t.path.kind, t.path.by, t.path.at].map((head) => <th key={head} scope="col">{head}</th>)}</tr></thead>
                        <tbody>{course.edges.map((e, i) => <tr key={i}><td>{e.n}</td><td>{e.from}</td><td>{e.to}</td><td>{t.path.kinds[e.kind] ?? e.kind}</td><td>{actor(e.by)}</td><td>{when(e.at)} <EntryLink id={id} entry={e.entry} />{subject(e) && <> <Link to={`/reports/${id}/evidence/${encodeURIComponent(subject(e))}/${e.n}`}>{t.path.proof(subject(e))}</Link></>}</td></tr>)}</tbody>
                    </table></div>
                </>
            );
        }}</Load>
    );
}
