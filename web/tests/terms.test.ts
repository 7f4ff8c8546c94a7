// The catalogues against the list of terms in docs/terms.csv: what its column `forbidden` names is in no message of the
// workstation or of the driver's display. Then the acts of an officer, which must never share a word, and three rules of
// language that a list of words cannot say.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LOCALES } from '../src/lib/i18n/format';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** One text: a message, or one plural form of it. */
interface Text { language: string; file: string; key: string; text: string }

function textsOf(language: string, file: string, catalogue: string): Text[] {
	return [...catalogue.matchAll(/^([a-z][\w-]*) =(.*(?:\n[ \t]+.*)*)/gm)].flatMap(([, key = '', body = '']) => {
		const forms = [...body.matchAll(/^\s*\*?\[\w+\] (.*)$/gm)].map((m) => m[1] ?? '');
		return (forms.length > 0 ? forms : [body]).map((it) => ({ language, file, key, text: it.trim().replace(/\s+/g, ' ') }));
	});
}

const TONGUES = ['kk', 'ru', 'en', 'zh'];
const TEXTS = [
	...LOCALES.flatMap((it) => readdirSync(new URL(`../src/lib/i18n/${it}/`, import.meta.url)).filter((name) => name.endsWith('.ftl')).flatMap((name) => textsOf(it, name.slice(0, -'.ftl'.length), read(`../src/lib/i18n/${it}/${name}`)))),
	...TONGUES.flatMap((it) => textsOf(it, 'driver', read(`../src/lib/driver/${it}.ftl`)))
];

/** Fields in quotes may hold commas, quotes (twice) and ends of lines. */
function csv(text: string): Record<string, string>[] {
	const rows: string[][] = [[]];
	for (const [, quoted, plain = '', end = ''] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
		rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
		if (end === '') break;
		if (end !== ',') rows.push([]);
	}
	const [head = [], ...rest] = rows.filter((row) => row.some((it) => it !== ''));
	return rest.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ''])));
}

/** A pattern with `*`; everything else stands for itself. */
const starred = (pattern: string, star: string) => pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', star);

/** `language:words@keys`: `*` in the words is any letters, `=` before them means the whole text; words are whole, capitals
    alike. Keys are patterns of a message's key or of `file/key`, divided by commas. */
function forbidden(entry: string): (it: Text) => boolean {
	const [, language, whole, words = '', keys = ''] = /^(\w+):(=?)(.+)@([^@]+)$/.exec(entry) ?? [];
	if (!language) throw new Error(`not an entry of the list: ${entry}`);
	const said = starred(words, '\\p{L}*');
	const bad = new RegExp(whole ? `^${said}$` : `(?<![\\p{L}\\p{N}])${said}(?![\\p{L}\\p{N}])`, 'iu');
	const places = keys.split(',').map((it) => new RegExp(`^${starred(it.trim(), '.*')}$`));
	return (it) => it.language === language && places.some((place) => place.test(it.key) || place.test(`${it.file}/${it.key}`)) && bad.test(it.text);
}

const ENTRIES = csv(read('../../docs/terms.csv')).flatMap((row) => (row.forbidden ?? '').split(' | ').filter(Boolean).map((entry) => ({ concept: row.concept ?? '', entry })));

describe('the list of terms', () => {
	test('is read whole', () => {
		expect(new Set(ENTRIES.map((it) => it.entry)).size).toBeGreaterThanOrEqual(137);
		expect(new Set(TEXTS.map((it) => it.language))).toEqual(new Set(TONGUES));
		expect(TEXTS.length).toBeGreaterThan(3 * 1100);
	});
	test('nothing that it forbids is in a catalogue', () => {
		const found = ENTRIES.flatMap(({ concept, entry }) => {
			const bad = forbidden(entry);
			return TEXTS.filter(bad).map((it) => `${concept}: ${entry}: ${it.language}/${it.file}/${it.key} = ${it.text}`);
		});
		expect(found).toEqual([]);
	});
	test('every entry names a message that exists', () => {
		const keys = [...new Set(TEXTS.flatMap((it) => [it.key, `${it.file}/${it.key}`]))];
		const nowhere = ENTRIES.filter(({ entry }) => !entry.slice(entry.lastIndexOf('@') + 1).split(',').some((place) => keys.some((key) => new RegExp(`^${starred(place.trim(), '.*')}$`).test(key))));
		expect(nowhere).toEqual([]);
	});
});

describe('what finds a forbidden text', () => {
	const at = (text: string, key = 'decide-undo', language = 'kk', file = 'decide'): Text => ({ language, file, key, text });
	test('the words that were there', () => {
		expect(forbidden('kk:бас тарт*@decide-undo')(at('Бас тарту'))).toBe(true);
		expect(forbidden('kk:бас тарт*@decide-undo')(at('Болдырмау'))).toBe(false);
	});
	test('whole words, a star for any letters, capitals alike', () => {
		expect(forbidden('ru:тара@*')(at('Тара, кг', 'a', 'ru'))).toBe(true);
		expect(forbidden('ru:тара@*')(at('тарасов', 'a', 'ru'))).toBe(false);
		expect(forbidden('ru:тара@*')(at('гитара', 'a', 'ru'))).toBe(false);
		expect(forbidden('ru:выпуст*@*')(at('ВЫПУСТИТЬ', 'a', 'ru'))).toBe(true);
		expect(forbidden('ru:выпуст*@*')(at('не выпуст', 'a', 'ru'))).toBe(true);
		expect(forbidden('ru:выпуст*@*')(at('невыпустить', 'a', 'ru'))).toBe(false);
		expect(forbidden('kk:қашықтан*алып жүру@*')(at('қашықтаналып жүру'))).toBe(true);
		expect(forbidden('kk:салмақ, өлшем@*')(at('Салмақ, өлшем'))).toBe(true);
		expect(forbidden('ru:старшему:@owed-*')(at('доложить старшему: { $what }', 'owed-escalate', 'ru'))).toBe(true);
		expect(forbidden('ru:старшему:@owed-*')(at('доложить старшему смены: { $what }', 'owed-escalate', 'ru'))).toBe(false);
	});
	test('the whole text', () => {
		expect(forbidden('ru:=места@wall-seats')(at('Места', 'wall-seats', 'ru'))).toBe(true);
		expect(forbidden('ru:=места@wall-seats')(at('Рабочие места', 'wall-seats', 'ru'))).toBe(false);
	});
	test('signs stand for themselves', () => {
		expect(forbidden('kk:{ $count } орын@packages')(at('{ $count } орын', 'packages'))).toBe(true);
		expect(forbidden('kk:а.б@*')(at('аяб'))).toBe(false);
	});
	test('only its language and its places', () => {
		const entry = forbidden('kk:ұста*@*hold*,standing-held,case/*');
		expect(entry(at('Ұстау', 'decision-hold'))).toBe(true);
		expect(entry(at('Ұстау', 'why-hold-over'))).toBe(true);
		expect(entry(at('ұстады', 'standing-held'))).toBe(true);
		expect(entry(at('ұстады', 'standing-held-by'))).toBe(false);
		expect(entry(at('ұстады', 'findings', 'kk', 'case'))).toBe(true);
		expect(entry(at('ұстады', 'findings', 'kk', 'lane'))).toBe(false);
		expect(entry(at('ұстады', 'standing-held', 'ru'))).toBe(false);
	});
	test('each form of a plural, and the driver’s texts by their file', () => {
		const planted = textsOf('ru', 'driver', 'driver-a = Проезд\ndriver-n =\n    { $count ->\n        [one] { $count } машина\n       *[other] { $count } ТС\n    }\n');
		expect(planted.map((it) => it.text)).toEqual(['Проезд', '{ $count } машина', '{ $count } ТС']);
		expect(planted.filter(forbidden('ru:машина@driver/*')).map((it) => it.key)).toEqual(['driver-n']);
	});
	test('an entry that cannot be read is said, not passed over', () => {
		expect(() => forbidden('kk бас тарту')).toThrow('not an entry');
		expect(csv('a,b\n"x, ""y""",z\n')).toEqual([{ a: 'x, "y"', b: 'z' }]);
	});
});

describe('acts that must never share a word', () => {
	// The act, the messages that name it, and the stem of its word in each language.
	const ACTS: Record<string, { keys: RegExp; kk: RegExp; ru: RegExp; en: RegExp }> = {
		'permit passage': { keys: /^(decision-release|standing-released|wall-by-rule|queue-release-asked|lane-do-decision|disregarded-decision-already_released)$/, kk: /рұқсат/i, ru: /разреш/i, en: /permi(t|ssion)/i },
		suspend: { keys: /^(decision-hold|standing-held|status-hold|whom-hold|escalation-hold_over|owed-await_release|disregarded-decision-hold_.*|problem-decision-hold_span)$/, kk: /тоқтат/i, ru: /приостан/i, en: /suspen/i },
		refuse: { keys: /^(decision-refuse|standing-refused|reason-.-31|disregarded-decision-already_refused|driver-turn_back)$/, kk: /бас тарт/i, ru: /отказ/i, en: /refus/i },
		undo: { keys: /^(decide-undo|decide-ask-send)$/, kk: /болдырма/i, ru: /отмен/i, en: /undo/i },
		detain: { keys: /^reason-c-32$/, kk: /кідірт/i, ru: /задерж/i, en: /detain/i },
		inspect: { keys: /^(decision-inspect|standing-inspecting|order-inspect|means-physical_inspection|reason-.-21|driver-order-inspect)$/, kk: /тексеріп қара|жете тексер|қарап-тексер/i, ru: /осмотр/i, en: /inspect|examin/i }
	};
	test.each(LOCALES)('%s: each says its own word and no other’s', (locale) => {
		const wrong = Object.entries(ACTS).flatMap(([act, { keys, ...own }]) => {
			const named = TEXTS.filter((it) => it.language === locale && keys.test(it.key));
			expect(named.length, act).toBeGreaterThan(0);
			return named.flatMap((it) => [
				...(own[locale].test(it.text) ? [] : [`${it.key} does not say ${act}: ${it.text}`]),
				...Object.entries(ACTS).filter(([other, { [locale]: stem }]) => other !== act && stem.test(it.text)).map(([other]) => `${it.key} says ${other}: ${it.text}`)
			]);
		});
		expect(wrong).toEqual([]);
	});
	test.each(LOCALES)('%s: the buttons have no word in common but the thing they act on', (locale) => {
		const buttons = ['decision-release', 'decision-hold', 'decision-inspect', 'decision-refuse', 'decide-undo', 'reason-c-32'];
		const words = buttons.flatMap((key) => TEXTS.filter((it) => it.language === locale && it.key === key).flatMap((it) => [...new Set(it.text.toLowerCase().match(/\p{L}+/gu))]));
		expect(words.length).toBeGreaterThanOrEqual(buttons.length);
		expect(words.filter((it, i) => words.indexOf(it) !== i && it !== 'passage')).toEqual([]);
	});
});

describe('rules of language', () => {
	test('Kazakh: no word that governs a case after a value', () => {
		expect(TEXTS.filter((it) => it.language === 'kk' && /\}\s+(дейін|кейін|бастап|бұрын|кешіктірмей)/i.test(it.text)).map((it) => `${it.key} = ${it.text}`)).toEqual([]);
	});
	test('Russian: nothing declined before a name that comes from the data', () => {
		expect(TEXTS.filter((it) => it.language === 'ru' && /(?<!\p{L})(для|от|у|к|из) \{ \$(whom|agency|document|order|device) \}/iu.test(it.text)).map((it) => `${it.key} = ${it.text}`)).toEqual([]);
	});
	test.each(LOCALES)('%s: a finding begins with its name, for a board shows only what stands before the first sign', (locale) => {
		const nameless = TEXTS.filter((it) => it.language === locale && it.key.startsWith('finding-') && it.key !== 'finding-detail' && /[{}]/.test(it.text.split(/[:(,;–]/)[0] ?? ''));
		expect(nameless.map((it) => `${it.key} = ${it.text}`)).toEqual([]);
	});
});
