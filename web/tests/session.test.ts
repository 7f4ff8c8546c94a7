import { expect, test } from 'vitest';
import { safeTo } from '../src/lib/session.svelte';

test('after the log-in one goes to a page of this site or nowhere', () => {
	expect(['/case/CN05-1', '/queue?x=1#y'].map(safeTo)).toEqual(['/case/CN05-1', '/queue?x=1#y']);
	expect([null, '', '/', '//example.org', '/\\example.org', '/a\\b', 'https://example.org', 'case', '/login', '/login?to=/x', '/\n/x', 'javascript:alert(1)'].map(safeTo)).toEqual(Array.from({ length: 12 }, () => null));
	expect(safeTo('/logins')).toBe('/logins');
});
