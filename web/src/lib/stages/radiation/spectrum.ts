// A spectrum as it is drawn: energy of each channel's edge and a logarithmic scale of counts. Pure arithmetic.
import type { EnergyScale, Spectrum } from '$lib/api/reading';

/** Energy of the lower edge of channel `n`, keV; the channel's own number where the device gave no calibration. */
export function edgeKev(scale: EnergyScale | undefined, n: number): number {
	if (!scale) return n;
	if ('edges' in scale) {
		const { edges } = scale;
		const last = edges.length - 1;
		if (n <= last) return edges[Math.max(0, n)] ?? 0;
		// Edges may be one short of the last channel's end: go on at the last width.
		return (edges[last] ?? 0) + (n - last) * ((edges[last] ?? 0) - (edges[last - 1] ?? 0));
	}
	return scale.polynomial.reduceRight((sum, c) => sum * n + c, 0);
}

/** Channels summed until there are at most `most`, so that a line is not denser than its pixels. */
export function rebinned(it: Spectrum, most: number): { kev: number; rate: number }[] {
	const each = Math.max(1, Math.ceil(it.counts.length / Math.max(1, most)));
	const seconds = it.live_time_s > 0 ? it.live_time_s : 1;
	const out: { kev: number; rate: number }[] = [];
	for (let n = 0; n < it.counts.length; n += each) {
		const group = it.counts.slice(n, n + each);
		out.push({ kev: (edgeKev(it.energy, n) + edgeKev(it.energy, n + group.length)) / 2, rate: group.reduce((sum, c) => sum + c, 0) / seconds / group.length });
	}
	return out.filter((p) => Number.isFinite(p.kev) && p.kev >= 0);
}

/** Decades from the smallest rate that is not zero to the greatest: exponents of ten, at least one decade. */
export function decades(rates: readonly number[]): { low: number; high: number } {
	const some = rates.filter((r) => r > 0);
	if (some.length === 0) return { low: -1, high: 0 };
	const high = Math.ceil(Math.log10(Math.max(...some)));
	const low = Math.max(high - 6, Math.floor(Math.log10(Math.min(...some))));
	return { low: Math.min(low, high - 1), high };
}
/** 0 at the foot of the scale, 1 at its head; zero counts lie on the foot. */
export function share(rate: number, { low, high }: { low: number; high: number }): number {
	return rate > 0 ? Math.min(1, Math.max(0, (Math.log10(rate) - low) / (high - low))) : 0;
}
/** Round steps of an energy axis that end at or below `to`, about five of them. */
export function energyTicks(to: number): number[] {
	const step = [50, 100, 200, 250, 500, 1000, 2000].find((it) => to / it <= 7) ?? 5000;
	return Array.from({ length: Math.floor(to / step) + 1 }, (_, n) => n * step);
}
