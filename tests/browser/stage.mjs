// SPDX-License-Identifier: Apache-2.0
// stage.mjs: real nodes on loopback, in a folder of their own, by the program's own verbs; ended by end().
//
//   const stage = await open()                    alder, birch, cedar, introduced; amy (author, officer, read in to SOURCE), olga
//                                                 (officer), bob, ben, pat (authority), cyd
//   stage.orcon(ARGS, {home, input})              one verb; its stdout
//   stage.as(PERSON, ...ARGS)                     the same with --json as a person who has a profile; parsed
//   await stage.desk(PERSON)                      {origin, enrol}: a desk of his own, and the address that enrols a browser
//   stage.confirm(PERSON)                         an admin confirms his newest device
//   await stage.stop(NAME), stage.start(NAME)     a node
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = process.env.ORCON ?? join(dirname(fileURLToPath(import.meta.url)), '../../build/orcon');

export const report = `---
title: (TLP:GREEN) Explosive devices in cabin baggage
---
(TLP:AMBER//ORCON) The group hides explosives in portable computers
and knows that the usual screening misses them.

(TLP:GREEN//TEARLINE) Take portable computers out of cabin baggage on these routes.

(TLP:RED//SOURCE//ORCON) The report comes from one person inside the cell.
`;

const freePort = () => new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => done(port));
    });
});

const ended = (child) => new Promise((done) => {
    if (child.exitCode !== null || child.signalCode) done();
    else child.once('exit', done);
});

// The first line of JSON that a child prints.
const firstLine = (child) => new Promise((done, failed) => {
    let text = '';
    let errors = '';
    child.stderr.on('data', (piece) => { errors += piece; });
    child.stdout.on('data', (piece) => {
        text += piece;
        if (text.includes('\n')) done(JSON.parse(text.slice(0, text.indexOf('\n'))));
    });
    child.once('exit', () => failed(new Error(`ended before it said anything: ${errors}`)));
});

export class Stage {
    constructor() {
        this.dir = mkdtempSync(join(tmpdir(), 'orcon-browser-'));
        this.profiles = join(this.dir, 'people');
        this.nodes = {};
        this.children = [];
        mkdirSync(this.profiles, { mode: 0o700 });
        process.on('exit', () => this.children.forEach((child) => child.kill('SIGKILL')));
    }

    env(home) {
        return { ...process.env, HOME: this.dir, ORCON_HOME: home ?? '/nonexistent', ORCON_PROFILES: this.profiles };
    }

    home(name) { return join(this.dir, name); }

    orcon(args, { home, input, fails } = {}) {
        const said = spawnSync(program, args, { env: this.env(home && this.home(home)), input, encoding: 'utf8', cwd: this.dir });
        if (said.status !== 0 && !fails) throw new Error(`orcon ${args.join(' ')}: ${said.stderr}`);
        return said.stdout;
    }

    json(home, ...args) { return JSON.parse(this.orcon(['--json', ...args], { home })); }

    as(person, ...args) {
        const out = this.orcon(['--json', '--as', person, ...args], { fails: true });
        return out.startsWith('{') ? JSON.parse(out) : {};
    }

    spawn(args, options) {
        const child = spawn(program, args, { env: this.env(options?.home), cwd: this.dir, stdio: options?.stdio ?? ['pipe', 'pipe', 'pipe'] });
        this.children.push(child);
        return child;
    }

    async start(name) {
        const node = this.nodes[name];
        // into a file: a pipe that nobody reads while this program waits for a verb fills up, and the node with it
        const [path, log] = [join(this.dir, `${name}.log`), openSync(join(this.dir, `${name}.log`), 'a')];
        const from = statSync(path).size;
        node.child = this.spawn(['serve'], { home: this.home(name), stdio: ['pipe', 'ignore', log] });
        closeSync(log);
        const said = () => readFileSync(path, 'utf8').slice(from);
        while (!said().includes('"event":"ready"')) {
            if (node.child.exitCode !== null || node.child.signalCode) throw new Error(`${name} ended: ${said()}`);
            await new Promise((next) => setTimeout(next, 20));
        }
    }

    async stop(name, signal = 'SIGTERM') {
        const { child } = this.nodes[name];
        child.kill(signal);
        await ended(child);
    }

    async node(name) {
        const port = await freePort();
        this.nodes[name] = { url: `https://127.0.0.1:${port}` };
        this.orcon(['init', `${name}.example`, '--listen', `127.0.0.1:${port}`], { home: name });
        await this.start(name);
    }

    introduce(a, b) {
        for (const [to, whom] of [[a, b], [b, a]]) {
            const file = join(this.dir, `${whom}.card`);
            writeFileSync(file, this.json(whom, 'card').card);
            this.orcon(['partner', 'add', file], { home: to });
        }
    }

    homeOf(person) { return person.split('@')[1].split('.')[0]; }

    confirm(person) {
        const home = this.homeOf(person);
        const found = this.json(home, 'person', 'list').people.find((one) => one.person === person);
        const device = found.devices.filter((one) => !one.confirmed).at(-1);
        if (device) this.orcon(['person', 'confirm', person, device.check], { home });
    }

    // With a key in a profile: for what a test does by the command line.
    person(person, roles, profile = true) {
        const home = this.homeOf(person);
        const { enrol } = this.json(home, 'person', 'add', person, '--role', roles);
        if (!profile) return;
        this.orcon(['enrol', '-'], { input: enrol });
        this.confirm(person);
    }

    async desk(person) {
        const home = this.homeOf(person);
        const { enrol } = this.json(home, 'person', 'add', person);
        const child = this.spawn(['--json', 'desk', '-', '--port', '0']);
        child.stdin.end(enrol);
        const said = await firstLine(child);
        return { child, origin: said.url, enrol: said.enrol };
    }

    async end() {
        for (const child of this.children.toReversed?.() ?? [...this.children].reverse()) {
            child.kill('SIGTERM');
            await ended(child);
        }
        rmSync(this.dir, { recursive: true, force: true });
    }
}

export async function open() {
    const stage = new Stage();
    for (const name of ['alder', 'birch', 'cedar']) await stage.node(name);
    for (const [a, b] of [['alder', 'birch'], ['alder', 'cedar'], ['birch', 'cedar']]) stage.introduce(a, b);
    for (const [person, roles] of [['amy@alder.example', 'reader,author,officer'], ['olga@alder.example', 'reader,officer'],
        ['bob@birch.example', 'reader'], ['ben@birch.example', 'reader'], ['pat@birch.example', 'reader,authority'],
        ['cyd@cedar.example', 'reader']]) stage.person(person, roles);
    stage.orcon(['read-in', 'amy@alder.example', 'SOURCE'], { home: 'alder' });
    writeFileSync(join(stage.dir, 'warning.md'), report);
    return stage;
}
