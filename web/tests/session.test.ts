import { expect, test } from 'vitest';
import { safeTo } from '../src/lib/session.svelte';
import { sees, seesStage } from '../src/lib/sight';

test('after the log-in one goes to a page of this site or nowhere', () => {
	expect(['/case/CN05-1', '/queue?x=1#y'].map(safeTo)).toEqual(['/case/CN05-1', '/queue?x=1#y']);
	expect([null, '', '/', '//example.org', '/\\example.org', '/a\\b', 'https://example.org', 'case', '/login', '/login?to=/x', '/\n/x', 'javascript:alert(1)'].map(safeTo)).toEqual(Array.from({ length: 12 }, () => null));
	expect(safeTo('/logins')).toBe('/logins');
});
test('what a role may not see, as the centre has it', () => {
	const of = (role: string, agency: string | null) => ({ role, agency }) as never;
	expect(['customs', 'veterinary', 'sanitary_quarantine', 'road_police'].map((it) => [seesStage(of('officer', it), 'radiation'), seesStage(of('officer', it), 'dimensions'), seesStage(of('officer', it), 'imaging')])).toEqual([[true, true, true], [false, false, true], [true, false, true], [false, true, true]]);
	expect([sees(of('administrator', null), 'cases'), sees(of('auditor', null), 'findings_of_all'), sees(null, 'cases')]).toEqual([false, true, false]);
});
