// The server's clock as this screen shows it. In a demo it runs faster than the wall's, and every screen says so.
import type { Clock } from '$lib/api/shapes';

const TICK_MS = 250;
let base = $state({ now: Date.now(), rate: 1, set_at: 0, known: false });
let shown = $state(Date.now());
let timer: ReturnType<typeof setInterval> | undefined;

/** Simulated milliseconds at this real instant. */
function reckon(): number {
	return base.known ? base.now + (performance.now() - base.set_at) * base.rate : Date.now();
}

export const clock = {
	/** Reactive; moves four times a second. */
	get now(): number { return shown; },
	/** As people read it; the clock itself goes by the exact one, which changes while a demo's machine is busy. */
	get rate(): number { return base.rate >= 2 ? Math.round(base.rate) : base.rate; },
	get known(): boolean { return base.known; },
	set(it: Clock) {
		base = { now: it.now, rate: it.rate, set_at: performance.now(), known: true };
		shown = reckon();
		timer ??= setInterval(() => (shown = reckon()), TICK_MS);
	}
};
