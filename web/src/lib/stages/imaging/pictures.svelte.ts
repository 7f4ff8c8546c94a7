// Decoded radiographs of the page, by hash: the newest whole layer, first at half the pixels (what a screen shows of a
// lorry), then all of them. The last good picture stays on the screen while the next is decoded.
import { decodeMaterial, decodePicture, type Picture, type Source } from './decoder';
import { PICTURES_KEPT } from './limits';
import type { CodeMap } from './material';

/** From this width on, half the pixels are decoded first: they are there in a third of the time. */
const WIDE_PX = 2000;

export class Shown {
	picture = $state.raw<Picture | null>(null);
	map = $state.raw<CodeMap | null>(null);
	problem = $state<string | null>(null);
	mapProblem = $state(false);
	#wanted: Source | null = null;
	#running = false;
	#mapOf = '';

	want(from: Source): void {
		if (this.#wanted && this.#wanted.end >= from.end) return;
		this.#wanted = from;
		if (!this.#running) void this.#run();
	}
	/** Layers that come while one is decoded are skipped but for the newest. */
	async #run(): Promise<void> {
		this.#running = true;
		let done: Source | null = null;
		while (this.#wanted && this.#wanted !== done) {
			const from: Source = this.#wanted;
			try {
				if (from.width > WIDE_PX) this.picture = await decodePicture(from, 1);
				if (this.#wanted === from) this.picture = await decodePicture(from, 0);
				this.problem = null;
			} catch (why) { this.problem = String(why); }
			done = from;
		}
		this.#running = false;
	}
	/** The kind of matter from both energies, as far as both have arrived. */
	async wantMap(high: Source, low: Source): Promise<void> {
		const of = `${high.end} ${low.url} ${low.end}`;
		if (this.#mapOf === of) return;
		this.#mapOf = of;
		try { const map = await decodeMaterial(high, low); if (this.#mapOf === of) { this.map = map; this.mapProblem = false; } }
		catch { if (this.#mapOf === of) { this.mapProblem = true; this.#mapOf = ''; } }
	}
	/** Asks once more after a failure. */
	again(): void { const from = this.#wanted; this.#wanted = null; this.problem = null; if (from) this.want(from); }
}

const kept = new Map<string, Shown>();
export function shownOf(hash: string): Shown {
	const it = kept.get(hash) ?? new Shown();
	kept.delete(hash);
	kept.set(hash, it);
	for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - PICTURES_KEPT))) kept.delete(oldest);
	return it;
}
