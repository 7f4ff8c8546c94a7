// What the driver's display says, in four languages at once. Its catalogues are its own: the workstation does not load them.
import type { FluentBundle } from '@fluent/bundle';
import { hourMinute, type Locale } from '$lib/i18n/format';
import { format, makeBundle } from '$lib/i18n/index.svelte';
import en from './en.ftl?raw';
import kk from './kk.ftl?raw';
import ru from './ru.ftl?raw';
import zh from './zh.ftl?raw';

export type Tongue = 'kk' | 'ru' | 'en' | 'zh';
export const TONGUES: readonly Tongue[] = ['kk', 'ru', 'en', 'zh'];
/** One thing of `GET /api/lane/display/{lane}`. */
export interface Say { k: string; stage?: string; order?: string; agency?: string; until?: number }
export interface Vehicle { passage: string; plate: string | null; country: string | null; arrived_at: number | null; says: Say[]; /** When it was moved aside, where the server says it. */ aside_since?: number | null }
export interface Display { clock: { now: number; rate: number }; checkpoint: string; checkpoint_name: { kk: string; ru: string; en: string } | string | null; lane: number; direction: 'entry' | 'exit'; open: boolean; vehicles: Vehicle[] }

const TEXTS: Record<Tongue, string> = { kk, ru, en, zh };
/** Figures have no Chinese form of their own here: times and counts are written the same. */
const FIGURES: Record<Tongue, Locale> = { kk: 'kk', ru: 'ru', en: 'en', zh: 'en' };
const bundles = new Map<Tongue, FluentBundle>(TONGUES.map((it) => [it, makeBundle(FIGURES[it], [TEXTS[it]])]));

function text(tongue: Tongue, key: string, args: Record<string, unknown> = {}): string {
	const bundle = bundles.get(tongue);
	return bundle ? format(bundle, FIGURES[tongue], key, args) : '';
}

/** A code that these catalogues do not know is a wait: a cab is no place for a code. */
export function said(tongue: Tongue, it: Say): string {
	const key = ['driver', it.k, it.stage ?? it.order].filter(Boolean).join('-');
	const agency = it.agency ? text(tongue, `driver-agency-${it.agency}`) : '';
	const time = it.until === undefined ? '' : hourMinute(FIGURES[tongue], it.until);
	return bundles.get(tongue)?.hasMessage(key) ? text(tongue, key, { agency, time }) : text(tongue, 'driver-wait');
}
export const plain = (tongue: Tongue, key: 'empty' | 'closed' | 'stale'): string => text(tongue, `driver-${key}`);
export const minutes = (tongue: Tongue, ms: number): string => text(tongue, 'driver-minutes', { minutes: Math.max(0, Math.floor(ms / 60_000)) });
export const more = (tongue: Tongue, count: number): string => text(tongue, 'driver-more', { count });

/** The language that is large: the one of the country on the plate, as far as these four go. */
export function tongueOf(country: string | null): Tongue {
	switch (country) {
		case 'KZ': return 'kk';
		case 'CN': return 'zh';
		case 'RU': case 'BY': case 'KG': case 'UZ': case 'TJ': case 'TM': case 'AM': return 'ru';
		case null: case '': return 'kk';
		default: return 'en';
	}
}
/** The large one first, the others in their order. */
export const tongues = (country: string | null): Tongue[] => [tongueOf(country), ...TONGUES.filter((it) => it !== tongueOf(country))];

export type Shape = 'go' | 'ready' | 'stop' | 'act' | 'hand' | 'wait' | 'hold' | 'lost';
export function shape(it: Say): Shape {
	switch (it.k) {
		case 'go': return 'go';
		case 'barrier': return 'ready';
		case 'turn_back': return 'stop';
		case 'drive': case 'aside': return 'act';
		case 'documents': case 'people': case 'order': return 'hand';
		case 'hold': return 'hold';
		case 'link': return 'lost';
		default: return 'wait';
	}
}
