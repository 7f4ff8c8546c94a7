import { expect, test } from 'vitest';
import { answer, back, begin, decisionOf, question, reasonsFor, type Ground } from '../src/lib/decide/draft';

const reason = (code: string, decision: 'release' | 'hold' | 'inspect' | 'refuse') => ({ code, decision, un9417: 1, agency: 'customs' as const });
const ground: Ground = { body: 'customs', needs_second: false, reasons: [reason('C-01', 'release'), reason('C-02', 'release'), reason('C-11', 'hold'), reason('C-31', 'refuse')] };

test('a hold asks reason, until when, for whom; in this order, and is nothing before', () => {
	let it = begin('hold', ground);
	const asked = [question(it)];
	for (const digit of [1, 2, 3]) { expect(decisionOf(it, 0)).toBeNull(); it = answer(it, digit, ground); asked.push(question(it)); }
	expect(asked).toEqual(['reason', 'until', 'for_whom', 'send']);
	expect(decisionOf(it, 1_000_000)).toEqual({ hold: { until: 1_000_000 + 30 * 60_000, for_whom: 'road_police' } });
});
test('a digit without an answer changes nothing', () => {
	const it = begin('release', ground);
	expect(answer(it, 9, ground)).toBe(it);
	expect(answer(answer(it, 1, ground), 5, ground).reason).toBe('C-01');
});
test('escape goes one question back and then away', () => {
	const whole = [1, 2, 3].reduce((it, digit) => answer(it, digit, ground), begin('hold', ground));
	const steps = [];
	for (let it: ReturnType<typeof back> = whole; it !== null; it = back(it)) steps.push(question(it));
	expect(steps).toEqual(['send', 'for_whom', 'until', 'reason']);
});
test('refusal always takes a second person; a release only where the procedure says so', () => {
	expect(question(answer(begin('refuse', ground), 1, ground))).toBe('second');
	expect(question(answer(begin('release', ground), 1, ground))).toBe('send');
	expect(question(answer(begin('release', { ...ground, needs_second: true }), 1, ground))).toBe('second');
});
test('reasons are those of the decision, nine at the most', () => {
	const many = Array.from({ length: 12 }, (_, n) => reason(`C-${n}`, 'inspect'));
	expect(reasonsFor('inspect', many)).toHaveLength(9);
	expect(reasonsFor('hold', ground.reasons).map((it) => it.code)).toEqual(['C-11']);
});
test('an order is no decision', () => {
	const it = answer(begin('order', ground), 3, ground);
	expect([it.order, question(it), decisionOf(it, 0)]).toEqual(['reweigh', 'send', null]);
});
