// What the two pages of an officer weigh: all scripts that the queue and the case load before they can be used, one language
// included, the codec and workers not. Gzipped at level 9, KB of 1000 bytes. Fails above the limit.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const LIMIT_KB = 120;
const CLIENT = new URL('../.svelte-kit/output/client', import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(CLIENT, '.vite/manifest.json'), 'utf8'));
const nodes = new URL('../.svelte-kit/generated/client-optimized/nodes', import.meta.url).pathname;

/** The generated node whose component is this route. */
function node(route) {
	const file = readdirSync(nodes).find((it) => readFileSync(join(nodes, it), 'utf8').includes(`src/routes/${route}"`));
	if (!file) throw new Error(`no node of ${route}`);
	return `.svelte-kit/generated/client-optimized/nodes/${file}`;
}
function closure(keys) {
	const seen = new Set();
	const walk = (key) => {
		if (seen.has(key)) return;
		const it = manifest[key];
		if (!it) throw new Error(`${key} is not in the manifest`);
		seen.add(key);
		it.imports?.forEach(walk);
	};
	keys.forEach(walk);
	return [...new Set([...seen].map((it) => manifest[it].file))].filter((it) => it.endsWith('.js'));
}
const entries = Object.keys(manifest).filter((it) => manifest[it].isEntry && /client\/(entry|start|app)|client-optimized\/app|runtime\/client\/entry/.test(it));
if (entries.length < 2) throw new Error(`start and app are not among ${entries.join(', ')}`);
const language = Object.keys(manifest).find((it) => it.includes('i18n/kk/index'));
if (!language) throw new Error('no chunk of a language');
const parts = closure([...entries, language, node('+layout.svelte'), node('queue/+page.svelte'), node('case/[passage]/+page.svelte')]);
const kb = parts.reduce((sum, it) => sum + gzipSync(readFileSync(join(CLIENT, it)), { level: 9 }).length, 0) / 1000;
if (!existsSync(CLIENT)) throw new Error('build first');
console.log(`queue and case: ${kb.toFixed(1)} KB of scripts gzipped in ${parts.length} files, limit ${LIMIT_KB} KB`);
if (kb > LIMIT_KB) process.exit(1);
