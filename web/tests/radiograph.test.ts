// The radiograph's arithmetic: bytes as they arrive, what a value means, the window, the view, kinds of matter.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { Codestream, headOf, type Ask } from '../src/lib/stages/imaging/codestream';
import { closed, endsOf, layersIn, neededFor } from '../src/lib/stages/imaging/layers';
import { BYTES_MAX } from '../src/lib/stages/imaging/limits';
import { absorption, DARKEST, fromAbsorption, OPEN } from '../src/lib/stages/imaging/log12';
import { boxSum, classOf, curvesFor, kind, materialMap, THICKEST, toCode, toKind, type Plane } from '../src/lib/stages/imaging/material';
import { levelFor } from '../src/lib/stages/imaging/painter';
import { farMean, halved, histogramOf, pyramid } from '../src/lib/stages/imaging/pyramid';
import { drag, enhanced, light, levelOf, preset, shade, WHOLE, widthOf, windowOf } from '../src/lib/stages/imaging/tone';
import { fit, focused, kept, measured, seen, toImage, toScreen, zoomed } from '../src/lib/stages/imaging/view';

const drums = new Uint8Array(readFileSync(new URL('fixture/drums_6mv.j2k', import.meta.url)));
const ENDS = [1479, 4997, 10003, 19796, 40050, 79897, 172844];

describe('bytes', () => {
	test('layers are whole or not', () => {
		expect([0, 1478, 1479, 40050, 172844].map((have) => layersIn(ENDS, have))).toEqual([0, 0, 1, 5, 7]);
		expect(endsOf({ layer_ends: [], size_bytes: 9 })).toEqual([9]);
	});
	test('a cut stream is closed once', () => {
		expect([...closed(drums, ENDS[0]!).slice(-2)]).toEqual([0xff, 0xd9]);
		expect(closed(drums, drums.length).length).toBe(drums.length);
	});
	test('a closer view needs more, never less than “clear” does', () => {
		const needs = [0.4, 0.6, 1, 4].map((scale) => neededFor(scale, ENDS, 40050));
		expect(needs).toEqual([40050, 79897, 172844, 172844]);
	});
	test('the head is read before a decoder sees the bytes; anything else is refused', () => {
		expect(headOf(drums)).toEqual({ width: 850, height: 264, bits: 12, components: 1 });
		expect([new Uint8Array(0), drums.slice(0, 42), new Uint8Array(60), drums.slice(1)].map(headOf)).toEqual([null, null, null, null]);
		for (const [at, byte] of [[8, 0x7f], [41, 3], [42, 0x8b], [16, 0x10]] as const) { const bad = drums.slice(0, 60); bad[at] = byte; expect(headOf(bad), `${at}`).toBeNull(); }
	});
	test('only what is missing is asked for, and what comes is held to what was asked', async () => {
		const asked: string[] = [];
		const serve = (from: number, to: number, start = from) => new Response(drums.slice(from, to), { status: 206, headers: { 'content-range': `bytes ${start}-${to - 1}/${drums.length}` } });
		const good: Ask = async (_, from, to) => { asked.push(`${from}-${to}`); return serve(from, to); };
		const it = new Codestream('/x', good);
		expect((await it.upto(1479)).length).toBe(1479);
		expect(await it.upto(4997)).toEqual(drums.subarray(0, 4997));
		await it.upto(1479);
		expect(asked).toEqual(['0-1479', '1479-4997']);
		const whole = new Codestream('/x', async () => new Response(drums.slice()));
		expect(await whole.upto(4997)).toEqual(drums.subarray(0, 4997));
		const bad: Ask[] = [async () => new Response('', { status: 409 }), async () => serve(0, 10), async (_, f, t) => serve(f, t, 5), async (_, f, t) => new Response(drums.slice(f, t), { status: 206 })];
		for (const ask of bad) await expect(new Codestream('/x', ask).upto(4997)).rejects.toThrow();
		await expect(new Codestream('/x', good).upto(BYTES_MAX + 1)).rejects.toThrow();
	});
	test('each further layer is nearer to the whole picture, by the decoder that the page uses', async () => {
		const require = createRequire(import.meta.url);
		const lib = await require('@cornerstonejs/codec-openjpeg/decodewasmjs')({ wasmBinary: readFileSync(require.resolve('@cornerstonejs/codec-openjpeg/decodewasm')), print() {}, printErr() {} });
		const decode = (end: number) => {
			const it = new lib.J2KDecoder();
			const cut = closed(drums, end);
			it.getEncodedBuffer(cut.length).set(cut);
			it.decode();
			const out: Uint8Array = it.getDecodedBuffer();
			const data = new Uint16Array(out.buffer, out.byteOffset, out.length / 2).slice();
			it.delete();
			return data;
		};
		const whole = decode(drums.length);
		expect(whole.length).toBe(850 * 264);
		const errors = ENDS.map((end) => Math.sqrt(decode(end).reduce((sum, v, n) => sum + (v - whole[n]!) ** 2, 0) / whole.length));
		expect(errors.at(-1)).toBe(0);
		for (let n = 1; n < errors.length; n += 1) expect(errors[n]!).toBeLessThan(errors[n - 1]!);
	});
});

describe('what a value means', () => {
	test('open air, the darkest, and back', () => {
		expect([absorption(OPEN), absorption(0)]).toEqual([0, DARKEST]);
		for (const x of [0.1, 1, 3, 6, 9]) expect(absorption(fromAbsorption(x))).toBeCloseTo(x, 2);
	});
});

describe('tone', () => {
	test('a window is kept where something can be seen', () => {
		expect(widthOf(windowOf(0, 2000))).toBe(16);
		expect(levelOf(windowOf(100, 1e9))).toBe(OPEN);
	});
	test('right widens; upward brightens, whichever way round air is', () => {
		for (const air_white of [true, false]) {
			const from = windowOf(1000, 2000);
			expect(widthOf(drag(from, 100, 0, 1000, air_white))).toBeGreaterThan(1000);
			expect(light(2000, { window: drag(from, 0, -100, 1000, air_white), air_white })).toBeGreaterThan(light(2000, { window: from, air_white }));
		}
	});
	test('presets: the load’s own range; high penetration opens what is black otherwise', () => {
		const histogram = new Uint32Array(OPEN + 1);
		histogram[OPEN] = 900; histogram[1000] = 50; histogram[3000] = 50;
		const cargo = preset('cargo', histogram);
		expect(cargo.low).toBeLessThan(1000);
		expect(cargo.high).toBeGreaterThan(3000);
		expect(cargo.high).toBeLessThan(OPEN);
		expect(preset('cargo', null)).toEqual(WHOLE);
		const [a, b] = [fromAbsorption(5), fromAbsorption(6)];
		const contrast = (it: 'whole' | 'penetration') => { const tone = { window: preset(it, null), air_white: false }; return light(b, tone) - light(a, tone); };
		expect(contrast('penetration')).toBeGreaterThan(1.5 * contrast('whole'));
	});
	test('enhancement spreads what differs, and only that', () => {
		const window = windowOf(1000, 2000);
		expect(enhanced(1500, 1500, 0, 'edges', window)).toBe(1500);
		expect(enhanced(1600, 1500, 0, 'edges', window)).toBeGreaterThan(1700);
		expect(enhanced(1100, 0, 1000, 'local', window) - enhanced(1000, 0, 1000, 'local', window)).toBeGreaterThan(100);
		expect(Math.abs(enhanced(500, 0, 500, 'local', window) - 2000)).toBeLessThan(1500);
		expect(enhanced(7, 1, 2, 'off', window)).toBe(7);
	});
	test('a tint darkens nothing that is white, and colours what is not', () => {
		expect([shade(1, 0.3, true), shade(0, 0.3, false), shade(1, 0.3, false)]).toEqual([1, 0, 0.3]);
		expect(shade(0.2, 1, true)).toBeGreaterThan(shade(0.2, 0.3, true));
	});
});

describe('view', () => {
	const image = { width: 3400, height: 1056 }, canvas = { width: 1420, height: 441 };
	const home = fit(image, canvas, 0.4);
	test('zoom holds what is under the pointer, and ends at home', () => {
		const at = { x: 700, y: 200 };
		const near = zoomed(home, 4, at, image, canvas, home);
		expect(toImage(near, at).x).toBeCloseTo(toImage(home, at).x, 6);
		expect(toScreen(near, toImage(near, at))).toEqual(at);
		expect(zoomed(near, 0.01, at, image, canvas, home)).toEqual(home);
		expect(zoomed(near, 1000, at, image, canvas, home).scale).toBe(8);
	});
	test('nothing but the picture is shown where it fills the canvas', () => {
		expect(kept({ scale: 2, left: 500, top: -1e6 }, image, canvas, home)).toEqual({ scale: 2, left: 0, top: canvas.height - image.height * 2 });
		const box = focused({ left: 1900, top: 500, width: 50, height: 90 }, image, canvas, home);
		const part = seen(box, image, canvas);
		expect(part.left < 1900 && part.left + part.width > 1950 && part.top < 500 && part.top + part.height > 590).toBe(true);
	});
	test('lengths in metres, with the uncertainty of two ends on a pixel', () => {
		const it = measured({ x: 0, y: 0 }, { x: 300, y: 400 }, 5);
		expect(it).toMatchObject({ length_m: 2.5, along_m: 1.5, up_m: 2 });
		expect(it.sigma_m).toBeCloseTo(0.00204, 5);
	});
	test('the level drawn is as fine as the dots, or the finest there is', () => {
		const levels = pyramid({ width: 3400, height: 1056, data: new Uint16Array(3400 * 1056) });
		expect([0.4, 1, 8].map((it) => levelFor(it, { reduce: 0, levels }))).toEqual([{ index: 1, step: 2 }, { index: 0, step: 1 }, { index: 0, step: 1 }]);
		expect(levelFor(1, { reduce: 1, levels })).toEqual({ index: 0, step: 2 });
	});
});

describe('smaller copies', () => {
	test('means of four, odd sides too; a flat picture stays flat', () => {
		expect(halved({ width: 3, height: 1, data: Uint16Array.of(2, 4, 9) })).toEqual({ width: 2, height: 1, data: Uint16Array.of(3, 9) });
		const flat = { width: 700, height: 500, data: new Uint16Array(350_000).fill(77) };
		expect(new Set(farMean(pyramid(flat)).data)).toEqual(new Set([77]));
		expect(histogramOf(flat, 100)[77]).toBe(350_000);
	});
	test('a sum around each place does not depend on how it is added', () => {
		const [w, h] = [7, 5];
		const data = Float32Array.from({ length: w * h }, (_, n) => (n * 37) % 11);
		const fast = boxSum(data, w, h, 2);
		for (let y = 0; y < h; y += 1) for (let x = 0; x < w; x += 1) {
			let sum = 0;
			for (let v = Math.max(0, y - 2); v <= Math.min(h - 1, y + 2); v += 1) for (let u = Math.max(0, x - 2); u <= Math.min(w - 1, x + 2); u += 1) sum += data[v * w + u]!;
			expect(fast[y * w + x]).toBeCloseTo(sum, 3);
		}
	});
});

describe('kinds of matter', () => {
	const curves = curvesFor(6, 3.5)!;
	const flat = (x: number, width = 120, height = 80): Plane => ({ width, height, data: new Uint16Array(width * height).fill(fromAbsorption(x)) });
	const along = (of: readonly number[], x: number) => { const n = curves.at.findIndex((it) => it >= x); const [a, b] = [curves.at[n - 1]!, curves.at[n]!]; return of[n - 1]! + ((of[n]! - of[n - 1]!) * (x - a)) / (b - a); };
	const classAt = (map: { width: number; data: Uint8Array }, x = 30, y = 20) => { const it = toKind(map.data[y * map.width + x]!); return it === null ? null : classOf(it); };
	test.each([1.2, 2.5, 4.5])('water and steel of μt %d have their colours', (x) => {
		expect(classAt(materialMap(flat(x), flat(x * along(curves.water, x)), curves, 5))).toBe('organic');
		expect(classAt(materialMap(flat(x), flat(x * along(curves.steel, x)), curves, 5))).toBe('metal');
	});
	test('nothing is said of air, of what is too thick, and of energies without curves', () => {
		expect(classAt(materialMap(flat(0.05), flat(0.06), curves, 5))).toBeNull();
		expect(classAt(materialMap(flat(THICKEST + 0.5), flat(7), curves, 5))).toBeNull();
		expect(curvesFor(9, 6)).toBeNull();
		expect(kind(3, 3.7, curves)).not.toBeNull();
	});
	test('the scattered light behind dense matter colours nothing beside it', () => {
		// Water of μt 4 with a block behind which only scattered light (3 in 10 000 of open air) is left at both energies.
		const high = flat(4), low = flat(4 * along(curves.water, 4));
		const scattered = fromAbsorption(-Math.log(3e-4));
		for (const it of [high, low]) for (let y = 0; y < it.height; y += 1) for (let x = 60; x < it.width; x += 1) it.data[y * it.width + x] = scattered;
		const map = materialMap(high, low, curves, 5);
		expect([20, 24, 26].map((x) => classAt(map, x))).toEqual(['organic', 'organic', 'organic']);
		expect([31, 40, 55].map((x) => classAt(map, x))).toEqual([null, null, null]);
	});
	test('codes and kinds go back and forth', () => {
		expect([toKind(0), toCode(null)]).toEqual([null, 0]);
		for (const it of [-0.4, 0, 0.5, 1, 1.9]) expect(toKind(toCode(it))).toBeCloseTo(it, 1);
	});
});
