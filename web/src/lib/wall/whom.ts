// Whom a truck waits for, as a handful of kinds that the wall can show as colours; the words stay exact.
import { AGENCIES, type Agency } from '$lib/api/shapes';

export type WhomKind = 'customs' | 'other_bodies' | 'machine' | 'link' | 'people' | 'driver' | 'other';
export const WHOM_COLOUR: Record<WhomKind, string> = { customs: 'var(--accent)', other_bodies: 'var(--hold)', machine: 'var(--overdue)', link: 'var(--text-1)', people: 'var(--finding)', driver: 'var(--tech)', other: 'var(--papers)' };

/** `whom` comes as a code, or as `kind:detail`. */
export function whomKind(whom: string): WhomKind {
	const [kind = '', detail = ''] = whom.split(/[:/]/);
	const agency = [kind, detail].find((it) => AGENCIES.includes(it as Agency));
	if (agency) return agency === 'customs' ? 'customs' : 'other_bodies';
	if (['device', 'machine', 'barrier'].includes(kind)) return 'machine';
	if (kind === 'link' || kind === 'centre') return 'link';
	if (['hands', 'lane', 'lane_officer', 'seat', 'officer'].includes(kind)) return 'people';
	if (['driver', 'leaving', 'vehicle', 'turn_back', 'carrier'].includes(kind)) return 'driver';
	return 'other';
}
