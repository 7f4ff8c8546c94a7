// Decisions on their way out. Nothing is sent for ten seconds, so that a slip costs a key and not a truck; the delay
// is the officer's own time, not the demo's. It goes on while the officer opens the next case, and closing the
// window in the middle is asked about. Not a queue for bad lines: what fails stays here and says so.
import { api, Failed } from '$lib/api/client';
import { clock } from '$lib/live/clock.svelte';
import { decisionOf, type Draft } from './draft';
import type { Problem } from '$lib/api/shapes';

export const UNDO_MS = 10_000;

export interface Sending {
	id: number;
	passage: string;
	label: string;
	draft: Draft;
	answers: number[];
	phase: 'counting' | 'sending' | 'sent' | 'failed';
	left_ms: number;
	sequence: number | null;
	problem: Problem | null;
}

let list = $state<Sending[]>([]);
let next = 1;
let timer: ReturnType<typeof setInterval> | undefined;
const due = new Map<number, number>();
const after = new Set<(passage: string) => void>();

function update(id: number, change: Partial<Sending>) {
	list = list.map((it) => (it.id === id ? { ...it, ...change } : it));
}

function tick() {
	const now = performance.now();
	for (const it of list) {
		if (it.phase !== 'counting') continue;
		const left_ms = Math.max(0, (due.get(it.id) ?? now) - now);
		update(it.id, { left_ms });
		if (left_ms === 0) void send(it.id);
	}
	if (!list.some((it) => it.phase === 'counting')) { clearInterval(timer); timer = undefined; }
}

async function send(id: number) {
	const it = list.find((one) => one.id === id);
	if (!it || it.phase === 'sending' || it.phase === 'sent') return;
	update(id, { phase: 'sending', left_ms: 0 });
	try {
		if (it.draft.choice === 'order') {
			if (it.draft.order) await api.order(it.passage, it.draft.order, it.answers);
			update(id, { phase: 'sent' });
		} else {
			const decision = decisionOf(it.draft, clock.now);
			if (!decision || !it.draft.reason) return;
			const { sequence } = await api.decide(it.passage, { decision, answers: it.answers, reason: it.draft.reason, second: it.draft.second ?? undefined });
			update(id, { phase: 'sent', sequence });
		}
		after.forEach((tell) => tell(it.passage));
		setTimeout(() => outbox.dismiss(id), 8_000);
	} catch (why) {
		update(id, { phase: 'failed', problem: why instanceof Failed ? why.problem : { status: 0, code: 'web.unexpected', title: '', detail: String(why) } });
	}
}

export const outbox = {
	get list(): readonly Sending[] { return list; },
	of: (passage: string): Sending | undefined => list.findLast((it) => it.passage === passage),
	put(passage: string, label: string, draft: Draft, answers: number[]) {
		const id = next++;
		list = [...list.filter((it) => it.passage !== passage || it.phase === 'sending'), { id, passage, label, draft, answers, phase: 'counting', left_ms: UNDO_MS, sequence: null, problem: null }];
		due.set(id, performance.now() + UNDO_MS);
		timer ??= setInterval(tick, 200);
	},
	/** Takes back the newest that is still counting; returns what it was. */
	undo(): Sending | undefined {
		const it = list.findLast((one) => one.phase === 'counting');
		if (it) outbox.dismiss(it.id);
		return it;
	},
	/** Enter again: no need to wait. */
	hurry(id: number) { if (list.some((it) => it.id === id && it.phase === 'counting')) void send(id); },
	retry(id: number) { void send(id); },
	dismiss(id: number) { due.delete(id); list = list.filter((it) => it.id !== id); },
	get busy(): boolean { return list.some((it) => it.phase === 'counting' || it.phase === 'sending'); },
	onSent(tell: (passage: string) => void): () => void { after.add(tell); return () => after.delete(tell); }
};
