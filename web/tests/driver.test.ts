// The driver's display speaks four languages: each says everything, names the same values, and every code that the
// checkpoint may send has its words; its Chinese font holds every sign.
import { Aside, ASIDE_MS } from '../src/lib/driver/aside';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AGENCIES, ORDERS, STAGES } from '../src/lib/api/shapes';
import { said, shape, TONGUES, tongues, type Say } from '../src/lib/driver/speech';

const folder = new URL('../src/lib/driver/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
const keys = (name: string) => new Map([...read(name).matchAll(/^([a-z][\w-]*) = (.*)$/gm)].map((m) => [m[1] ?? '', [...(m[2] ?? '').matchAll(/\$(\w+)/g)].map((v) => v[1]).sort().join()]));
/** The variants of `Say` in crates/checkpoint/src/http/display.rs. */
const rust = readFileSync(new URL('../../crates/checkpoint/src/http/display.rs', import.meta.url), 'utf8');
const codes = [...(/enum Say \{([^]*?)\n\}/.exec(rust)?.[1] ?? '').matchAll(/^    ([A-Z]\w+)/gm)].map((m) => (m[1] ?? '').replace(/(?!^)([A-Z])/g, '_$1').toLowerCase());

describe('what a driver reads', () => {
	test.each(TONGUES)('%s has every key, and the same values in each', (tongue) => {
		expect([...keys(`${tongue}.ftl`)].sort()).toEqual([...keys('en.ftl')].sort());
	});
	test('every code has words in each language, none the bare wait', () => {
		expect(codes.length).toBeGreaterThan(10);
		const plain = codes.filter((k) => !['drive', 'order', 'agency', 'hold'].includes(k)).map((k): Say => ({ k }));
		const all: Say[] = [...plain, ...STAGES.map((stage) => ({ k: 'drive', stage })), ...ORDERS.map((order) => ({ k: 'order', order })), ...AGENCIES.flatMap((agency) => [{ k: 'agency', agency }, { k: 'hold', agency, until: 0 }])];
		for (const tongue of TONGUES) {
			const wait = said(tongue, { k: 'wait' });
			expect(all.filter((it) => it.k !== 'wait' && said(tongue, it) === wait), tongue).toEqual([]);
			// Nothing of a catalogue's own signs comes through.
			expect(all.map((it) => said(tongue, it)).filter((it) => /[{}$_]|driver-|–/.test(it)), tongue).toEqual([]);
		}
		expect(said('en', { k: 'of_a_newer_checkpoint' })).toBe('Wait.');
	});
	test('the language of the plate comes first and no other is lost', () => {
		expect(tongues('CN')).toEqual(['zh', 'kk', 'ru', 'en']);
		expect(tongues(null)).toEqual(['kk', 'ru', 'en', 'zh']);
		expect(tongues('DE')[0]).toBe('en');
		expect(new Set(['go', 'turn_back', 'drive', 'people', 'hold', 'link', 'wait'].map((k) => shape({ k }))).size).toBe(7);
	});
	test('the font that is sent along holds every Chinese sign', () => {
		const range = new Set([...read('zh.css').matchAll(/U\+([0-9A-F]{4})/g)].map((m) => parseInt(m[1] ?? '', 16)));
		const signs = read('zh.ftl').split('\n').filter((it) => !it.startsWith('#')).join('');
		expect([...signs].filter((it) => it.charCodeAt(0) > 0x2000 && !range.has(it.charCodeAt(0)))).toEqual([]);
	});
});

test('who was moved aside is shown for three minutes, after those in the lane, and never one that went before this display began', () => {
	const v = (passage: string, aside = false, since?: number) => ({ passage, plate: null, country: null, arrived_at: 0, says: aside ? [{ k: 'agency' }, { k: 'aside' }] : [{ k: 'wait' }], ...(since === undefined ? {} : { aside_since: since }) });
	const it = new Aside();
	const names = (list: ReturnType<typeof v>[], now: number) => { it.heard(list, now); return it.shown(list, now).map((one) => one.passage); };
	expect(names([v('old', true), v('a'), v('b')], 0)).toEqual(['a', 'b']);
	expect(names([v('old', true), v('a', true), v('b')], 1000)).toEqual(['b', 'a']);
	expect(names([v('a', true), v('b')], 1000 + ASIDE_MS)).toEqual(['b', 'a']);
	expect(names([v('a', true), v('b')], 1001 + ASIDE_MS)).toEqual(['b']);
	expect(names([v('a'), v('b')], 900_000)).toEqual(['a', 'b']);
	expect(names([v('c', true, 900_000), v('d', true, 0)], 900_001)).toEqual(['c']);
});
