// SPDX-License-Identifier: Apache-2.0
// build.mjs: the page, as src/http/desk_files.h has it: web/dist/desk_files.c. Nothing is loaded from anywhere.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const common = { bundle: true, minify: true, write: false, legalComments: 'none', target: 'es2022', logLevel: 'warning' };
const script = await build({ ...common, entryPoints: [here('src/main.tsx')], format: 'esm', jsx: 'automatic', jsxImportSource: 'preact' });
const style = await build({ ...common, entryPoints: [here('src/style.css')] });

const files = [
    ['/index.html', 'text/html; charset=utf-8', readFileSync(here('src/index.html'))],
    ['/desk.js', 'text/javascript; charset=utf-8', Buffer.from(script.outputFiles[0].contents)],
    ['/desk.css', 'text/css; charset=utf-8', Buffer.from(style.outputFiles[0].contents)],
    ['/icon.svg', 'image/svg+xml', readFileSync(here('src/icon.svg'))],
];

const bytes = (packed) => {
    let text = '';
    for (let i = 0; i < packed.length; i += 20) text += `    ${[...packed.subarray(i, i + 20)].join(',')},\n`;
    return text;
};
let source = '/* SPDX-License-Identifier: Apache-2.0 - made by web/build.mjs */\n#include "http/desk_files.h"\n\n';
let rows = '';
for (const [i, [path, type, content]] of files.entries()) {
    const packed = gzipSync(content, { level: 9 });
    source += `static const unsigned char file_${i}[] = {\n${bytes(packed)}};\n`;
    rows += `    { "${path}", "${type}", file_${i}, sizeof file_${i}, true },\n`;
    console.error(`desk: ${path} ${content.length} bytes, ${packed.length} packed`);
}
source += `\nconst struct desk_file desk_files[] = {\n${rows}};\nconst size_t n_desk_files = ${files.length};\n`;
mkdirSync(here('dist'), { recursive: true });
writeFileSync(here('dist/desk_files.c.new'), source);
renameSync(here('dist/desk_files.c.new'), here('dist/desk_files.c'));
