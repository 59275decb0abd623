// SPDX-License-Identifier: Apache-2.0
// tap.mjs: points in TAP. test(NAME, FUNCTION) runs one after the other; what it throws is why it failed. run() runs them,
// prints the plan, and sets the exit status.
const tests = [];

export function test(name, body) {
    tests.push({ name, body });
}

export function same(got, want, what = 'value') {
    const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
    if (a !== b) throw new Error(`${what}: got ${a}, want ${b}`);
}

export function yes(value, what) {
    if (!value) throw new Error(what);
}

// until(CONDITION): its first value that is true, looked for at 50 ms; 15 s unless given.
export async function until(condition, what, ms = 15000) {
    const end = Date.now() + ms;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
        await new Promise((next) => setTimeout(next, 50));
    }
}

const only = process.argv[2];

export async function run(after = async () => {}) {
    let number = 0;
    let bad = 0;
    for (const { name, body } of tests) {
        if (only && !name.includes(only)) continue;
        number++;
        try {
            await body();
            console.log(`ok ${number} - ${name}`);
        } catch (why) {
            bad++;
            console.log(`not ok ${number} - ${name}`);
            for (const line of String(why.stack ?? why).split('\n')) console.log(`# ${line}`);
        }
    }
    await after();
    console.log(`1..${number}`);
    process.exit(bad || !number ? 1 : 0);
}
