import { describe, expect, test } from 'vitest';
import { ESCALATED_MS, grade, PROMISE_MS } from '../src/lib/case/late';
import { order, worstOf } from '../src/lib/case/queue.svelte';
import { Round } from '../src/lib/case/round';
import { NOW, queue, row } from './fixture/data.mjs';

test('lateness has three grades', () => {
	expect([1, 0, -1, -PROMISE_MS, -PROMISE_MS - 1, -ESCALATED_MS, -ESCALATED_MS - 1].map((left) => grade(1e12 + left, 1e12))).toEqual(['in_time', 'in_time', 'overdue', 'overdue', 'muchlate', 'muchlate', 'escalated']);
});
test('a row says its worst finding, of equals the oldest', () => {
	const f = (id: number, severity: 'alarm' | 'finding') => ({ id, severity, agency: 'customs' as const, rule: `r${id}`, values: {} });
	expect(worstOf([f(1, 'finding'), f(9, 'alarm'), f(4, 'alarm')])?.id).toBe(4);
	expect(worstOf([])).toBeNull();
});
test('the latest grade first, alarms first in it, then what is due', () => {
	const of = (passage: string, min: number, severity: 'alarm' | 'finding' | 'none') => row(passage, { due_at: NOW + min * 60_000, severity });
	expect(order([of('a', 5, 'alarm'), of('b', -10, 'finding'), of('c', -1, 'alarm'), of('d', -300, 'none'), of('e', -50, 'finding'), of('f', 2, 'none')], NOW).map((it) => it.passage)).toEqual(['d', 'e', 'c', 'b', 'a', 'f']);
});
describe('N', () => {
	const mine = order(queue('normal').cases, NOW).filter((it) => it.mine && it.held === null).map((it) => it.passage);
	const cases = order(queue('normal').cases, NOW);
	test('goes through every case of mine once, then begins anew', () => {
		const round = new Round();
		let here: string | null = null;
		const way = mine.map(() => { here = round.next(cases, here); if (here) round.visit(here); return here; });
		expect([...way].sort()).toEqual([...mine].sort());
		expect(mine).toContain(round.next(cases, here));
	});
	test('and back, and on again', () => {
		const round = new Round();
		for (const it of ['x', ...mine.slice(0, 2)]) round.visit(it);
		expect(round.back()).toBe(mine[0]);
		round.visit(mine[0]!);
		expect(round.next(cases, mine[0]!)).toBe(mine[1]);
		expect([round.back(), round.back(), round.back()]).toEqual([mine[0], 'x', null]);
	});
	test('held ones and others’ wait; nothing leads nowhere', () => {
		const round = new Round();
		expect(round.next(cases.filter((it) => it.held !== null || !it.mine), null)).toBeNull();
		expect(round.next([], 'x')).toBeNull();
	});
	test('what is here goes before what is not yet received', () => expect(new Round().next(cases, null)).toBe('CN01-20117'));
});
