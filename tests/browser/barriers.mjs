// SPDX-License-Identifier: Apache-2.0
// barriers.mjs: what axe finds on a page, as lines; nothing is left out.
import { AxeBuilder } from '@axe-core/playwright';

export async function barriers(page) {
    const found = await new AxeBuilder({ page }).analyze();
    return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')}: ${one.help}`));
}
