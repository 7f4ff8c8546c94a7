// A decision while it is being made: which keys lead to which next question. Pure; the bar draws it, the outbox sends it.
import type { Agency, Decision, DecisionKind, Ms, OrderKind, Reason } from '$lib/api/shapes';
import { AGENCIES, ORDERS } from '$lib/api/shapes';

export type Choice = DecisionKind | 'order';
export type Question = 'reason' | 'until' | 'for_whom' | 'order' | 'second' | 'send';

export interface Draft {
	choice: Choice;
	reason: string | null;
	order: OrderKind | null;
	/** Minutes from the sending, since the clock goes on while the officer thinks. */
	until_min: number | null;
	for_whom: Agency | null;
	/** A second person must sign. */
	second_needed: boolean;
	second: { name: string; password: string } | null;
}

export const UNTIL_MIN: readonly number[] = [15, 30, 60, 120, 240, 480, 1440];

export interface Ground { reasons: readonly Reason[]; needs_second: boolean; body: Agency | null }

export function begin(choice: Choice, ground: Ground): Draft {
	return { choice, reason: null, order: null, until_min: null, for_whom: null, second: null, second_needed: choice === 'refuse' || (ground.needs_second && choice === 'release') };
}

export function reasonsFor(choice: Choice, reasons: readonly Reason[]): Reason[] {
	return reasons.filter((it) => it.decision === choice).slice(0, 9);
}

/** What the officer is asked now. */
export function question(it: Draft): Question {
	if (it.choice === 'order') return it.order === null ? 'order' : 'send';
	if (it.reason === null) return 'reason';
	if (it.choice === 'hold' && it.until_min === null) return 'until';
	if (it.choice === 'hold' && it.for_whom === null) return 'for_whom';
	if (it.second_needed && it.second === null) return 'second';
	return 'send';
}

/** The answer by digit, 1 to 9; a digit without an answer changes nothing. */
export function answer(it: Draft, digit: number, ground: Ground): Draft {
	switch (question(it)) {
		case 'reason': {
			const reason = reasonsFor(it.choice, ground.reasons)[digit - 1];
			return reason ? { ...it, reason: reason.code } : it;
		}
		case 'until': {
			const until_min = UNTIL_MIN[digit - 1];
			return until_min ? { ...it, until_min } : it;
		}
		case 'for_whom': {
			const for_whom = AGENCIES[digit - 1];
			return for_whom ? { ...it, for_whom } : it;
		}
		case 'order': {
			const order = ORDERS[digit - 1];
			return order ? { ...it, order } : it;
		}
		default:
			return it;
	}
}

/** Esc: one question back; from the first one the draft is gone. */
export function back(it: Draft): Draft | null {
	if (it.second !== null) return { ...it, second: null };
	if (it.for_whom !== null) return { ...it, for_whom: null };
	if (it.until_min !== null) return { ...it, until_min: null };
	if (it.reason !== null) return { ...it, reason: null };
	if (it.order !== null) return { ...it, order: null };
	return null;
}

export function decisionOf(it: Draft, now: Ms): Decision | null {
	if (it.choice === 'order' || question(it) !== 'send') return null;
	if (it.choice !== 'hold') return it.choice;
	return it.until_min === null || it.for_whom === null ? null : { hold: { until: Math.round(now + it.until_min * 60_000), for_whom: it.for_whom } };
}
