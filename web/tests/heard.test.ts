import { expect, test } from 'vitest';
import { remember, remembered, unheard } from '../src/lib/alarms/heard';

const alarm = (what: string, silenced = false) => ({ checkpoint: 'CN05', checkpoint_name: { kk: 'Нұр Жолы', ru: 'Нур Жолы', en: 'Nur Zholy' }, passage: null, what, at: 5, silenced: silenced ? { by: 'o-7', reason: 'test' as const, at: 6 } : null });

test('an alarm sounds once; a silenced one never; a page opened again does not sound the old ones', () => {
	const kept = new Map<string, string>();
	const store = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) };
	const first = unheard([alarm('a'), alarm('b', true)], remembered(store));
	expect(first.fresh.map((it) => it.what)).toEqual(['a']);
	remember(store, first.heard);
	const second = unheard([alarm('a'), alarm('c')], remembered(store));
	expect(second.fresh.map((it) => it.what)).toEqual(['c']);
});
test('what else may lie in the store is nothing heard; the memory is bounded', () => {
	expect(remembered({ getItem: () => '{"a":1}' })).toEqual([]);
	expect(remembered({ getItem: () => 'x' })).toEqual([]);
	expect(unheard(Array.from({ length: 900 }, (_, n) => alarm(`${n}`)), []).heard).toHaveLength(400);
});
