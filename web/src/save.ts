// SPDX-License-Identifier: Apache-2.0
// save.ts: what a person asks to have as a file of his own.

export function save(what: string | Uint8Array<ArrayBuffer>, name: string): void {
    const url = URL.createObjectURL(new Blob([what], { type: typeof what === 'string' ? 'text/plain' : 'application/octet-stream' }));
    Object.assign(document.createElement('a'), { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
}
