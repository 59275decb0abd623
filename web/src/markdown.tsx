// SPDX-License-Identifier: Apache-2.0
// markdown.tsx: a portion's text as elements: CommonMark without HTML, links inert, no images. Elements are made one by one; there is no
// markup that a text could bring along.
import MarkdownIt from 'markdown-it';
import { type ComponentChildren, type VNode, h } from 'preact';
import { visible } from './format.ts';

const parser = new MarkdownIt('commonmark', { html: false, linkify: false });
parser.enable(['table', 'strikethrough']);

interface Token {
    type: string;
    tag: string;
    nesting: number;
    content: string;
    markup: string;
    children: Token[] | null;
    attrGet(name: string): string | null;
}

const SHOWN = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'em', 'strong', 's', 'table', 'thead', 'tbody', 'tr', 'th', 'td']);

// A report's headings stand below the page's own.
const tagOf = (tag: string): string => (/^h[1-6]$/.test(tag) ? `h${Math.min(6, Number(tag[1]) + 3)}` : tag);

function leaf(token: Token): ComponentChildren {
    switch (token.type) {
    case 'inline': return nodes(token.children ?? []);
    case 'text': return visible(token.content);
    case 'softbreak': return '\n';
    case 'hardbreak': return <br />;
    case 'code_inline': return <code>{visible(token.content)}</code>;
    case 'fence':
    case 'code_block': return <pre><code>{visible(token.content)}</code></pre>;
    case 'hr': return <hr />;
    case 'image': return <span class="inert">{`[image: ${visible(token.content || token.attrGet('alt') || '')}]`}</span>;
    default: return visible(token.content);
    }
}

// Tokens that open and close, as a tree. A link shows where it leads, and leads nowhere.
function nodes(tokens: Token[]): ComponentChildren[] {
    const stack: { tag: string; href: string; children: ComponentChildren[] }[] = [{ tag: '', href: '', children: [] }];
    const top = () => stack[stack.length - 1] as (typeof stack)[0];
    for (const token of tokens) {
        if (token.nesting === 1) {
            stack.push({ tag: token.tag, href: token.tag === 'a' ? token.attrGet('href') ?? '' : '', children: [] });
        } else if (token.nesting === -1 && stack.length > 1) {
            const done = stack.pop() as (typeof stack)[0];
            top().children.push(element(done.tag, done.href, done.children));
        } else {
            top().children.push(leaf(token));
        }
    }
    return top().children;
}

function element(tag: string, href: string, children: ComponentChildren[]): VNode {
    if (tag === 'a') return <span class="inert">{children}{` <${visible(href)}>`}</span>;
    return SHOWN.has(tag) ? h(tagOf(tag), {}, ...children) : <span>{children}</span>;
}

export function Markdown({ text }: { text: string }) {
    return <div class="prose">{nodes(parser.parse(text, {}) as unknown as Token[])}</div>;
}
