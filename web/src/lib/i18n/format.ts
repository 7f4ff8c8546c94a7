// Numbers, dates and spans for a locale. Pure: the locale is an argument, so that tests need no page.
export type Locale = 'kk' | 'ru' | 'en';
export const LOCALES: readonly Locale[] = ['kk', 'ru', 'en'];

/** Regional forms for Intl: 24-hour clock, day before month. */
/** Chromium carries no Kazakh figures and would fall back to the system's; Russian as used in Kazakhstan writes them the same. */
export const INTL: Record<Locale, string> = { kk: new Intl.NumberFormat('kk-KZ').format(1.5) === '1,5' ? 'kk-KZ' : 'ru-KZ', ru: 'ru-KZ', en: 'en-GB' };
/** The whole country keeps one time since 2024. */
export const TIME_ZONE = 'Asia/Almaty';
const THIN = '\u202f';
const MINUS = '\u2212';

const numbers = new Map<string, Intl.NumberFormat>();
const times = new Map<string, Intl.DateTimeFormat>();

function numberFormat(locale: Locale, options: Intl.NumberFormatOptions): Intl.NumberFormat {
	const key = locale + JSON.stringify(options);
	let it = numbers.get(key);
	if (!it) numbers.set(key, (it = new Intl.NumberFormat(INTL[locale], options)));
	return it;
}

/** Thin grouping and a true minus in every language; the decimal sign is the language's own. */
export function number(locale: Locale, value: number, options: Intl.NumberFormatOptions = {}): string {
	if (!Number.isFinite(value)) return '–';
	return numberFormat(locale, options)
		.formatToParts(value)
		.map((part) => (part.type === 'group' ? THIN : part.type === 'minusSign' ? MINUS : part.value))
		.join('');
}

/** Exactly so many decimals. */
export function fixed(locale: Locale, value: number, digits: number): string {
	return number(locale, value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** With its sign: +1.6, −0.4. */
export function signed(locale: Locale, value: number, digits: number): string {
	return number(locale, value, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: 'exceptZero' });
}

function timeFormat(locale: Locale, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = locale + JSON.stringify(options);
	let it = times.get(key);
	if (!it) times.set(key, (it = new Intl.DateTimeFormat(INTL[locale], { timeZone: TIME_ZONE, hourCycle: 'h23', ...options })));
	return it;
}

const representable = (at: number) => Number.isFinite(at) && Math.abs(at) <= 8.64e15;

export const clockTime = (locale: Locale, at: number) => (representable(at) ? timeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at) : '–');
export const hourMinute = (locale: Locale, at: number) => (representable(at) ? timeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(at) : '–');
export const date = (locale: Locale, at: number) => (representable(at) ? timeFormat(locale, { day: '2-digit', month: '2-digit', year: 'numeric' }).format(at) : '–');
export const dateTime = (locale: Locale, at: number) => (representable(at) ? `${date(locale, at)} ${hourMinute(locale, at)}` : '–');

/** 0:46, 17:22, 1:02:05; negative with a true minus. Seconds are cut, not rounded. */
export function span(ms: number): string {
	if (!Number.isFinite(ms)) return '–';
	const total = Math.floor(Math.abs(ms) / 1000);
	const two = (n: number) => String(n).padStart(2, '0');
	const h = Math.floor(total / 3600);
	const m = Math.floor(total / 60) % 60;
	const text = h > 0 ? `${h}:${two(m)}:${two(total % 60)}` : `${m}:${two(total % 60)}`;
	return ms < 0 && total > 0 ? MINUS + text : text;
}
