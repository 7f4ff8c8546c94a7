// The catalogues against each other and against the pages: no key is missing, none is unused, every language names the
// same values, and each code that the domain and the centre can send has its words. A code that appears in the Rust
// sources or in a procedure without a text here fails by name.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { describe, expect, test } from 'vitest';
import { AGENCIES, ORDERS, STAGES } from '../src/lib/api/shapes';
import { LOCALES } from '../src/lib/i18n/format';
import { format, makeBundle } from '../src/lib/i18n/index.svelte';

const root = new URL('..', import.meta.url).pathname;
const repository = join(root, '..');

function files(folder: string, ending: RegExp): string[] {
	return readdirSync(folder).flatMap((it) => {
		const path = join(folder, it);
		return statSync(path).isDirectory() ? files(path, ending) : ending.test(it) ? [path] : [];
	});
}
const catalogues = Object.fromEntries(LOCALES.map((locale) => {
	const folder = join(root, 'src/lib/i18n', locale);
	const text = readdirSync(folder).filter((it) => it.endsWith('.ftl')).map((it) => readFileSync(join(folder, it), 'utf8')).join('\n');
	const keys = new Map<string, Set<string>>();
	for (const block of text.split(/\n(?=[a-z])/)) {
		const key = /^([a-z][\w-]*) =/.exec(block)?.[1];
		if (key) {
			if (keys.has(key)) throw new Error(`${locale}: ${key} twice`);
			keys.set(key, new Set([...block.matchAll(/\$(\w+)/g)].map((m) => m[1] ?? '')));
		}
	}
	return [locale, { keys, text }];
}));
const english = catalogues.en!.keys;
const sources = files(join(root, 'src'), /\.(svelte|ts)$/).map((path) => ({ path, text: readFileSync(path, 'utf8') }));
const all = sources.map((it) => it.text).join('\n');

describe('the three languages', () => {
	test.each(LOCALES)('%s has every key, and the same values in each', (locale) => {
		const mine = catalogues[locale]!.keys;
		expect([...english.keys()].filter((it) => !mine.has(it)), 'missing').toEqual([]);
		expect([...mine.keys()].filter((it) => !english.has(it)), 'unknown to English').toEqual([]);
		const different = [...english].filter(([key, args]) => [...args].sort().join() !== [...(mine.get(key) ?? [])].sort().join()).map(([key]) => key);
		expect(different, 'values differ').toEqual([]);
	});
	test.each(LOCALES)('%s parses, and every text comes out without a hole', (locale) => {
		const bundle = new FluentBundle(locale, { useIsolating: false });
		expect(bundle.addResource(new FluentResource(catalogues[locale]!.text))).toEqual([]);
		for (const [key, args] of catalogues[locale]!.keys) {
			const message = bundle.getMessage(key);
			expect(message?.value, key).toBeTruthy();
			const errors: Error[] = [];
			const text = bundle.formatPattern(message!.value!, Object.fromEntries([...args].map((it) => [it, 3])), errors);
			expect(errors, key).toEqual([]);
			expect(text.trim(), key).not.toBe('');
		}
	});
	test('Kazakh and Russian are translated, not copied', () => {
		const SAME = /^(unit-|value-|field-vin|clock-rate|finding-documents-fault|wall-before|reason-|agency-veterinary|agency-phyto|whom-)/;
		const copied = (locale: string) => [...english.keys()].filter((key) => {
			const line = (text: string) => new RegExp(`^${key} = (.*)$`, 'm').exec(text)?.[1];
			const mine = line(catalogues[locale]!.text);
			return mine !== undefined && mine === line(catalogues.en!.text) && /[a-z]{3}/i.test(mine.replace(/\{[^}]*\}/g, '')) && !SAME.test(key);
		});
		expect(copied('ru')).toEqual([]);
		expect(copied('kk')).toEqual([]);
	});
});

describe('the pages', () => {
	/** Keys written out in a call, with the names of the values given to it. */
	const calls = [...all.matchAll(/\bt\('([a-z0-9_-]+)'(?:, (\{))?/gi)].map((m) => ({ key: m[1] ?? '', args: m[2] ? names(all, (m.index ?? 0) + m[0].length - 1) : [] }));
	function names(text: string, from: number): string[] {
		let depth = 0, at = from, level = '';
		for (; at < text.length; at += 1) {
			const c = text[at] ?? '';
			if ('{([`'.includes(c) && !(c === '`' && level.at(-1) === '`')) { depth += 1; level += c; }
			else if ('})]'.includes(c) || c === '`') { depth -= 1; level = level.slice(0, -1); if (depth === 0) break; }
		}
		const inside = text.slice(from + 1, at);
		let flat = '', d = 0;
		for (const c of inside) { if ('{(['.includes(c)) d += 1; if (d === 0) flat += c; if ('})]'.includes(c)) d -= 1; }
		return flat.split(',').map((it) => /^\s*(\w+)/.exec(it)?.[1] ?? '').filter(Boolean);
	}
	test('every key that a page names exists', () => {
		expect(calls.length).toBeGreaterThan(100);
		expect([...new Set(calls.map((it) => it.key).filter((it) => !english.has(it)))]).toEqual([]);
	});
	test('every unit that a page names exists', () => {
		const named = [...all.matchAll(/\bunit\('(\w+)'/g)].map((m) => `unit-${m[1]}`);
		expect(named.length).toBeGreaterThan(20);
		expect([...new Set(named)].filter((it) => !english.has(it))).toEqual([]);
	});
	test('every value that a text needs is given by the call', () => {
		const missing = calls.flatMap(({ key, args }) => [...(english.get(key) ?? [])].filter((it) => !args.includes(it)).map((it) => `${key} needs $${it}`));
		expect(missing).toEqual([]);
	});
	test('no key is unused', () => {
		const literal = new Set([...all.matchAll(/['"`]([a-z][a-z0-9_-]+)['"`]/gi)].map((m) => m[1]));
		const prefixes = [...all.matchAll(/`([a-z][a-z-]*-)\$\{/g), ...all.matchAll(/code\('([a-z]+)'/g)].map((m) => (m[1]?.endsWith('-') ? m[1] : `${m[1]}-`));
		const unused = [...english.keys()].filter((key) => !literal.has(key) && !prefixes.some((it) => key.startsWith(it)));
		expect(unused).toEqual([]);
	});
	test('no page holds words of its own', () => {
		const words = sources.filter((it) => it.path.endsWith('.svelte')).flatMap(({ path, text }) => {
			const markup = text.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<style[\s\S]*?<\/style>/g, '').replace(/<!--[\s\S]*?-->/g, '').replace(/\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, '');
			return [...markup.matchAll(/>([^<>]*[\p{L}]{3,}[^<>]*)</gu)].map((m) => (m[1] ?? '').trim()).filter((it) => !/^([· \u00a0]*Beket|Enter|Esc|Ctrl Z|Қаз|Рус|Eng|Жүк көлігі.*|p50|p90)$/.test(it) && !/[=;()?&|]/.test(it)).map((it) => `${path.replace(root, '')}: ${it}`);
		});
		expect(words).toEqual([]);
	});
});

describe('codes of the data', () => {
	test('bodies, stages and orders', () => {
		for (const it of AGENCIES) for (const group of ['agency', 'agency-short', 'whom']) expect(english.has(`${group}-${it}`), `${group}-${it}`).toBe(true);
		for (const it of STAGES) expect(english.has(`stage-${it}`), it).toBe(true);
		for (const it of ORDERS) expect(english.has(`order-${it}`), it).toBe(true);
	});
	test('every reason of every procedure', () => {
		const folder = join(repository, 'procedures');
		const codes = readdirSync(folder).filter((it) => it.endsWith('.toml')).flatMap((it) => [...readFileSync(join(folder, it), 'utf8').matchAll(/\bid = "([A-Z]-\d+)"/g)].map((m) => m[1]));
		expect(codes.length).toBeGreaterThan(50);
		expect([...new Set(codes)].filter((it) => !english.has(`reason-${it?.toLowerCase()}`))).toEqual([]);
	});
	test('every rule of the domain', () => {
		const text = readFileSync(join(repository, 'crates/domain/src/rule.rs'), 'utf8');
		const rules = [...text.matchAll(/\brule\(\s*"([a-z_]+\.[a-z_]+)"/g)].map((m) => m[1] ?? '');
		expect(rules.length).toBeGreaterThan(30);
		expect(rules.filter((it) => !english.has(`finding-${it.replace('.', '-')}`))).toEqual([]);
	});
	test('every reason to disregard an input', () => {
		const codes = new Set(files(join(repository, 'crates/domain/src'), /\.rs$/).flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/disregarded\(\s*[A-Za-z_"]+,\s*"([a-z_]+\.[a-z_]+)"/g)].map((m) => m[1] ?? '')));
		expect(codes.size).toBeGreaterThan(20);
		expect([...codes].filter((it) => !english.has(`disregarded-${it.replace('.', '-')}`))).toEqual([]);
	});
});

describe('what the catalogues do not know', () => {
	test('shows the code and its values', () => {
		const bundle = makeBundle('en', []);
		expect(format(bundle, 'en', 'finding-new-rule', { sigma: 3, what: 'x' })).toBe('finding-new-rule (sigma: 3, what: x)');
	});
	test('a value that a fact lacks is a dash', () => {
		const bundle = makeBundle('en', ['a = over by { $over_kg } kg']);
		expect(format(bundle, 'en', 'a', {})).toBe('over by – kg');
	});
	test('figures have thin groups, times are times, codes are words', () => {
		const bundle = makeBundle('en', ['a = { $n } kg at { $opened_at_ms } { $read }', 'value-length = the length']);
		expect(format(bundle, 'en', 'a', { n: 44100, opened_at_ms: Date.UTC(2026, 0, 2, 3, 4), read: 'length' })).toBe('44\u202f100 kg at 02/01/2026 08:04 the length');
	});
	test('Russian plurals', () => {
		const bundle = makeBundle('ru', [readFileSync(join(root, 'src/lib/i18n/ru/queue.ftl'), 'utf8')]);
		expect([1, 2, 5, 21].map((count) => format(bundle, 'ru', 'queue-count', { count }))).toEqual(['Вас ждёт 1 дело', 'Вас ждут 2 дела', 'Вас ждут 5 дел', 'Вас ждёт 21 дело']);
	});
});
