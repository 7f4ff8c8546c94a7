// The one metre scale of a case: X-ray, radiation profile and axles share it, so that an agreement of two machines is
// one vertical line. Pure arithmetic; zero is the front of the vehicle, which is where each machine starts to measure.
import type { ImageReading, RadiationProfile, RadiationReading, VehicleReading } from '$lib/api/reading';

/** From the front bumper to the first axle of a cab-over tractor. No device measures it, and the page says so. */
export const FRONT_OVERHANG_M = 1.4;
const REAR_OVERHANG_M = 1.2;
const SHORTEST_M = 4;

export interface Ruler { length_m: number; px_per_m: number }

export const imageLength = (it: ImageReading) => (it.width_px * it.pixel_mm) / 1000;
export const imageHeight = (it: ImageReading) => (it.height_px * it.pixel_mm) / 1000;

/** Axle positions from the front, metres. */
export function axlePositions(it: VehicleReading): number[] {
	let x = FRONT_OVERHANG_M;
	return it.axles.map((axle, n) => (n === 0 ? x : (x += axle.spacing_m ?? 1.3)));
}

/** Length of everything that must fit, metres. */
export function lengthOf(image: ImageReading | null, vehicle: VehicleReading | null): number {
	const axles = vehicle ? (axlePositions(vehicle).at(-1) ?? 0) + REAR_OVERHANG_M : 0;
	return Math.max(SHORTEST_M, image ? imageLength(image) : 0, vehicle?.length_m ?? 0, axles);
}

export function makeRuler(width_px: number, max_image_height_px: number, image: ImageReading | null, vehicle: VehicleReading | null): Ruler {
	const length_m = lengthOf(image, vehicle);
	const by_width = width_px / length_m;
	const by_height = image ? max_image_height_px / imageHeight(image) : Infinity;
	return { length_m, px_per_m: Math.max(1, Math.min(by_width, by_height)) };
}

/** Where a sample of the portal lies on the vehicle. Without a speed the occupancy is laid over the whole length. */
export function samplePosition(sample: number, samples: number, sample_ms: number, speed_mps: number | null, length_m: number): number {
	if (speed_mps && speed_mps > 0) return (sample * sample_ms * speed_mps) / 1000;
	return samples > 1 ? (sample / (samples - 1)) * length_m : 0;
}

export interface Profile {
	/** Sum of all panels, counts a second, one a sample. */
	total_cps: number[];
	/** Mean over the alarm window around each sample, counts a second; the window's middle is where the device says its maximum is. */
	window_cps: number[];
	panels_cps: number[][];
	background_cps: number;
	/** One standard deviation of the background within one window, counts a second. */
	sigma_cps: number;
	limit_cps: number;
	top_cps: number;
}

/** Counts as they came become rates that can be drawn. Panels of different length are read as far as the shortest. */
export function profileOf(it: RadiationProfile): Profile | null {
	const samples = Math.min(...it.gamma_counts.map((p) => p.length));
	if (!Number.isFinite(samples) || samples < 2 || !(it.sample_ms > 0)) return null;
	const per_s = 1000 / it.sample_ms;
	const panels_cps = it.gamma_counts.map((p) => p.slice(0, samples).map((n) => n * per_s));
	const total_cps = Array.from({ length: samples }, (_, n) => panels_cps.reduce((sum, p) => sum + (p[n] ?? 0), 0));
	const window = Math.max(1, Math.min(samples, it.window_samples || 1));
	const window_cps = total_cps.map((_, n) => {
		const from = Math.max(0, n - Math.floor(window / 2));
		const to = Math.min(samples, from + window);
		let sum = 0;
		for (let k = from; k < to; k += 1) sum += total_cps[k] ?? 0;
		return sum / (to - from);
	});
	const background_cps = it.gamma_background.reduce((sum, b) => sum + b, 0) * per_s;
	const window_s = (window * it.sample_ms) / 1000;
	// Poisson: a window of T seconds holds B*T counts, give or take its root; as a rate that is sqrt(B/T).
	const sigma_cps = Math.sqrt(Math.max(0, background_cps) / window_s);
	const limit_cps = background_cps + it.n_sigma * sigma_cps;
	return { total_cps, window_cps, panels_cps, background_cps, sigma_cps, limit_cps, top_cps: Math.max(limit_cps, ...window_cps) };
}

export function peakPosition(it: RadiationReading, length_m: number): number {
	return it.position_m ?? samplePosition(it.gamma_max_sample, it.samples, it.sample_ms, it.speed_mps ?? null, length_m);
}

/** Ticks of the ruler: each metre that fits, thinned when there is no room for the words. */
export function ticks(ruler: Ruler): { m: number; label: boolean }[] {
	const every = ruler.px_per_m >= 28 ? 1 : ruler.px_per_m >= 12 ? 2 : 5;
	return Array.from({ length: Math.floor(ruler.length_m) + 1 }, (_, m) => ({ m, label: m > 0 && m % every === 0 }));
}
