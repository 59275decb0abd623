// SPDX-License-Identifier: Apache-2.0
// bundle.mjs: modules of the page for node: bundle(SOURCE) imports what SOURCE exports.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export async function bundle(source) {
    const made = await build({ stdin: { contents: source, resolveDir: fileURLToPath(new URL('..', import.meta.url)), loader: 'ts' },
        bundle: true, format: 'esm', platform: 'neutral', mainFields: ['module', 'main'], write: false, jsx: 'automatic', jsxImportSource: 'preact' });
    return import(`data:text/javascript;base64,${Buffer.from(made.outputFiles[0].text).toString('base64')}`);
}
