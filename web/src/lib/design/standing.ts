// From the data to a status, for every page: the one place that decides what may be green. Green means measured and nothing
// ever found. An answer is a state of its own; severity is drawn beside it and does not go away.
import type { PassageOutcome, Severity, Standing } from '$lib/api/shapes';
import type { Kind } from './Status.svelte';

/** `true` where the data says only that there is an answer. */
export type AnswerGiven = { decision: unknown } | boolean | null | undefined;
export interface Judged { severity: Severity; answered: AnswerGiven }
/** Of a passage: the gravest finding ever, whether there is one the viewer may not see, whether people found something. */
export interface Found { worst: { severity: Severity } | null; worst_hidden: boolean; found: boolean; stages_done: boolean }
export type Answer = 'released' | 'held' | 'inspecting' | 'refused';

export type Thing =
	| ({ k: 'finding' } & Judged)
	/** `raised`: something was ever raised here, by whatever body; `seen`: the viewer may see what was measured. */
	| { k: 'stage'; required: boolean; started_at: number | null; completed_at: number | null; unavailable?: string | null; raised?: boolean; seen?: boolean; findings: readonly Judged[] }
	/** A row's mark: `clear` only where no body ever raised anything. */
	| { k: 'mark'; mark: string }
	| { k: 'order'; outcome: unknown; late: boolean }
	| { k: 'body'; standing: Standing; rule: string | null; raised?: boolean; findings: readonly Judged[] }
	| { k: 'ended'; how: string; decisions: readonly unknown[]; findings: readonly Judged[] }
	| { k: 'permit'; state: string; findings: readonly Judged[] }
	/** A row out of a search: what became of the truck, and the worst that was ever found in it. */
	| ({ k: 'outcome'; outcome: PassageOutcome } & Found)
	| ({ k: 'worst' } & Found)
	| { k: 'adjudicated'; code: number };

/** The key of a value that Rust writes as `"name"` or `{"name": {…}}`. */
export const variant = (it: unknown): string => (typeof it === 'string' ? it : typeof it === 'object' && it !== null ? (Object.keys(it)[0] ?? '') : '');

const ANSWERS: Record<string, Answer> = { release: 'released', hold: 'held', inspect: 'inspecting', refuse: 'refused' };
/** How it was answered, as far as the data says. */
export function answerOf(it: AnswerGiven): Answer | null {
	return typeof it === 'object' && it !== null ? (ANSWERS[variant(it.decision)] ?? null) : null;
}
const isAnswered = (it: AnswerGiven): boolean => it !== null && it !== undefined && it !== false;

function worst(findings: readonly Judged[]): Kind | null {
	const kinds = findings.map((it) => standing({ k: 'finding', ...it }));
	return (['alarm', 'finding', 'refused', 'answered'] as const).find((it) => kinds.includes(it)) ?? null;
}

export function standing(it: Thing): Kind {
	switch (it.k) {
		case 'finding':
			if (!isAnswered(it.answered)) return it.severity;
			return answerOf(it.answered) === 'refused' ? 'refused' : 'answered';
		case 'stage': {
			const found = worst(it.findings);
			if (found) return found;
			if (!it.required) return 'none';
			if (it.unavailable) return 'stale';
			if (it.completed_at !== null) return it.raised ? (it.seen === false ? 'unseen' : 'done') : 'clear';
			return it.started_at !== null ? 'waiting' : 'none';
		}
		case 'mark':
			switch (it.mark) {
				case 'alarm': case 'finding': case 'answered': case 'done': case 'clear': return it.mark;
				case 'working': return 'waiting';
				default: return 'none';
			}
		case 'order':
			if (it.outcome === null || it.outcome === undefined) return it.late ? 'overdue' : 'waiting';
			switch (variant(it.outcome)) {
				case 'nothing_found': return 'clear';
				case 'found': return 'found';
				case 'failed': return 'stale';
				default: return 'answered';
			}
		case 'body':
			switch (it.standing) {
				case 'released': return it.rule !== null && it.findings.length === 0 && !it.raised ? 'clear' : 'answered';
				case 'held': return 'hold';
				case 'inspecting': return 'finding';
				case 'refused': return 'refused';
				case 'not_concerned': return 'none';
				default: return 'waiting';
			}
		case 'ended':
			if (it.decisions.some((one) => variant(one) === 'refuse')) return 'refused';
			if (it.how !== 'departed') return 'none';
			return it.findings.length > 0 ? 'answered' : 'clear';
		case 'permit':
			if (it.state === 'revoked' || it.state === 'expired' || it.state === 'failed') return 'finding';
			return it.findings.length > 0 ? 'answered' : 'clear';
		case 'outcome':
			switch (it.outcome) {
				case 'refused': return 'refused';
				case 'departed': case 'permitted': {
					const what = standing({ ...it, k: 'worst' });
					return what === 'clear' ? 'clear' : what === 'none' ? 'none' : 'answered';
				}
				case 'turned_back': return 'none';
				default: return 'waiting';
			}
		case 'worst':
			if (it.found) return 'found';
			if (it.worst) return it.worst.severity;
			if (it.worst_hidden) return 'unseen';
			return it.stages_done ? 'clear' : 'none';
		case 'adjudicated':
			return it.code <= 2 || it.code === 10 ? 'found' : 'answered';
	}
}
