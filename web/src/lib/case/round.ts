// The way through one's cases: on to what was not yet seen in this round, and back the way one came. Only when all were seen
// does a new round begin.
import type { CaseRow } from '$lib/api/shapes';

export class Round {
	#seen = new Set<string>();
	#trail: string[] = [];
	#at = -1;

	/** The officer stands before this case. */
	visit(passage: string) {
		this.#seen.add(passage);
		if (this.#trail[this.#at] === passage) return;
		this.#trail = [...this.#trail.slice(0, this.#at + 1), passage].slice(-200);
		this.#at = this.#trail.length - 1;
	}
	/** What `N` would open; `cases` in their order. Held ones wait for their time. What has arrived whole goes first. */
	peek(cases: readonly CaseRow[], here: string | null): string | null {
		const open = cases.filter((it) => it.mine && it.held === null && it.passage !== here);
		const ahead = this.#trail.slice(this.#at + 1).find((passage) => open.some((it) => it.passage === passage));
		if (ahead && this.#trail[this.#at] === here) return ahead;
		const fresh = open.filter((it) => !this.#seen.has(it.passage));
		const choice = fresh.length > 0 ? fresh : open;
		return (choice.find((it) => it.ready.complete) ?? choice[0])?.passage ?? null;
	}
	next(cases: readonly CaseRow[], here: string | null): string | null {
		const to = this.peek(cases, here);
		if (to === null) return null;
		const ahead = this.#trail.indexOf(to, this.#at + 1);
		if (ahead >= 0 && this.#trail[this.#at] === here) this.#at = ahead;
		else if (this.#seen.has(to)) this.#seen = new Set(here === null ? [] : [here]);
		return to;
	}
	/** The case before this one, or none. */
	back(): string | null {
		if (this.#at <= 0) return null;
		this.#at -= 1;
		return this.#trail[this.#at] ?? null;
	}
}
export const round = new Round();
