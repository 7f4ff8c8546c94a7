// What a pixel of a radiograph means (docs/devices/xray.md): `value = 4095 (1 - (x / ln 10^4)^0.85)`, x = -ln T. The same
// fixed mapping as crates/devices/src/xray/log12.rs; the way back gives mu·t, which adds up where grey values do not.
export const OPEN = 4095;
/** -ln T at value 0. */
export const DARKEST = Math.log(1e4);
const POWER = 0.85;

/** mu·t of a value, 0 (open air) to 9.21. */
export function absorption(value: number): number {
	const share = 1 - Math.min(Math.max(value, 0), OPEN) / OPEN;
	return share ** (1 / POWER) * DARKEST;
}
/** The value of mu·t, rounded. */
export function fromAbsorption(x: number): number {
	return Math.round(OPEN * (1 - (Math.min(Math.max(x, 0), DARKEST) / DARKEST) ** POWER));
}
/** mu·t of every value: one look-up instead of a power for each of millions of pixels. */
export const ABSORPTION: Float32Array = Float32Array.from({ length: OPEN + 1 }, (_, v) => absorption(v));
