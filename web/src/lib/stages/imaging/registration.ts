// Two pictures of the same vehicle laid over each other. A scanner's rows share their geometry; its columns are taken
// while the vehicle moves, so a change of speed stretches them. Hence one warp, along the columns only: dynamic time
// warping on column profiles (coarse, then fine in a narrow band), smoothed, because a lorry does not jump.
import { ABSORPTION } from './log12';
import { boxSum, type Plane } from './material';

/** Bands of rows whose mean absorption describes a column. */
const BANDS = 12;
/** Coarse step, columns. */
const COARSE = 8;
/** Speed may differ by this share over the whole length, either way. */
const SPEED_SHARE = 0.12;
/** Fine search around the coarse path, columns. */
const FINE = 12;
/** Half of the columns over which the path is smoothed: 0.3 m at 5 mm. */
const SMOOTH = 60;

/** `columns x BANDS` mean absorptions, each band's mean over all columns taken away. */
function features(of: Plane, step: number): { columns: number; data: Float32Array } {
	const columns = Math.floor(of.width / step);
	const data = new Float32Array(columns * BANDS);
	for (let band = 0; band < BANDS; band += 1) {
		const from = Math.floor((band * of.height) / BANDS), to = Math.floor(((band + 1) * of.height) / BANDS);
		const count = Math.max(1, (to - from) * step);
		for (let y = from; y < to; y += 1) for (let x = 0; x < columns * step; x += 1) data[Math.floor(x / step) * BANDS + band]! += (ABSORPTION[of.data[y * of.width + x] ?? 0] ?? 0) / count;
	}
	return { columns, data };
}
const distance = (a: Float32Array, i: number, b: Float32Array, j: number): number => {
	let sum = 0;
	for (let k = 0; k < BANDS; k += 1) { const d = (a[i * BANDS + k] ?? 0) - (b[j * BANDS + k] ?? 0); sum += d * d; }
	// A column of wheels must not outvote a metre of cargo.
	return Math.min(Math.sqrt(sum), 2);
};

/** The cheapest monotone path: for each i of `a` the j of `b`, within `reach` of `centre(i)`. Steps of (1,1), (1,2), (1,0) and (2,1) in effect: a standstill or a jump costs extra. */
function path(a: Float32Array, n: number, b: Float32Array, m: number, centre: (i: number) => number, reach: number): Float32Array {
	const span = 2 * reach + 1;
	const low = (i: number) => Math.round(centre(i)) - reach;
	const cost = new Float32Array(n * span).fill(Infinity);
	const from = new Int8Array(n * span);
	const STALL = 0.02;
	for (let i = 0; i < n; i += 1) {
		const base = low(i), before = i > 0 ? low(i - 1) : 0;
		for (let s = 0; s < span; s += 1) {
			const j = base + s;
			if (j < 0 || j >= m) continue;
			const own = distance(a, i, b, j);
			if (i === 0) { cost[s] = own; continue; }
			let best = Infinity, step = 0;
			for (let back = 0; back <= 2; back += 1) {
				const p = j - back - before;
				if (p < 0 || p >= span) continue;
				const it = (cost[(i - 1) * span + p] ?? Infinity) + (back === 1 ? 0 : STALL);
				if (it < best) { best = it; step = back; }
			}
			cost[i * span + s] = best + own;
			from[i * span + s] = step;
		}
	}
	let s = 0;
	for (let k = 1; k < span; k += 1) if ((cost[(n - 1) * span + k] ?? Infinity) < (cost[(n - 1) * span + s] ?? Infinity)) s = k;
	const out = new Float32Array(n);
	for (let i = n - 1, j = low(n - 1) + s; i >= 0; i -= 1) {
		out[i] = Math.min(Math.max(j, 0), m - 1);
		if (i > 0) j -= from[i * span + j - low(i)] ?? 0;
	}
	return out;
}
/** A straight line fitted to the neighbourhood of each place: a mean would bend the ends inward. */
export function smoothed(of: Float32Array, reach: number): Float32Array {
	const out = new Float32Array(of.length);
	for (let i = 0; i < of.length; i += 1) {
		const from = Math.max(0, i - reach), to = Math.min(of.length - 1, i + reach);
		let n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
		for (let k = from; k <= to; k += 1) { const x = k - i, y = of[k] ?? 0; n += 1; sx += x; sy += y; sxx += x * x; sxy += x * y; }
		const d = n * sxx - sx * sx;
		out[i] = d > 0 ? (sy * sxx - sx * sxy) / d : sy / Math.max(1, n);
	}
	return out;
}

/** For each column of `now` the column of `before`, in parts of a column. Heights may differ; the bands are shares of them. */
export function register(now: Plane, before: Plane): Float32Array {
	const a = features(now, COARSE), b = features(before, COARSE);
	const stretch = (b.columns - 1) / Math.max(1, a.columns - 1);
	const coarse = path(a.data, a.columns, b.data, b.columns, (i) => i * stretch, Math.ceil(SPEED_SHARE * Math.max(a.columns, b.columns)));
	const guide = smoothed(coarse, 6);
	const at = (x: number) => { const g = x / COARSE - 0.5; const i = Math.min(Math.max(Math.floor(g), 0), guide.length - 2); return ((guide[i] ?? 0) + ((guide[i + 1] ?? 0) - (guide[i] ?? 0)) * (g - i) + 0.5) * COARSE; };
	if (a.columns < 3) return Float32Array.from({ length: now.width }, (_, x) => (x * before.width) / now.width);
	const fa = features(now, 1), fb = features(before, 1);
	return smoothed(path(fa.data, fa.columns, fb.data, fb.columns, at, FINE), SMOOTH);
}

export interface Difference {
	width: number; height: number;
	/** Standard deviations by which this picture is denser (positive) than the earlier one, at a quarter of its size. */
	sigma: Float32Array;
	/** The largest place that differs by more than [`CLEAR`], pixels of the full picture; null when there is none. */
	region: { left: number; top: number; width: number; height: number; sigma: number } | null;
}
/** Beyond this many standard deviations a place counts as different. */
export const CLEAR = 5;
/** Pixels of the picture that one cell of the difference takes together, each way. */
export const CELL = 4;
/** Fewer cells than this are a rivet: 30 cells are a tenth of a metre each way. */
const CELLS_MIN = 30;

/** Cell means of absorption; `column` says which column of `of` belongs to column x. */
function cells(of: Plane, width: number, height: number, column: (x: number) => number, row: (y: number) => number): Float32Array {
	const w = Math.floor(width / CELL), h = Math.floor(height / CELL);
	const out = new Float32Array(w * h);
	for (let x = 0; x < w * CELL; x += 1) {
		const at = Math.min(Math.max(column(x), 0), of.width - 1);
		const left = Math.min(Math.floor(at), of.width - 1), right = Math.min(left + 1, of.width - 1), share = at - left;
		for (let y = 0; y < h * CELL; y += 1) {
			const line = Math.min(Math.max(Math.round(row(y)), 0), of.height - 1) * of.width;
			const v = (ABSORPTION[of.data[line + left] ?? 0] ?? 0) * (1 - share) + (ABSORPTION[of.data[line + right] ?? 0] ?? 0) * share;
			out[(y >> 2) * w + (x >> 2)]! += v / (CELL * CELL);
		}
	}
	return out;
}
/** Where the two differ, in units of how much they differ anyway at that absorption (noise, and edges that never match). */
export function difference(now: Plane, before: Plane, warp: Float32Array): Difference {
	const width = Math.floor(now.width / CELL), height = Math.floor(now.height / CELL);
	const rows = before.height / now.height;
	const a = cells(now, now.width, now.height, (x) => x, (y) => y);
	const b = cells(before, now.width, now.height, (x) => warp[x] ?? 0, (y) => y * rows);
	const delta = new Float32Array(width * height);
	for (let n = 0; n < delta.length; n += 1) delta[n] = (a[n] ?? 0) - (b[n] ?? 0);
	// Three cells each way: what is smaller is not what a comparison is for.
	const mean = boxSum(delta, width, height, 1);
	for (let n = 0; n < mean.length; n += 1) mean[n]! /= 9;
	// The spread at each absorption, robustly: the median of |difference|. Empty air is not as quiet as it looks: it has edges beside it.
	const BINS = 20;
	const bins: number[][] = Array.from({ length: BINS }, () => []);
	const binOf = (n: number) => Math.min(BINS - 1, Math.floor((((a[n] ?? 0) + (b[n] ?? 0)) / 2) * 2));
	for (let n = 0; n < mean.length; n += 1) bins[binOf(n)]!.push(Math.abs(mean[n] ?? 0));
	const FLOOR = 0.012;
	const spread = bins.map((it) => (it.length < 20 ? Infinity : Math.max(FLOOR, (it.sort((p, q) => p - q)[it.length >> 1] ?? 0) / 0.6745)));
	// A place with steep edges differs when it is moved by a part of a pixel: its own slope adds to the spread.
	const sigma = new Float32Array(width * height);
	for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
		const n = y * width + x;
		const slope = Math.max(Math.abs((b[y * width + Math.min(width - 1, x + 1)] ?? 0) - (b[y * width + Math.max(0, x - 1)] ?? 0)), Math.abs((a[y * width + Math.min(width - 1, x + 1)] ?? 0) - (a[y * width + Math.max(0, x - 1)] ?? 0))) / 2;
		const s = Math.hypot(spread[binOf(n)] ?? Infinity, 0.35 * slope);
		sigma[n] = Number.isFinite(s) ? (mean[n] ?? 0) / s : 0;
	}
	return { width, height, sigma, region: largest(sigma, width, height) };
}
/** The connected cells beyond [`CLEAR`], all of one sign, that weigh most. */
function largest(sigma: Float32Array, width: number, height: number): Difference['region'] {
	const seen = new Uint8Array(sigma.length);
	let best: Difference['region'] = null, heaviest = 0;
	const stack: number[] = [];
	for (let start = 0; start < sigma.length; start += 1) {
		if (seen[start] || Math.abs(sigma[start] ?? 0) < CLEAR) continue;
		const sign = Math.sign(sigma[start] ?? 0);
		let count = 0, sum = 0, left = width, right = 0, top = height, bottom = 0;
		seen[start] = 1; stack.push(start);
		for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
			const x = n % width, y = (n - x) / width;
			count += 1; sum += Math.abs(sigma[n] ?? 0);
			left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y);
			for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
				const u = x + dx, v = y + dy;
				const m = v * width + u;
				if (u < 0 || v < 0 || u >= width || v >= height || seen[m] || sign * (sigma[m] ?? 0) < CLEAR) continue;
				seen[m] = 1; stack.push(m);
			}
		}
		if (count >= CELLS_MIN && sum > heaviest) { heaviest = sum; best = { left: left * CELL, top: top * CELL, width: (right - left + 1) * CELL, height: (bottom - top + 1) * CELL, sigma: (sign * sum) / count }; }
	}
	return best;
}

/** What a difference looks like, 0 to 255 around 128: 8 a standard deviation. */
export function toBytes(sigma: Float32Array): Uint8Array {
	return Uint8Array.from(sigma, (it) => Math.min(255, Math.max(1, Math.round(128 + 8 * it))));
}
