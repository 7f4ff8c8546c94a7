// Who is spoken to over a lane: those in it. A truck that was moved aside is told where it stands for three minutes and then leaves
// the display to the next one.
import type { Vehicle } from './speech';

export const ASIDE_MS = 3 * 60_000;
const isAside = (it: Vehicle) => it.aside_since != null || it.says.some((say) => say.k === 'aside');

export class Aside {
	#here = new Set<string>();
	#moved = new Map<string, number>();

	/** Takes what the server says now. Where it does not say since when, the moment is when this display saw it go; one that
	 *  stood aside before this display began has been told. */
	heard(vehicles: readonly Vehicle[], now: number) {
		for (const it of vehicles) {
			if (!isAside(it)) { this.#here.add(it.passage); this.#moved.delete(it.passage); }
			else if (this.#here.has(it.passage) && !this.#moved.has(it.passage)) this.#moved.set(it.passage, now);
		}
		const known = new Set(vehicles.map((it) => it.passage));
		for (const it of [...this.#here]) if (!known.has(it)) { this.#here.delete(it); this.#moved.delete(it); }
	}
	/** Those in the lane first, then those that have just been moved. */
	shown(vehicles: readonly Vehicle[], now: number): Vehicle[] {
		const fresh = (it: Vehicle) => { const since = it.aside_since ?? this.#moved.get(it.passage); return since != null && now - since <= ASIDE_MS; };
		return [...vehicles.filter((it) => !isAside(it)), ...vehicles.filter((it) => isAside(it) && fresh(it))];
	}
}
