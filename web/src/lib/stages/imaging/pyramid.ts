// Smaller copies of a picture and its wide neighbourhood's mean, made once per layer so that a redraw costs neither.
import type { Plane } from './material';

/** Every level halves both sides, by the mean of four; until a side is this small. */
const SMALLEST = 200;

export function halved(of: Plane): Plane {
	const width = Math.ceil(of.width / 2), height = Math.ceil(of.height / 2);
	const data = new Uint16Array(width * height);
	for (let y = 0; y < height; y += 1) {
		const up = 2 * y * of.width, down = Math.min(2 * y + 1, of.height - 1) * of.width;
		for (let x = 0; x < width; x += 1) {
			const left = 2 * x, right = Math.min(left + 1, of.width - 1);
			data[y * width + x] = ((of.data[up + left] ?? 0) + (of.data[up + right] ?? 0) + (of.data[down + left] ?? 0) + (of.data[down + right] ?? 0) + 2) >> 2;
		}
	}
	return { width, height, data };
}
/** The picture itself and its halves. */
export function pyramid(of: Plane): Plane[] {
	const levels = [of];
	for (let last = of; Math.min(last.width, last.height) > SMALLEST; ) levels.push((last = halved(last)));
	return levels;
}
/** The mean over about a fortieth of the picture's width, small: what local contrast calls "around here". */
export function farMean(levels: readonly Plane[]): Plane {
	let small = levels.at(-1)!;
	while (small.width > 160) small = halved(small);
	const { width, height } = small;
	const reach = Math.max(1, Math.round(width / 80));
	const data = new Uint16Array(width * height);
	for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
		let sum = 0, count = 0;
		for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v += 1) for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u += 1) { sum += small.data[v * width + u] ?? 0; count += 1; }
		data[y * width + x] = Math.round(sum / count);
	}
	return { width, height, data };
}
/** How often each value occurs. */
export function histogramOf(of: Plane, values: number): Uint32Array {
	const out = new Uint32Array(values);
	for (const v of of.data) out[Math.min(v, values - 1)]! += 1;
	return out;
}
