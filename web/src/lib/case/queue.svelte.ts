// My queue, shared by the queue's page and by the case that wants to know what comes next.
import { alarmStore } from '$lib/alarms/store.svelte';
import { api, Failed } from '$lib/api/client';
import { GRADES, grade } from './late';
import type { CaseRow, Ms, Problem, Queue, RowFinding } from '$lib/api/shapes';

let queue = $state.raw<Queue | null>(null);
let scope = $state<'mine' | 'body'>('mine');
let problem = $state.raw<Problem | null>(null);
let running = false;
let again = false;

/** What a row says first: the gravest; of those, the one that was raised first. */
export function worstOf(findings: readonly RowFinding[]): RowFinding | null {
	const rank = { alarm: 0, finding: 1 };
	return [...findings].sort((a, b) => rank[a.severity] - rank[b.severity] || a.id - b.id)[0] ?? null;
}
/** The latest grade first, in it alarms first, in those what is due first. */
export function order(cases: readonly CaseRow[], now: Ms): CaseRow[] {
	const rank = { alarm: 0, finding: 1, none: 1 };
	const late = (it: CaseRow) => GRADES.indexOf(grade(it.due_at, now));
	return [...cases].sort((a, b) => late(a) - late(b) || rank[a.severity] - rank[b.severity] || a.due_at - b.due_at || a.passage.localeCompare(b.passage));
}

export const queueStore = {
	get queue() { return queue; },
	get scope() { return scope; },
	get problem() { return problem; },
	async show(it: 'mine' | 'body') { if (it !== scope) { scope = it; queue = null; await queueStore.load(); } },
	/** Changes come in bursts: one question runs, one more follows it, never ten. */
	async load(): Promise<void> {
		if (running) { again = true; return; }
		running = true;
		try {
			do {
				again = false;
				const asked = scope;
				const it = await api.queue(asked);
				alarmStore.take(it.alarms);
				if (asked === scope) { queue = it; problem = null; } else again = true;
			} while (again);
		} catch (why) {
			problem = why instanceof Failed ? why.problem : { status: 0, code: 'web.unexpected', title: '', detail: String(why) };
		} finally { running = false; }
	}
};
