// SPDX-License-Identifier: Apache-2.0
// format.ts: times and names for people.

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const zulu = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });

// "14:02 (13:02Z)", with the day where it is not today; "" for no time.
export function when(time: string | undefined): string {
    if (!time) return '';
    const at = new Date(time);
    if (Number.isNaN(at.getTime())) return '';
    const today = new Date().toDateString() === at.toDateString();
    return `${today ? '' : `${day.format(at)}, `}${clock.format(at)} (${zulu.format(at)}Z)`;
}

// "12 min", "2 h", "3 d" left, and whether that is little; "" for no deadline.
export function left(time: string | undefined, now: number): { text: string; urgent: boolean; over: boolean } {
    const ms = time ? new Date(time).getTime() - now : Number.NaN;
    if (Number.isNaN(ms)) return { text: '', urgent: false, over: false };
    if (ms <= 0) return { text: '', urgent: true, over: true };
    const minutes = Math.ceil(ms / 60000);
    const said = minutes < 120 ? `${minutes} min` : minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
    return { text: said, urgent: minutes <= 30, over: false };
}

// A mark as people of ${domain} write it: their own compartments bare.
export const mark = (text: string, domain: string): string => text.split(`${domain}/`).join('');

// Where a mark may be broken: behind its slashes.
export const breaks = (text: string): string[] => text.split(/(?<=\/)(?!\/)/);

// The TLP label of a mark or banner: for colours.
export function label(text: string): 'red' | 'amber' | 'green' | 'clear' | 'other' {
    const found = /^TLP:(RED|AMBER(?:\+STRICT)?|GREEN|CLEAR)/.exec(text)?.[1];
    return found === 'RED' ? 'red' : found?.startsWith('AMBER') ? 'amber' : found === 'GREEN' ? 'green' : found === 'CLEAR' ? 'clear' : 'other';
}

// The speakable form of an id: Crockford letters of its first 20 bits (docs/protocol.md); what is no UUID stays as it is.
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
export function shortOf(id: string): string {
    const bits = /^[0-9a-f]{8}-/.test(id) ? Number.parseInt(id.slice(0, 5), 16) : Number.NaN;
    return Number.isNaN(bits) ? id : [15, 10, 5, 0].map((shift) => LETTERS[(bits >> shift) & 31]).join('');
}
// An organisation is written @domain where persons stand, too.
export const actor = (who: string): string => who.replace(/^@/, '');
export const nameOf = (who: string): string => who.split('@', 1)[0] || who;

// "812 bytes", "2.3 kB", "14.0 MB"
export const sizeOf = (bytes: number): string => (bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

// What turns text around or hides in it is shown as its code, so that nothing reads otherwise than it is.
export const visible = (text: string): string =>
    text.replace(/[\u2028-\u202e\u2066-\u2069\u200e\u200f\u061c\u200b\u2060\ufeff]/g, (c) => `[U+${(c.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}]`);
