// How late is late: past its time, past one more promise, or so late that it is the supervisor's. Three shapes, not one colour.
import type { Ms } from '$lib/api/shapes';

export type Grade = 'in_time' | 'overdue' | 'muchlate' | 'escalated';
/** The promise of the whole order: 45 minutes. */
export const PROMISE_MS = 45 * 60_000;
export const ESCALATED_MS = 4 * 3_600_000;

export function grade(due_at: Ms, now: Ms): Grade {
	const late = now - due_at;
	return late <= 0 ? 'in_time' : late <= PROMISE_MS ? 'overdue' : late <= ESCALATED_MS ? 'muchlate' : 'escalated';
}
/** The latest first. */
export const GRADES: readonly Grade[] = ['escalated', 'muchlate', 'overdue', 'in_time'];
