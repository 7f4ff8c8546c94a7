// Which kind of matter, from two energies: the ratio of the two absorptions is higher for light elements than for metals
// (pair production takes over at the higher energy). The curves are computed, not learned: NIST coefficients (NISTIR
// 5632) over the two spectra of crates/sim/src/xray/matter.rs. A pair of energies without curves gets no colours.
import { ABSORPTION } from './log12';

interface Curves { high_mv: number; low_mv: number; at: readonly number[]; water: readonly number[]; steel: readonly number[] }
/** Ratio of mu·t at the low energy to that at the high one, by mu·t at the high one. */
const CURVES: readonly Curves[] = [{
	high_mv: 6, low_mv: 3.5,
	at: [0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7],
	water: [1.2309, 1.2333, 1.2378, 1.242, 1.2457, 1.2518, 1.2565, 1.2602, 1.2632, 1.2656],
	steel: [1.195, 1.1938, 1.1916, 1.1896, 1.1878, 1.1843, 1.1811, 1.1782, 1.1755, 1.1731]
}];
/** Thinner than this the ratio is noise. */
export const THINNEST = 0.2;
/** Thicker than this the light that a scanner scatters (a few 10^-4 of open air) makes all matter look like heavy metal: nothing is said there. */
export const THICKEST = 5.5;
/** Beside an edge steeper than this, as a share of mu·t (of 1 where it is less) from one place of the map to the next, a pixel sees both sides, and again all looks like heavy metal. */
const STEEPEST = 0.2;
/** Half of the places over which that is judged. */
const SMOOTH = 1;

export function curvesFor(high_mv: number, low_mv: number): Curves | null {
	return CURVES.find((it) => Math.abs(it.high_mv - high_mv) < 0.05 && Math.abs(it.low_mv - low_mv) < 0.05) ?? null;
}
function along(at: readonly number[], of: readonly number[], x: number): number {
	let n = 1;
	while (n < at.length - 1 && (at[n] ?? 0) < x) n += 1;
	const [x0, x1, y0, y1] = [at[n - 1] ?? 0, at[n] ?? 1, of[n - 1] ?? 0, of[n] ?? 0];
	return y0 + (y1 - y0) * Math.min(Math.max((x - x0) / (x1 - x0), 0), 1);
}
/** 0 for water and other light matter, 1 for steel, more for lead; null where nothing can be said. */
export function kind(high: number, low: number, curves: Curves): number | null {
	if (high < THINNEST || high > THICKEST) return null;
	const water = along(curves.at, curves.water, high);
	const steel = along(curves.at, curves.steel, high);
	return (water - low / high) / (water - steel);
}

/** Codes of a map: 0 nothing can be said, else 1 + 254 (kind + 0.5) / 2.5, clamped. */
const SPAN_FROM = -0.5;
const SPAN = 2.5;
export const toCode = (it: number | null) => (it === null ? 0 : 1 + Math.round(254 * Math.min(Math.max((it - SPAN_FROM) / SPAN, 0), 1)));
export const toKind = (it: number): number | null => (it === 0 ? null : ((it - 1) / 254) * SPAN + SPAN_FROM);

export const CLASSES = ['organic', 'mixed', 'metal', 'heavy'] as const;
export type MaterialClass = (typeof CLASSES)[number];
/** Borders between the classes, in kinds: aluminium and glass lie near 0.3, potash at 0.6, lead at 1.3 and beyond. */
export function classOf(it: number): MaterialClass {
	return it < 0.22 ? 'organic' : it < 0.68 ? 'mixed' : it < 1.22 ? 'metal' : 'heavy';
}
/** Tints of the classes, 0 to 1 each: orange, green, blue as the field has them, violet for what is heavier than steel. */
export const TINT: Record<MaterialClass, readonly [number, number, number]> = {
	organic: [1, 0.62, 0.22], mixed: [0.42, 0.86, 0.36], metal: [0.36, 0.62, 1], heavy: [0.84, 0.42, 0.95]
};
/** The tint of every code, RGB in bytes; colours run into each other around a border, as the measurement does. */
export const PALETTE: Uint8Array = (() => {
	const out = new Uint8Array(256 * 3).fill(255);
	const centres = [0, 0.45, 1, 1.5];
	for (let code = 1; code < 256; code += 1) {
		const it = toKind(code) ?? 0;
		let n = 0;
		while (n < 2 && it > (centres[n + 1] ?? 0)) n += 1;
		const [a, b] = [centres[n] ?? 0, centres[n + 1] ?? 1];
		const share = Math.min(Math.max((it - a) / (b - a), 0), 1);
		// A class holds its colour over half of the way, then turns.
		const turn = Math.min(Math.max((share - 0.25) / 0.5, 0), 1);
		const [from, to] = [TINT[CLASSES[n] ?? 'organic'], TINT[CLASSES[n + 1] ?? 'heavy']];
		for (let c = 0; c < 3; c += 1) out[code * 3 + c] = Math.round(255 * ((from[c] ?? 0) * (1 - turn) + (to[c] ?? 0) * turn));
	}
	return out;
})();

export interface Plane { width: number; height: number; data: Uint16Array }
export interface CodeMap { width: number; height: number; data: Uint8Array }

/** Half of the neighbourhood whose absorptions are added up before they are divided, millimetres. */
const REACH_MM = 45;
/** Places that must count in a neighbourhood, as a share of it: fewer say nothing. */
const COUNTED_MIN = 0.15;

/** Codes at half the size of the planes (two pixels each way are one): the ratio of sums, so that noise averages out. Both planes have the same size. */
export function materialMap(high: Plane, low: Plane, curves: Curves, pixel_mm: number): CodeMap {
	const width = Math.ceil(high.width / 2), height = Math.ceil(high.height / 2);
	const reach = Math.max(1, Math.floor(REACH_MM / (2 * pixel_mm)));
	const data = new Uint8Array(width * height);
	const shared = { width: Math.min(high.width, low.width), height: Math.min(high.height, low.height) };
	/** Mean mu·t of the four pixels. */
	const half = (of: Plane): Float32Array => {
		const out = new Float32Array(width * height);
		for (let y = 0; y < shared.height; y += 1) for (let x = 0; x < shared.width; x += 1) out[(y >> 1) * width + (x >> 1)]! += (ABSORPTION[of.data[y * of.width + x] ?? 0] ?? 0) / 4;
		return out;
	};
	const [a, b] = [half(high), half(low)];
	// What counts is judged on a smoothed picture: the noise of one place looks like an edge.
	const smooth = boxSum(a, width, height, SMOOTH);
	for (let at = 0; at < smooth.length; at += 1) smooth[at]! /= (2 * SMOOTH + 1) ** 2;
	const counts = new Float32Array(width * height);
	for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
		const at = y * width + x, own = smooth[at] ?? 0;
		if (own < THINNEST || own > THICKEST) continue;
		const steep = Math.max(Math.abs((smooth[at + (x + 1 < width ? 1 : 0)] ?? 0) - (smooth[at - (x > 0 ? 1 : 0)] ?? 0)), Math.abs((smooth[at + (y + 1 < height ? width : 0)] ?? 0) - (smooth[at - (y > 0 ? width : 0)] ?? 0))) / 2;
		if (steep <= STEEPEST * Math.max(own, 1)) counts[at] = 1;
	}
	for (let at = 0; at < counts.length; at += 1) { a[at]! *= counts[at] ?? 0; b[at]! *= counts[at] ?? 0; }
	const [sa, sb, sn] = [boxSum(a, width, height, reach), boxSum(b, width, height, reach), boxSum(counts, width, height, reach)];
	const least = COUNTED_MIN * (2 * reach + 1) ** 2;
	for (let at = 0; at < data.length; at += 1) {
		// A place that says nothing for itself gets no colour from beside it.
		const n = sn[at] ?? 0;
		data[at] = (counts[at] ?? 0) === 0 || n < least ? 0 : toCode(kind((sa[at] ?? 0) / n, (sb[at] ?? 0) / n, curves));
	}
	return { width, height, data };
}

/** Sum over `(2 reach + 1)` squared around each place, cut at the borders. */
export function boxSum(of: Float32Array, width: number, height: number, reach: number): Float32Array {
	const along = new Float32Array(width * height);
	for (let y = 0; y < height; y += 1) {
		const row = y * width;
		let sum = 0;
		for (let x = 0; x < Math.min(reach, width); x += 1) sum += of[row + x] ?? 0;
		for (let x = 0; x < width; x += 1) {
			if (x + reach < width) sum += of[row + x + reach] ?? 0;
			if (x - reach - 1 >= 0) sum -= of[row + x - reach - 1] ?? 0;
			along[row + x] = sum;
		}
	}
	const out = new Float32Array(width * height);
	const sums = new Float64Array(width);
	for (let y = 0; y < Math.min(reach, height); y += 1) for (let x = 0; x < width; x += 1) sums[x]! += along[y * width + x] ?? 0;
	for (let y = 0; y < height; y += 1) {
		const enter = y + reach, leave = y - reach - 1;
		for (let x = 0; x < width; x += 1) {
			if (enter < height) sums[x]! += along[enter * width + x] ?? 0;
			if (leave >= 0) sums[x]! -= along[leave * width + x] ?? 0;
			out[y * width + x] = sums[x] ?? 0;
		}
	}
	return out;
}
