// The pages by themselves, over fixed answers: every state that a good day does not show, each page's accessibility in
// both themes and three languages, and what the keys send for each of the six bodies. Needs `npm run build`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { serve } from '../tests/fixture/server.mjs';
import { BODIES, grave, launch, LOCALES, openPage } from './browser';

let browser: Browser;
beforeAll(async () => { browser = await launch(); });
afterAll(async () => { await browser.close(); });

const SUPERVISOR = { role: 'supervisor', agency: null };
const PAGES: { name: string; path: string; options: object; see: string; width?: number; height?: number }[] = [
	{ name: 'login', path: '/login', options: { out: true }, see: 'input[name=password]' },
	{ name: 'queue', path: '/queue', options: {}, see: 'tbody tr' },
	{ name: 'queue, empty', path: '/queue', options: { state: 'empty' }, see: '.note' },
	{ name: 'queue, overload', path: '/queue', options: { state: 'overload' }, see: 'p.overdue' },
	{ name: 'queue, the centre refuses', path: '/queue', options: { state: 'error' }, see: '[role=alert]' },
	{ name: 'case', path: '/case/CN05-18204', options: {}, see: '.acts button' },
	{ name: 'case, not mine to see', path: '/case/XX-1', options: {}, see: '.note' },
	{ name: 'case, papers', path: '/case/CN05-18204', options: { me: { agency: 'veterinary' } }, see: '.papers' },
	{ name: 'case, refused', path: '/case/CN01-33', options: {}, see: 'section.end.refused' },
	{ name: 'wall', path: '/wall', options: { me: SUPERVISOR }, see: '.map svg', width: 1920, height: 1080 },
	{ name: 'shift', path: '/shift', options: { me: SUPERVISOR }, see: 'tbody tr' },
	{ name: 'time', path: '/time', options: { me: SUPERVISOR }, see: '[aria-pressed=true]' },
	{ name: 'time, empty', path: '/time', options: { me: SUPERVISOR, state: 'empty' }, see: '.note + .note, section .note' },
	{ name: 'time, the centre refuses', path: '/time', options: { me: SUPERVISOR, state: 'error' }, see: '[role=alert]' },
	{ name: 'time, a broken plan hides no measurement', path: '/time', options: { me: SUPERVISOR, state: 'overload' }, see: '[role=alert] ~ p, table ~ .foot, .foot' },
	{ name: 'search', path: '/search', options: {}, see: '#q' },
	{ name: 'lane', path: '/lane', options: { role: 'checkpoint' }, see: 'article' },
	{ name: 'driver, one truck', path: '/lane/display/1', options: { role: 'checkpoint' }, see: '[data-say=hold]', width: 1920, height: 1080 },
	{ name: 'driver, three trucks and one behind', path: '/lane/display/1', options: { role: 'checkpoint', state: 'overload' }, see: '[data-say=barrier]', width: 1920, height: 1080 },
	{ name: 'driver, empty lane, upright', path: '/lane/display/1', options: { role: 'checkpoint', state: 'empty' }, see: 'section svg', width: 1080, height: 1920 },
	{ name: 'portal', path: '/portal', options: { me: { role: 'carrier', agency: null } }, see: 'form', width: 390, height: 844 },
	{ name: 'design', path: '/design', options: {}, see: '.both' }
];

// One page object for the three languages: what the browser has compiled once is not compiled again.
test.concurrent.each(PAGES)('$name: words in three languages, nothing grave for axe by night and by day, no error', async ({ path, options, see, width, height }) => {
	const server = await serve(options);
	const { page, errors, close } = await openPage(browser, server.url + path, { locale: 'kk', theme: 'night', width, height });
	for (const [locale, theme] of [['kk', 'night'], ['ru', 'day'], ['en', 'night']] as const) {
		if (locale !== 'kk') {
			await page.evaluate(([l, t]) => { localStorage.setItem('beket.locale', l); localStorage.setItem('beket.theme', t); }, [locale, theme] as const);
			await page.reload();
		}
		await page.waitForSelector(see);
		expect(await page.getAttribute('html', 'lang')).toBe(locale);
		// Structure is the same in each language; colours are those of the theme.
		if (locale !== 'en') expect(await grave(page), `${locale} ${theme}`).toEqual([]);
		// A key that shows itself is a key without a text.
		expect((await page.innerText('body')).match(/\b(agency|stage|status|problem|finding|queue|decide|reason)-[a-z][a-z_-]+/g), locale).toBeNull();
	}
	expect(errors).toEqual([]);
	await close();
	await server.close();
});

describe.concurrent('deciding by keyboard', () => {
	// Each waits out the ten seconds; all six do it at once.
	test.concurrent.for(BODIES)('%s: inspect, undo, hold until and for whom, sent after the delay', async (agency, { expect }) => {
		const server = await serve({ me: { agency } });
		const { page, errors, close } = await openPage(browser, `${server.url}/queue`, { locale: 'ru' });
		await page.waitForSelector('tbody tr');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/case/**');
		await page.waitForSelector('.acts button');
		await page.keyboard.press('KeyI');
		await page.keyboard.press('Digit1');
		await page.keyboard.press('Enter');
		await page.waitForSelector('.count');
		await page.keyboard.press('Control+KeyZ');
		await page.waitForSelector('.count', { state: 'detached' });
		for (let n = 0; n < 2; n += 1) await page.keyboard.press('Escape');
		for (const key of ['KeyH', 'Digit1', 'Digit2', 'Digit1', 'Enter']) await page.keyboard.press(key);
		await page.waitForSelector('.count');
		expect(server.it.decisions).toEqual([]);
		await expect.poll(() => server.it.decisions.length, { timeout: 15_000 }).toBe(1);
		const [sent] = server.it.decisions;
		expect(sent.decision.hold.for_whom).toBe('customs');
		expect(sent.decision.hold.until).toBeGreaterThan(0);
		expect(sent.reason).toMatch(/^[CTPVFS]-11$/);
		expect(sent.answers.length).toBeGreaterThan(0);
		expect(errors).toEqual([]);
		await close();
		await server.close();
	});

	test('the letters act by their place: a Cyrillic layout works', async () => {
		const server = await serve();
		const { page, close } = await openPage(browser, `${server.url}/case/CN01-20117`, { locale: 'kk' });
		await page.waitForSelector('.acts button');
		for (const [key, at] of [['к', 'KeyR'], ['1', 'Digit1'], ['Enter', 'Enter']]) await page.evaluate(([k, c]) => window.dispatchEvent(new KeyboardEvent('keydown', { key: k, code: c, bubbles: true })), [key, at]);
		await page.waitForSelector('.count');
		await close();
		await server.close();
	});

	test('release is off until the layer that the procedure names, and says why', async () => {
		const server = await serve();
		const { page, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		expect(await page.getAttribute('.acts button >> nth=0', 'aria-disabled')).toBe('true');
		await page.keyboard.press('KeyR');
		expect(await page.innerText('.ask')).toContain('the image has not arrived far enough');
		await close();
		await server.close();
	});

	test('refusal asks a second person, and nothing is sent without', async ({ expect }) => {
		const server = await serve();
		const { page, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		for (const key of ['KeyF', 'Digit1', 'Enter']) await page.keyboard.press(key);
		await page.waitForSelector('.sign');
		expect(await page.locator('.count').count()).toBe(0);
		await page.keyboard.type('o-11');
		await page.keyboard.press('Tab');
		await page.keyboard.type('secret');
		await page.keyboard.press('Enter');
		await page.waitForSelector('.opt.go');
		await page.locator('.opt.go').click();
		await page.getByText('Send now').click();
		await expect.poll(() => server.it.decisions.length).toBe(1);
		expect(server.it.decisions[0].second).toEqual({ name: 'o-11', password: 'secret' });
		await close();
		await server.close();
	});

	test('an alarm is adjudicated by keys; Escape leaves the form and not the case', async ({ expect }) => {
		const server = await serve();
		const { page, errors, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		await page.keyboard.press('KeyD');
		await page.waitForSelector('.adjudication .said');
		await page.keyboard.press('KeyJ');
		await page.waitForSelector('.adjudication form');
		await page.keyboard.press('Escape');
		await page.waitForSelector('.adjudication form', { state: 'detached' });
		expect(page.url()).toContain('/case/');
		await page.keyboard.press('KeyJ');
		await page.waitForSelector('.adjudication form');
		expect(await grave(page)).toEqual([]);
		await page.keyboard.press('Space');
		for (let n = 0; n < 3; n += 1) await page.keyboard.press('ArrowDown');
		for (let n = 0; n < 1; n += 1) await page.keyboard.press('Tab');
		await page.keyboard.type('k40');
		await page.keyboard.press('Enter');
		await expect.poll(() => server.it.remarks).toEqual([{ passage: 'CN05-18204', k: 'adjudicated', answers: [1], code: 4, isotopes: ['K-40'] }]);
		await page.waitForSelector('.adjudication form', { state: 'detached' });
		expect(errors).toEqual([]);
		await close();
		await server.close();
	});

	test('what the centre refuses stays on the screen with its reason', async () => {
		const server = await serve({ refuse: 'decision.stale' });
		const { page, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		for (const key of ['KeyI', 'Digit1', 'Enter']) await page.keyboard.press(key);
		await page.getByText('Send now').click();
		await page.getByText('The findings have changed since you looked').waitFor();
		await close();
		await server.close();
	});

	test('an order names its findings', async ({ expect }) => {
		const server = await serve();
		const { page, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		for (const key of ['KeyO', 'Digit2', 'Enter']) await page.keyboard.press(key);
		await page.getByText('Send now').click();
		await expect.poll(() => server.it.orders).toEqual([{ passage: 'CN05-18204', kind: 'handheld_check', about: [1, 2, 4] }]);
		await close();
		await server.close();
	});
});

describe.concurrent('green is a promise', () => {
	test('what was answered, found or refused carries no green, and its severity stays', async ({ expect }) => {
		const server = await serve();
		const { page, close } = await openPage(browser, `${server.url}/case/CN01-33`);
		await page.waitForSelector('section.end.refused');
		expect(await page.locator('.fi .clear').count()).toBe(0);
		expect(await page.locator('.fi.alarm .sev .alarm').count()).toBe(2);
		expect(await page.locator('.fi .refused').count()).toBe(2);
		expect(await page.locator('.fi .answered').allInnerTexts()).toEqual([expect.stringContaining('passage permitted: you + o-11'), expect.stringContaining('suspended: o-11')]);
		expect(await page.locator('.bo .found').innerText()).toContain('found');
		expect(await page.locator('.tl li').nth(1).locator('.alarm, .refused').count()).toBe(2);
		expect(await page.locator('.tl li .clear').count()).toBe(0);
		expect(await page.locator('.tl li .done').count()).toBe(1);
		await close();
		await server.close();
	});
	test('what a role may not see is drawn as that, never as none', async ({ expect }) => {
		const server = await serve({ me: { role: 'administrator', agency: null }, blind: true });
		const { page, close } = await openPage(browser, `${server.url}/wall`, { width: 1920, height: 1080 });
		await page.waitForSelector('.lower .unseen');
		expect(await page.locator('.lower').innerText()).not.toContain('nothing overdue');
		expect(await page.locator('.lower .unseen').count()).toBe(2);
		await close();
		await server.close();
	});
	test('a body that may not see a machine is not told that nothing was measured', async ({ expect }) => {
		const server = await serve({ me: { agency: 'veterinary' }, blind: true });
		const { page, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		await page.keyboard.press('KeyX');
		await page.waitForSelector('.machines .unseen');
		expect(await page.locator('.machines .head .unseen').count()).toBe(2);
		expect(await page.locator('.tl li .unseen').count()).toBe(2);
		await page.keyboard.press('KeyD');
		await page.locator('.panel .note.unseen, .panel .unseen').first().waitFor();
		await close();
		await server.close();
	});
	test('search says of no truck that nothing was found', async ({ expect }) => {
		const server = await serve();
		const { page, close } = await openPage(browser, `${server.url}/search`);
		await page.fill('#q', 'B4471');
		await page.locator('li').first().waitFor();
		interface Row { worst: unknown; worst_hidden: boolean; found: boolean; stages_done: boolean }
		const rows = await page.evaluate(async () => (await (await fetch('/api/search?q=B4471')).json()) as Row[]);
		const clear = rows.filter((it) => it.worst === null && !it.worst_hidden && !it.found && it.stages_done).length;
		expect(clear).toBeLessThan(rows.length);
		expect(await page.locator('li a > span:nth-of-type(5) .clear').count()).toBe(clear);
		await close();
		await server.close();
	});
	test('at the lane an answered finding keeps its severity', async ({ expect }) => {
		const server = await serve({ role: 'checkpoint' });
		const { page, close } = await openPage(browser, `${server.url}/lane`);
		await page.waitForSelector('article');
		expect(await page.locator('article .two .clear').count()).toBe(0);
		expect(await page.locator('.how .refused').count()).toBe(1);
		await close();
		await server.close();
	});
});

describe.concurrent('the watch', () => {
	test('an alarm is silenced by two keys and with a reason; a digit is then no row; the others stay', async ({ expect }) => {
		const server = await serve({ state: 'overload' });
		const { page, close } = await openPage(browser, `${server.url}/queue`);
		await page.getByText('3 alarms').waitFor();
		await page.keyboard.press('KeyA');
		await page.waitForSelector('.alarms .set');
		await page.keyboard.press('Digit2');
		await page.locator('.alarms .line').getByText('2 alarms').waitFor();
		expect(server.it.silenced).toMatchObject([{ checkpoint: 'CN05', passage: 'CN05-18204', what: 'radiation.gamma_alarm', reason: 'known_fault' }]);
		expect(page.url()).toContain('/queue');
		await close();
		await server.close();
	});

	test('inside a case a new alarm is one line; all of them open by Shift A, each with its own silence', async ({ expect }) => {
		const server = await serve();
		const { page, errors, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		expect(await page.locator('.alarms').count()).toBe(0);
		server.it.state = 'overload';
		server.tell(['queue'], []);
		await page.waitForSelector('.alarms');
		expect((await page.locator('.alarms .line').boundingBox())?.height).toBe(28);
		const bar = await page.locator('.acts').boundingBox();
		expect(bar && bar.y + bar.height).toBeLessThanOrEqual(800);
		await page.keyboard.press('Shift+KeyA');
		expect(await page.locator('.alarms li').count()).toBe(4);
		expect(await grave(page)).toEqual([]);
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('KeyA');
		await page.keyboard.press('Digit1');
		await page.locator('.alarms .line').getByText('2 alarms').waitFor();
		expect(server.it.silenced).toMatchObject([{ passage: 'CN01-20117', reason: 'in_hand' }]);
		expect(await page.locator('.alarms li').count()).toBe(4);
		await page.keyboard.press('Escape');
		expect(page.url()).toContain('/case/');
		expect(await page.locator('.alarms li').count()).toBe(0);
		expect(errors).toEqual([]);
		await close();
		await server.close();
	});

	test('a test of equipment is said by two people', async ({ expect }) => {
		const server = await serve({ state: 'overload' });
		const { page, close } = await openPage(browser, `${server.url}/search`);
		await page.waitForSelector('.alarms');
		await page.locator('h1').click();
		await page.keyboard.press('KeyA');
		await page.keyboard.press('Digit4');
		await page.waitForSelector('.alarms form');
		expect(server.it.silenced).toEqual([]);
		await page.keyboard.type('o-11');
		await page.keyboard.press('Tab');
		await page.keyboard.type('wrong');
		await page.keyboard.press('Enter');
		await page.waitForSelector('.alarms .why');
		await page.fill('.alarms input[type=password]', 'right');
		await page.keyboard.press('Enter');
		await page.getByText('2 alarms').waitFor();
		expect(server.it.silenced).toMatchObject([{ reason: 'test', second: { name: 'o-11', password: 'right' } }]);
		await close();
		await server.close();
	});

	test('only what is overdue and was not drawn again is drawn again, with a reason and by nobody\'s choice', async ({ expect }) => {
		const server = await serve({ me: SUPERVISOR });
		const { page, close } = await openPage(browser, `${server.url}/shift`);
		await page.getByText('This case has been drawn again already').waitFor();
		const again = page.getByRole('button', { name: 'Draw again' });
		expect(await again.count()).toBe(2);
		await again.first().click();
		await page.keyboard.press('Digit4');
		await page.getByText('CN03-771 is drawn again').waitFor();
		expect(server.it.redrawn).toEqual([{ passage: 'CN03-771', agency: 'customs', reason: 'takes_too_long' }]);
		await close();
		await server.close();
	});
});

describe.concurrent('the lane', () => {
	test('an order is started from the screen, so that the next reading is that vehicle\'s', async ({ expect }) => {
		const server = await serve({ role: 'checkpoint' });
		const { page, close } = await openPage(browser, `${server.url}/lane`, { locale: 'en' });
		await page.getByRole('button', { name: 'Start an order' }).first().click();
		const form = page.locator('form');
		expect(await form.locator('select').inputValue()).toBe('centre/12');
		await form.locator('input').first().fill('aigul');
		await form.locator('input[type=password]').fill('0000');
		const sent = page.waitForRequest((it) => it.method() === 'POST' && it.url().endsWith('/api/lane/passages/CN05-18204/order/centre/12/start'));
		await form.getByRole('button').click();
		await sent;
		// The lane's server refused the PIN: the page says so beside the form.
		await page.locator('[role=status]').first().waitFor();
		await close();
		await server.close();
	});
	test('trucks moved aside are one folded line under the truck at the barrier', async ({ expect }) => {
		const server = await serve({ role: 'checkpoint', state: 'overload' });
		const { page, close } = await openPage(browser, `${server.url}/lane`);
		await page.waitForSelector('article');
		expect(await page.locator('article:visible').count()).toBe(1);
		expect(await page.locator('article:visible').innerText()).toContain('CN05-18204');
		expect(await page.locator('summary').innerText()).toContain('3 moved aside');
		expect(await page.locator('summary .alarm').count()).toBe(1);
		expect(await grave(page)).toEqual([]);
		await page.locator('summary').click();
		expect(await page.locator('article:visible').count()).toBe(4);
		await close();
		await server.close();
	});
});

describe.concurrent('the driver\'s display', () => {
	test('four languages, the one of the plate large; nothing is cut off; an old sign sends nobody anywhere', async ({ expect }) => {
		const server = await serve({ role: 'checkpoint', state: 'overload' });
		const { page, errors, close } = await openPage(browser, `${server.url}/lane/display/1`, { width: 1920, height: 1080 });
		await page.waitForSelector('[data-say=documents]');
		expect(await page.locator('section').count()).toBe(3);
		expect(await page.locator('[data-say=documents] .large').innerText()).toBe('请出示证件和随车单据。');
		expect(await page.locator('[data-say=documents] .rest').innerText()).toContain('Предъявите документы.');
		expect(await page.locator('[data-say=drive] .large').innerText()).toBe('Въезжайте на весы и остановитесь.');
		for (const [width, height] of [[1920, 1080], [1280, 720], [1080, 1920]] as const) {
			await page.setViewportSize({ width, height });
			const cut = await page.evaluate(() => [...document.querySelectorAll('section')].filter((it) => it.scrollHeight > it.clientHeight + 1 || it.scrollWidth > it.clientWidth + 1).length);
			expect(cut, `${width} x ${height}`).toBe(0);
		}
		server.it.state = 'offline';
		server.cut();
		await page.getByText('No connection. Ask the officer.').waitFor();
		expect(await page.locator('[data-say]').count()).toBe(0);
		server.it.state = 'overload';
		await page.waitForSelector('[data-say=documents]', { timeout: 20_000 });
		expect(errors).toEqual([]);
		await close();
		await server.close();
	});
});

describe.concurrent('the queue', () => {
	test('three grades of lateness; a row says its worst finding; N goes round and Shift N back', async ({ expect }) => {
		const server = await serve({ state: 'late' });
		const { page, close } = await openPage(browser, `${server.url}/queue`);
		await page.waitForSelector('tbody tr');
		expect(await page.locator('tbody tr .due .status').evaluateAll((all) => all.slice(0, 3).map((it) => it.className.split(' ')[1]))).toEqual(['escalated', 'muchlate', 'overdue']);
		expect(await page.locator('tbody tr').first().innerText()).toContain('for the supervisor');
		expect(await page.locator('tbody tr').nth(1).innerText()).toContain('Gamma alarm');
		const seen: string[] = [];
		for (let n = 0; n < 4; n += 1) {
			await page.keyboard.press('KeyN');
			await page.waitForURL((url) => url.pathname.startsWith('/case/') && url.pathname !== seen.at(-1));
			await page.waitForSelector('.acts button');
			seen.push(new URL(page.url()).pathname);
		}
		expect(new Set(seen).size).toBe(4);
		await page.keyboard.press('Shift+KeyN');
		await page.waitForURL(`**${seen[2]}`);
		await close();
		await server.close();
	});
});

describe.concurrent('the line', () => {
	test('a cut line is said, and so is its return; the session goes on', async () => {
		const server = await serve();
		const { page, close } = await openPage(browser, `${server.url}/queue`);
		await page.getByText('live', { exact: true }).waitFor();
		server.it.state = 'offline';
		server.cut();
		await page.getByText(/^(stale|offline) /).first().waitFor();
		await page.getByText(/No connection to the centre/).waitFor({ timeout: 20_000 });
		server.it.state = 'normal';
		await page.getByText(/The centre is back/).waitFor({ timeout: 20_000 });
		await page.getByText('Your session went on').waitFor();
		await close();
		await server.close();
	});

	test('nobody logged in is sent to the login; a wrong password is said', async () => {
		const server = await serve({ out: true });
		const { page, close } = await openPage(browser, `${server.url}/queue`, { locale: 'ru' });
		await page.waitForURL('**/login?to=%2Fqueue');
		await page.fill('input[name=name]', 'customs');
		await page.fill('input[name=password]', 'wrong');
		await page.keyboard.press('Enter');
		await page.getByText('Неверное имя или пароль').waitFor();
		await page.fill('input[name=password]', 'right');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/queue');
		await close();
		await server.close();
	});
});

describe.concurrent('the session', () => {
	test('a lost session says so, leads to the log-in and back to the same case', async ({ expect }) => {
		const server = await serve();
		const { page, errors, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		server.it.ended = true;
		server.cut();
		await page.waitForURL('**/login?to=%2Fcase%2FCN05-18204');
		await page.getByText('Your session has ended').waitFor();
		expect(await grave(page)).toEqual([]);
		await page.fill('input[name=name]', 'customs');
		await page.fill('input[name=password]', 'right');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/case/CN05-18204');
		await page.waitForSelector('.acts button');
		await page.getByText('live', { exact: true }).waitFor({ state: 'attached' });
		expect(errors).toEqual([]);
		await close();
		await server.close();
	});
	test('a link to a case survives the log-in; a link to elsewhere does not', async () => {
		const server = await serve({ out: true });
		for (const [path, end] of [['/case/CN01-20117', '**/case/CN01-20117'], ['/login?to=//example.org', '**/queue']] as const) {
			server.it.me = null;
			const { page, close } = await openPage(browser, server.url + path);
			await page.fill('input[name=name]', 'customs');
			await page.fill('input[name=password]', 'right');
			await page.keyboard.press('Enter');
			await page.waitForURL(end);
			await close();
		}
		await server.close();
	});
	test('the second person is told at once what is wrong', async ({ expect }) => {
		const server = await serve({ seconds: { 'o-8': 'customs', 'o-11': 'transport_control' } });
		const { page, close } = await openPage(browser, `${server.url}/case/CN05-18204`);
		await page.waitForSelector('.acts button');
		for (const key of ['KeyF', 'Digit1']) await page.keyboard.press(key);
		await page.waitForSelector('.sign');
		await page.keyboard.type('o-8');
		await page.keyboard.press('Tab');
		await page.keyboard.type('wrong');
		await page.keyboard.press('Tab');
		await page.locator('.check').getByText('Name or PIN is wrong').waitFor();
		await page.fill('.sign input[type=password]', 'right');
		await page.keyboard.press('Enter');
		await page.locator('.check').getByText('same body as you').waitFor();
		expect(await page.locator('.opt.go').count()).toBe(0);
		await page.locator('.sign input').first().focus();
		await page.keyboard.type('o-11');
		expect(await page.inputValue('.sign input >> nth=0')).toBe('o-11');
		await page.locator('.sign input[type=password]').focus();
		await page.keyboard.press('Enter');
		await page.waitForSelector('.opt.go');
		await close();
		await server.close();
	});
});

describe.concurrent('one ruler', () => {
	test('X-ray, radiation and axles share left edge and width, at every size of the window', async () => {
		const server = await serve();
		for (const [width, height] of [[1280, 800], [1920, 1080]] as const) {
			const { page, close } = await openPage(browser, `${server.url}/case/CN05-18204`, { width, height });
			await page.waitForSelector('.machines .chart svg');
			const edges = await page.evaluate(() => [...document.querySelectorAll('.machines > svg, .machines .canvas, .machines .chart > svg')].map((it) => { const r = it.getBoundingClientRect(); return [Math.round(r.left), Math.round(r.width)].join(); }));
			expect(new Set(edges).size).toBe(1);
			// Nothing scrolls and the decision bar is in view.
			const bar = await page.locator('.acts').boundingBox();
			expect(bar && bar.y + bar.height).toBeLessThanOrEqual(height);
			await close();
		}
		await server.close();
	});
	test('numbers are in three languages at the same place', async () => {
		const server = await serve();
		for (const locale of LOCALES) {
			const { page, close } = await openPage(browser, `${server.url}/case/CN05-18204`, { locale });
			await page.getByText(locale === 'en' ? '48.38 t' : '48,38 т').first().waitFor();
			await close();
		}
		await server.close();
	});
});
