// The catalogues at work: one Fluent bundle for the chosen language, loaded when it is chosen. An unknown key shows
// itself and its values: a rule that a newer checkpoint names must never leave a blank on the screen.
import { FluentBundle, FluentNumber, FluentResource, type FluentVariable } from '@fluent/bundle';
import { clockTime, date, dateTime, fixed, hourMinute, LOCALES, number, signed, span, type Locale } from './format';
import type { Names } from '$lib/api/shapes';

export { LOCALES, type Locale };
export type Args = Record<string, unknown>;

const sources: Record<Locale, () => Promise<{ default: readonly string[] }>> = {
	kk: () => import('./kk'),
	ru: () => import('./ru'),
	en: () => import('./en')
};

/** Fluent's number with our grouping and minus; the plural category stays Fluent's. */
class Figure extends FluentNumber {
	constructor(value: number, readonly locale: Locale, opts: Intl.NumberFormatOptions = {}) {
		super(value, opts as ConstructorParameters<typeof FluentNumber>[1]);
	}
	override toString(): string {
		return number(this.locale, this.value, this.opts as Intl.NumberFormatOptions);
	}
}

export function makeBundle(locale: Locale, texts: readonly string[]): FluentBundle {
	const bundle = new FluentBundle(locale, {
		useIsolating: false,
		functions: {
			NUMBER: ([value], options) => {
				const raw = value instanceof FluentNumber ? value.value : Number(value);
				const plain = Object.fromEntries(Object.entries(options).map(([k, v]) => [k, v instanceof FluentNumber ? v.value : v]));
				return new Figure(raw, locale, plain as Intl.NumberFormatOptions);
			}
		}
	});
	for (const text of texts) {
		const errors = bundle.addResource(new FluentResource(text));
		if (errors.length > 0) console.warn(locale, errors);
	}
	return bundle;
}

function word(bundle: FluentBundle, group: string, value: string): string | null {
	const message = bundle.getMessage(`${group}-${value.replace(/[^A-Za-z0-9_-]/g, '_')}`);
	return message?.value ? bundle.formatPattern(message.value, {}) : null;
}
function words(bundle: FluentBundle, group: string, values: string): string {
	return values.split(' ').filter(Boolean).map((it) => {
		const [head = '', tail] = it.split(':');
		const first = word(bundle, group, head) ?? head;
		return tail ? `${first} (${word(bundle, 'field', tail) ?? tail})` : first;
	}).join(', ');
}

/** What a value of a finding looks like in a sentence: times as times, codes by their word, lists with commas. */
function present(bundle: FluentBundle, locale: Locale, name: string, value: unknown): FluentVariable {
	if (typeof value === 'number') return /_at(_ms)?$/.test(name) && value > 1e11 ? dateTime(locale, value) : new Figure(value, locale, { maximumFractionDigits: 2 });
	if (typeof value === 'string') {
		// Lists of codes come as words with blanks between them; a fault may name its field: `check_digit_wrong:expiry`.
		if (name === 'fields') return words(bundle, 'field', value);
		if (name === 'faults') return words(bundle, 'fault', value);
		return (name === 'document' ? word(bundle, 'document', value) : null) ?? word(bundle, 'value', value) ?? value;
	}
	if (value === null || value === undefined) return '–';
	if (Array.isArray(value)) return value.map((it) => String(present(bundle, locale, name, it))).join(', ') || '–';
	if (value instanceof FluentNumber) return value;
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function format(bundle: FluentBundle, locale: Locale, key: string, args: Args = {}): string {
	const message = bundle.getMessage(key);
	if (!message?.value) {
		const values = Object.entries(args).map(([k, v]) => `${k}: ${typeof v === 'object' ? JSON.stringify(v) : String(v)}`);
		return values.length > 0 ? `${key} (${values.join(', ')})` : key;
	}
	const ready = Object.fromEntries(Object.entries(args).map(([k, v]) => [k, present(bundle, locale, k, v)]));
	const errors: Error[] = [];
	const text = bundle.formatPattern(message.value, ready, errors);
	// A value the text names and the fact lacks shows as a dash, not as a hole.
	return errors.length > 0 ? text.replace(/\{\$[^}]*\}/g, '–') : text;
}

let locale = $state<Locale>('en');
let bundle = $state.raw<FluentBundle | null>(null);

const KEPT = 'beket.locale';

export const i18n = {
	get locale(): Locale { return locale; },
	get ready(): boolean { return bundle !== null; },
	async choose(it: Locale) {
		const texts = (await sources[it]()).default;
		bundle = makeBundle(it, texts);
		locale = it;
		document.documentElement.lang = it;
		try { localStorage.setItem(KEPT, it); } catch { /* private window: the choice lasts as long as the page */ }
	},
	/** Kept choice, else what the browser prefers, else English. */
	start(): Promise<void> {
		let kept: string | null = null;
		try { kept = localStorage.getItem(KEPT); } catch { /* as above */ }
		const wanted = [kept, ...navigator.languages.map((it) => it.slice(0, 2))];
		return i18n.choose((wanted.find((it) => LOCALES.includes(it as Locale)) as Locale | undefined) ?? 'en');
	}
};

/** The text of a key in the chosen language. Reactive. */
export function t(key: string, args?: Args): string {
	return bundle ? format(bundle, locale, key, args) : '';
}
export function has(key: string): boolean {
	return bundle?.hasMessage(key) ?? false;
}
/** The text of a code out of data: `code('agency', 'customs')`; a code without a text shows itself. */
export function code(group: string, it: string, args?: Args): string {
	const key = `${group}-${it.toLowerCase().replace(/[^a-z0-9_-]/g, '-')}`;
	return has(key) ? t(key, args) : it;
}
/** A finding's sentence; rules of other editions show rule and values. */
export function findingText(rule: string, values: Args): string {
	const key = `finding-${rule.replace(/\./g, '-')}`;
	if (has(key)) {
		// A disagreement says field by field what was presented and what was expected.
		const details = Object.keys(values).filter((k) => k.endsWith('_presented')).map((k) => k.slice(0, -'_presented'.length));
		return [t(key, values), ...details.map((field) => t('finding-detail', { field: code('field', field), presented: values[`${field}_presented`], expected: values[`${field}_expected`] }))].join('; ');
	}
	const shown = Object.entries(values).map(([k, v]) => `${k} ${typeof v === 'object' ? JSON.stringify(v) : String(v)}`);
	return [rule, ...shown].join(' · ');
}
/** A number with its unit, always. */
export function unit(name: 'kg' | 't' | 'm' | 'kb' | 'cps' | 'sigma' | 'percent' | 'min' | 'kbps' | 'mv' | 'mps' | 's', value: number, digits = 0): string {
	return t(`unit-${name}`, { n: fixed(locale, value, digits) });
}
export const name = (it: Names): string => it[locale] || it.en;
export const fmt = {
	number: (it: number, options?: Intl.NumberFormatOptions) => number(locale, it, options),
	fixed: (it: number, digits: number) => fixed(locale, it, digits),
	signed: (it: number, digits: number) => signed(locale, it, digits),
	clock: (at: number) => clockTime(locale, at),
	hm: (at: number) => hourMinute(locale, at),
	date: (at: number) => date(locale, at),
	dateTime: (at: number) => dateTime(locale, at),
	span
};

/** Whom a truck waits for: a code, or `kind:detail` (`device:imaging`, `agency:customs`). */
export function whomText(whom: string): string {
	const [kind = '', detail] = whom.split(/[:/]/);
	if (has(`whom-${whom}`)) return t(`whom-${whom}`);
	if (detail === undefined) return code('whom', kind);
	const inner = [`agency-${detail}`, `stage-${detail}`, `order-${detail}`, `whom-${detail}`].find(has);
	const of = inner ? t(inner) : detail;
	// A body decides through its officers: the body is what a person asks for.
	return kind === 'agency' || kind === 'officer' ? of : has(`whom-${kind}`) ? `${t(`whom-${kind}`)}: ${of}` : of;
}
/** Why something is off: said shortly where there is a short form, else as the problem's own sentence. */
export function whyText(it: string): string {
	const short = code('why', it);
	return short === it ? code('problem', it) : short;
}
/** An alarm of the wall: a rule, an escalation or a fact by its code. */
export function alarmText(what: string): string {
	const finding = `finding-${what.replace(/\./g, '-')}`;
	// Without its values a finding's sentence ends where the first figure would stand.
	if (has(finding)) return (t(finding).split(/[:(,;–]/)[0] ?? '').trim() || what;
	for (const key of [`escalation-${what}`, `fact-${what}`]) if (has(key)) return t(key);
	return what;
}
