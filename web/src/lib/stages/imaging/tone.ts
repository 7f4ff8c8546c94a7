// From pixel values to light: window, presets, inversion. Pure; the shader and the canvas do the same arithmetic.
import { fromAbsorption, OPEN } from './log12';

/** Values at `low` and below are one end of the scale, at `high` and above the other. */
export interface Window { low: number; high: number }
export const PRESETS = ['cargo', 'whole', 'penetration', 'thin'] as const;
export type Preset = (typeof PRESETS)[number];
export const ENHANCE = ['off', 'edges', 'local'] as const;
export type Enhance = (typeof ENHANCE)[number];

export interface Tone {
	window: Window;
	/** Air white, matter dark, as on film; otherwise matter shines, as the dark room wants it. */
	air_white: boolean;
	enhance: Enhance;
	material: boolean;
}

/** Narrowest window that still shows something; the noise of one pixel is about as wide. */
const NARROWEST = 16;

export const WHOLE: Window = { low: 0, high: OPEN };

export const widthOf = (it: Window) => it.high - it.low;
export const levelOf = (it: Window) => (it.high + it.low) / 2;

/** A window of this width and level; both kept where something can be seen. */
export function windowOf(width: number, level: number): Window {
	const w = Math.min(Math.max(width, NARROWEST), 2 * OPEN);
	const l = Math.min(Math.max(level, 0), OPEN);
	return { low: l - w / 2, high: l + w / 2 };
}

/** Drag: to the right widens, upward brightens what is shown; `full` pixels go over the whole range. */
export function drag(from: Window, dx: number, dy: number, full: number, air_white: boolean): Window {
	const step = OPEN / Math.max(1, full);
	// Bright means a lower level where air is white, a higher one where matter shines.
	return windowOf(widthOf(from) + dx * step, levelOf(from) + (air_white ? 1 : -1) * dy * step);
}

/** Value below which `share` of the counted pixels lie. */
export function percentile(histogram: ArrayLike<number>, share: number, from = 0, to = histogram.length): number {
	let sum = 0;
	for (let v = from; v < to; v += 1) sum += histogram[v] ?? 0;
	let left = share * sum;
	for (let v = from; v < to; v += 1) {
		left -= histogram[v] ?? 0;
		if (left < 0) return v;
	}
	return Math.max(from, to - 1);
}

/** Open air and the little that a tarpaulin takes away: not what anybody looks for. */
const AIR_FROM = fromAbsorption(0.06);

/** The window of a preset; `cargo` looks at what is in this picture. */
export function preset(it: Preset, histogram: ArrayLike<number> | null): Window {
	switch (it) {
		case 'cargo': {
			if (!histogram) return WHOLE;
			const low = percentile(histogram, 0.005, 0, AIR_FROM);
			const high = percentile(histogram, 0.98, 0, AIR_FROM);
			const margin = 0.06 * (high - low);
			return windowOf(high - low + 2 * margin, (low + high) / 2);
		}
		case 'whole': return WHOLE;
		// mu·t of 3.5 to 9.2: 15 cm of steel and more, where most of the scale is black otherwise.
		case 'penetration': return { low: 0, high: fromAbsorption(3.5) };
		// mu·t to 1.5: cloth, cartons, tyres, a person.
		case 'thin': return { low: fromAbsorption(1.5), high: OPEN };
	}
}

/** Light of a value, 0 to 1. */
export function light(value: number, tone: Pick<Tone, 'window' | 'air_white'>): number {
	const { low, high } = tone.window;
	const it = Math.min(Math.max((value - low) / Math.max(1, high - low), 0), 1);
	return tone.air_white ? it : 1 - it;
}

/** How much of a fine difference edges add, and of a coarse one local contrast takes away. */
export const EDGE_GAIN = 2.2;
export const LOCAL_GAIN = 1.6;
export const LOCAL_KEEP = 0.3;

/** The value after enhancement: `near` is the mean of the pixels around, `far` that of a wide neighbourhood. */
export function enhanced(value: number, near: number, far: number, it: Enhance, window: Window): number {
	if (it === 'edges') return value + EDGE_GAIN * (value - near);
	// What is common to the neighbourhood is drawn to the window's middle, what differs from it is spread.
	if (it === 'local') return levelOf(window) + LOCAL_KEEP * (far - levelOf(window)) + LOCAL_GAIN * (value - far);
	return value;
}

/** Around the picture, and behind it; RGB in bytes. */
export const VOID: readonly [number, number, number] = [7, 9, 10];
/** How much of its tint the darkest matter keeps on white. */
export const SHADOW = 0.55;
/** The colour of a light in the tint of its matter, 0 to 1 each: where matter shines it is tinted light; on white, tinted shadow. */
export function shade(it: number, tint: number, air_white: boolean): number {
	return air_white ? SHADOW * tint + it * (1 - SHADOW * tint) : it * tint;
}
