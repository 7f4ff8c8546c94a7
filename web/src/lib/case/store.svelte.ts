// Cases in memory: the one on the screen and the next ones, fetched ahead so that opening is a redraw. Old ones are
// forgotten; what is shown is always asked for again behind the picture.
import { SvelteMap } from 'svelte/reactivity';
import { api, Failed } from '$lib/api/client';
import type { Case, Problem } from '$lib/api/shapes';

const KEPT = 8;
const cases = new SvelteMap<string, { it: Case | null; problem: Problem | null; asked_at: number }>();
const asking = new Map<string, Promise<void>>();

export const caseStore = {
	get: (passage: string) => cases.get(passage),
	/** Asks the server; one question at a time for each case. */
	load(passage: string): Promise<void> {
		const running = asking.get(passage);
		if (running) return running;
		const job = (async () => {
			try {
				const it = await api.case(passage);
				cases.set(passage, { it, problem: null, asked_at: performance.now() });
			} catch (why) {
				const problem = why instanceof Failed ? why.problem : { status: 0, code: 'web.unexpected', title: '', detail: String(why) };
				// An unreachable centre leaves the last picture standing; the strip says how old it is.
				cases.set(passage, { it: problem.status === 0 ? (cases.get(passage)?.it ?? null) : null, problem, asked_at: performance.now() });
			} finally { asking.delete(passage); }
			const stale = [...cases.entries()].sort((a, b) => a[1].asked_at - b[1].asked_at);
			for (const [key] of stale.slice(0, Math.max(0, cases.size - KEPT))) cases.delete(key);
		})();
		asking.set(passage, job);
		return job;
	},
	prefetch(passages: readonly string[]) { for (const it of passages) if (!cases.has(it)) void caseStore.load(it); },
	forget() { cases.clear(); }
};
