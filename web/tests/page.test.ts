import { describe, expect, test } from 'vitest';
import type { RadiationProfile, VehicleReading } from '../src/lib/api/reading';
import { axlePositions, makeRuler, profileOf, samplePosition, ticks } from '../src/lib/case/ruler';
import { digitOf, pressName } from '../src/lib/design/keys';
import { clockTime, fixed, number, signed, span } from '../src/lib/i18n/format';
import { readLane, waitingCode } from '../src/lib/lane/shape';
import { takeEvents } from '../src/lib/live/live.svelte';
import { albers, fitter, spread } from '../src/lib/wall/albers';
import { whomKind } from '../src/lib/wall/whom';
import { lane } from './fixture/data.mjs';

describe('one ruler', () => {
	const vehicle: VehicleReading = { axles: [{ load_kg: 7000, sigma_kg: 35 }, { load_kg: 9000, sigma_kg: 40, spacing_m: 3.2 }, { load_kg: 7000, sigma_kg: 35, spacing_m: 6 }], gross_kg: 23000, gross_sigma_kg: 115, accuracy_class: 'R134/1', length_m: 16.5 };
	const image = { image: '', size_bytes: 1, width_px: 3400, height_px: 1056, bits: 12, pixel_mm: 5, energy_mv: 6, domain: 'log12', layer_ends: [1], quality: 'usable' as const };
	test('the longest thing sets the length; a low window narrows all three alike', () => {
		expect(makeRuler(1420, 2000, image, vehicle)).toEqual({ length_m: 17, px_per_m: 1420 / 17 });
		expect(makeRuler(1420, 264, image, vehicle).px_per_m).toBeCloseTo(50);
		expect(makeRuler(800, 300, null, null).length_m).toBe(4);
	});
	test('axles are counted from the front', () => expect(axlePositions(vehicle)).toEqual([1.4, 4.6, 10.6]));
	test('samples lie by speed, and over the whole length without one', () => {
		expect(samplePosition(50, 100, 100, 2, 17)).toBe(10);
		expect(samplePosition(99, 100, 100, null, 17)).toBe(17);
	});
	test('a profile is rates: its N-sigma line is that of a Poisson count in the window', () => {
		const it: RadiationProfile = { sample_ms: 200, gamma_counts: [[20, 20, 40, 20], [20, 20, 40, 20, 99]], gamma_background: [20, 20], neutron_counts: [0], n_sigma: 6, window_samples: 1 };
		const p = profileOf(it)!;
		expect(p.total_cps).toEqual([200, 200, 400, 200]);
		expect(p.background_cps).toBe(200);
		// 40 counts in 0.2 s, sigma 6.32 counts, six of them 37.9 counts, as a rate 189.7 a second.
		expect(p.limit_cps).toBeCloseTo(200 + 189.7, 0);
	});
	test('a profile of nothing is no profile, and crashes nothing', () => {
		expect(profileOf({ sample_ms: 0, gamma_counts: [], gamma_background: [], neutron_counts: [], n_sigma: 6, window_samples: 0 })).toBeNull();
		expect(profileOf({ sample_ms: 100, gamma_counts: [[1]], gamma_background: [1], neutron_counts: [], n_sigma: 6, window_samples: 5 })).toBeNull();
	});
	test('ticks thin out when there is no room', () => expect(ticks({ length_m: 10, px_per_m: 15 }).filter((it) => it.label).map((it) => it.m)).toEqual([2, 4, 6, 8, 10]));
});

describe('the live line', () => {
	test('events come out whole, in pieces as they may come', () => {
		const first = takeEvents('event: hello\r\ndata: {"now":1}\r\n\r\n: ping\n\nevent: cha');
		expect(first.events).toEqual([{ event: 'hello', data: '{"now":1}', comment: false }, { event: 'message', data: '', comment: true }]);
		const second = takeEvents(first.rest + 'nged\ndata: {\ndata: }\n\n');
		expect(second).toEqual({ events: [{ event: 'changed', data: '{\n}', comment: false }], rest: '' });
	});
});

describe('figures', () => {
	test('thin groups, true minus, the language’s own decimal sign', () => {
		expect(number('en', -12345.5)).toBe('\u221212\u202f345.5');
		expect(fixed('ru', 39.31, 2)).toBe('39,31');
		expect(fixed('kk', 39.31, 2)).toBe('39,31');
		expect(signed('en', 1.6, 1)).toBe('+1.6');
		expect(number('en', Number.NaN)).toBe('–');
	});
	test('spans and times', () => {
		expect([span(46_000), span(3_725_000), span(-80_000), span(Infinity)]).toEqual(['0:46', '1:02:05', '\u22121:20', '–']);
		expect(clockTime('kk', Date.UTC(2026, 10, 22, 21, 47, 18))).toBe('02:47:18');
		expect(clockTime('en', 1e20)).toBe('–');
	});
});

describe('keys', () => {
	test('are named by their place', () => {
		const press = (code: string, more = {}) => ({ code, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });
		expect([pressName(press('KeyR')), pressName(press('Numpad3')), pressName(press('KeyZ', { ctrlKey: true })), pressName(press('NumpadEnter'))]).toEqual(['KeyR', 'Digit3', 'Ctrl+KeyZ', 'Enter']);
		expect([digitOf({ code: 'Numpad7' }), digitOf({ code: 'Digit0' })]).toEqual([7, null]);
	});
});

describe('the lane', () => {
	test('reads the checkpoint’s own form', () => {
		const it = readLane(lane());
		expect(it.lanes[0]?.trucks[0]?.waiting_for).toEqual(['driver:documents', 'agency:customs']);
		expect(it.lanes[0]?.trucks[0]?.findings.map((f) => f.answered)).toEqual([false, { decision: 'refuse' }]);
		expect(it.lanes[0]?.trucks[0]?.stages[4]).toMatchObject({ stage: 'documents', completed_at: null });
	});
	test('throws on nothing', () => { for (const odd of [null, 3, {}, { lanes: [{ passages: [{ stages: [1], owed: [null] }] }] }]) expect(() => readLane(odd)).not.toThrow(); });
	test('one code for whom', () => expect([waitingCode({ k: 'lane', d: { kind: 'reweigh' } }), waitingCode({ whom: 'link' }), waitingCode({ k: 'leaving' })]).toEqual(['lane:reweigh', 'link', 'leaving']));
});

describe('the map', () => {
	test('north is up and west is left', () => {
		expect(albers(60, 45).x).toBeLessThan(albers(80, 45).x);
		expect(albers(67, 55).y).toBeLessThan(albers(67, 41).y);
	});
	test('a fit stays in its box; marks do not cover each other', () => {
		const fit = fitter([{ x: 0, y: 0 }, { x: 2, y: 1 }], 100, 100, 10);
		expect([fit({ x: 0, y: 0 }), fit({ x: 2, y: 1 })]).toEqual([{ x: 10, y: 30 }, { x: 90, y: 70 }]);
		const [a, b] = spread([{ x: 5, y: 5 }, { x: 5, y: 5 }], 20);
		expect(Math.hypot(a!.x - b!.x, a!.y - b!.y)).toBeGreaterThan(19);
	});
	test('whom as a kind', () => expect(['officer:customs', 'seat:veterinary', 'machine:imaging', 'link', 'driver', 'lane:reweigh', 'mars'].map(whomKind)).toEqual(['customs', 'other_bodies', 'machine', 'link', 'driver', 'people', 'other']));
});
