// What may be green: measured, and nothing was ever found. Everything else has a state of its own.
import { describe, expect, test } from 'vitest';
import { answerOf, standing } from '../src/lib/design/standing';

const alarm = { severity: 'alarm' as const, answered: null };
const held = { severity: 'alarm' as const, answered: { at: 5, decision: { hold: { until: 9, for_whom: 'customs' as const } } } };
const let_go = { severity: 'finding' as const, answered: { at: 5, decision: 'release' } };
const refused = { severity: 'alarm' as const, answered: { at: 5, decision: 'refuse' } };

describe('a finding', () => {
	test('is never green, whatever answered it', () => expect([alarm, held, let_go, refused].map((it) => standing({ k: 'finding', ...it }))).toEqual(['alarm', 'answered', 'answered', 'refused']));
	test('tells how it was answered', () => expect([alarm, held, let_go, refused].map((it) => answerOf(it.answered))).toEqual([null, 'held', 'released', 'refused']));
	test('an answer of which only the fact is known is an answer', () => expect(standing({ k: 'finding', severity: 'alarm', answered: true })).toBe('answered'));
});

describe('a stage', () => {
	const stage = (over: object) => standing({ k: 'stage', required: true, started_at: 1, completed_at: 2, findings: [], ...over });
	test('is green only when it is done and nothing was ever raised in it', () => {
		expect(stage({})).toBe('clear');
		expect(stage({ findings: [alarm, let_go] })).toBe('alarm');
		expect(stage({ findings: [held, let_go] })).toBe('answered');
		expect(stage({ findings: [held, refused] })).toBe('refused');
		expect(stage({ findings: [{ severity: 'finding', answered: null }, held] })).toBe('finding');
	});
	test('not yet done, not needed and not possible are not green', () => {
		expect(stage({ completed_at: null })).toBe('waiting');
		expect(stage({ completed_at: null, started_at: null })).toBe('none');
		expect(stage({ required: false })).toBe('none');
		expect(stage({ unavailable: 'no answer', completed_at: null })).toBe('stale');
	});
	test('what the viewer may not see is not nothing', () => {
		expect(stage({ raised: true })).toBe('done');
		expect(standing({ k: 'body', standing: 'released', rule: 'customs.norm_consistent', raised: true, findings: [] })).toBe('answered');
		expect(stage({ raised: true, seen: false })).toBe('unseen');
		expect(stage({ raised: false, seen: false })).toBe('clear');
		expect(stage({ seen: false, completed_at: null })).toBe('waiting');
	});
	test('a mark is green where no body ever raised anything', () => expect(['clear', 'done', 'answered', 'finding', 'alarm', 'working', 'not_begun'].map((mark) => standing({ k: 'mark', mark }))).toEqual(['clear', 'done', 'answered', 'finding', 'alarm', 'waiting', 'none']));
});

test('an order that found something is an alarm; one that was measured is an answer; one that failed is neither', () => {
	const of = (outcome: unknown, late = false) => standing({ k: 'order', outcome, late });
	expect([null, undefined, 'measured', { nothing_found: { by: 'o-1' } }, { found: { by: 'o-1', code: 'undeclared_goods' } }, { failed: { why: 'x' } }].map((it) => of(it))).toEqual(['waiting', 'waiting', 'answered', 'clear', 'found', 'stale']);
	expect(of(null, true)).toBe('overdue');
});

describe('a passage that has ended', () => {
	const ended = (how: string, decisions: unknown[] = [], findings: object[] = []) => standing({ k: 'ended', how, decisions, findings: findings as never });
	test('turned back is not green, refused is refused', () => {
		expect(ended('departed')).toBe('clear');
		expect(ended('departed', ['release'], [let_go])).toBe('answered');
		expect(ended('backed_out')).toBe('none');
		expect(ended('backed_out', ['release', 'refuse'], [refused])).toBe('refused');
	});
});

describe('a body', () => {
	const body = (it: string, rule: string | null, findings: object[] = []) => standing({ k: 'body', standing: it as never, rule, findings: findings as never });
	test('is green only by a rule that found nothing', () => {
		expect(body('released', 'road_police.nothing_found')).toBe('clear');
		expect(body('released', 'x', [let_go])).toBe('answered');
		expect(body('released', null)).toBe('answered');
		expect([body('refused', null), body('held', null), body('not_concerned', null)]).toEqual(['refused', 'hold', 'none']);
	});
});

describe('a truck that was searched for', () => {
	const row = (over: object) => ({ worst: null, worst_hidden: false, found: false, stages_done: true, ...over });
	const worst = (over: object) => standing({ k: 'worst', ...row(over) });
	const outcome = (it: string, over: object = {}) => standing({ k: 'outcome', outcome: it as never, ...row(over) });
	test('is green only when every stage is done and nothing was ever raised', () => {
		expect(worst({})).toBe('clear');
		expect(worst({ stages_done: false })).toBe('none');
		expect(worst({ worst: { severity: 'alarm' } })).toBe('alarm');
		expect(worst({ worst_hidden: true })).toBe('unseen');
		expect(worst({ worst: { severity: 'finding' }, found: true })).toBe('found');
	});
	test('shows what became of it, and severity does not go away', () => {
		expect([outcome('in_lane'), outcome('aside'), outcome('refused'), outcome('turned_back')]).toEqual(['waiting', 'waiting', 'refused', 'none']);
		expect([outcome('departed'), outcome('departed', { worst: { severity: 'alarm' } }), outcome('permitted', { worst_hidden: true }), outcome('departed', { stages_done: false })]).toEqual(['clear', 'answered', 'answered', 'none']);
	});
});

test('an alarm that was adjudicated as harmless is answered; as a threat it is found', () => expect([1, 2, 3, 10, 11].map((code) => standing({ k: 'adjudicated', code }))).toEqual(['found', 'found', 'answered', 'found', 'answered']));
