// The workstation against a real, running demo: the six bodies log in, take cases drawn to them, decide by keyboard, and
// the barrier opens while the test watches; then every page in three languages, and a carrier's notice. The demo is
// found by its folder (BEKET_DEMO, with demo.json in it) or by address (BEKET_URL, and BEKET_LANE for a checkpoint's own
// screen). Accounts are the demo's; BEKET_PASSWORD says another password. Skipped, and said so, without a demo.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { BODIES, grave, launch, LOCALES, openPage } from './browser';

interface DemoFile { centre: string; lanes: { http: string }[] }
interface CaseShown { decisions: { decision: { agency: string } }[]; ended: { how: string } | null; facts: { kind: string }[]; notification: { id: string } | null; waiting_for: { whom: string }[] }

const demo = process.env.BEKET_DEMO ? (JSON.parse(readFileSync(`${process.env.BEKET_DEMO}/demo.json`, 'utf8')) as DemoFile) : null;
const url = (process.env.BEKET_URL ?? demo?.centre)?.replace(/\/$/, '');
const lane = process.env.BEKET_LANE ?? demo?.lanes[0]?.http;
const password = process.env.BEKET_PASSWORD ?? 'beket-demo-2026';
const CASE_WITHIN_MS = Number(process.env.BEKET_CASE_WITHIN_MS ?? 240_000);
if (!url) console.warn('skipped: no running demo; set BEKET_DEMO or BEKET_URL to run the end-to-end tests against it');

const account = (body: string) => process.env[`BEKET_ACCOUNT_${body.toUpperCase()}`] ?? `o-${body.replace(/_/g, '-')}-1`;
/** Passages whose barrier opened before the eyes of the officer who released them. */
const left: { passage: string; body: string }[] = [];
/** A passage that customs had on the screen, for the tests after. */
let known = '';

async function login(page: Page, name: string) {
	await page.waitForSelector('input[name=name]');
	await page.fill('input[name=name]', name);
	await page.fill('input[name=password]', password);
	await page.keyboard.press('Enter');
	await page.waitForURL(/\/(queue|wall|portal)/);
}
const shown = (page: Page, passage: string): Promise<CaseShown> => page.evaluate(async (id) => (await fetch(`/api/cases/${id}`)).json(), passage);

/** From the queue: the next case by the draw, decided by keys alone. */
async function decideNext(page: Page, body: string): Promise<string> {
	await page.waitForSelector('tbody tr:not(.other):not(.hold)', { timeout: CASE_WITHIN_MS });
	await page.keyboard.press('KeyN');
	await page.waitForURL('**/case/**');
	const passage = page.url().split('/').at(-1) ?? '';
	await page.waitForSelector('.acts button[aria-disabled=false]');
	// Release as soon as nothing forbids it; the image that it waits for was asked for when the case was opened.
	const clear = await page.waitForSelector('.acts button:first-child[aria-disabled=false]', { timeout: 15_000 }).then(() => true, () => false);
	for (const key of clear ? ['KeyR', 'Digit1'] : ['KeyH', 'Digit1', 'Digit1', `Digit${BODIES.indexOf(body as (typeof BODIES)[number]) + 1}`]) await page.keyboard.press(key);
	await page.waitForSelector('.sign, .opt.go');
	if (await page.locator('.sign').count()) {
		await page.keyboard.type(account(body === 'customs' ? 'transport_control' : 'customs'));
		await page.keyboard.press('Tab');
		await page.keyboard.type(password);
		await page.keyboard.press('Enter');
		await page.waitForSelector('.opt.go');
		await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
	}
	await page.keyboard.press('Enter');
	await page.waitForSelector('.count');
	await page.getByText(/Recorded at the centre, no\. \d+/).waitFor({ timeout: 30_000 });
	return passage;
}

describe.skipIf(!url)('the real centre', () => {
	let browser: Browser;
	beforeAll(async () => { browser = await launch(); });
	afterAll(async () => { await browser.close(); });

	// All six at the same time, as on a shift: a truck leaves when each body that is concerned has said its word.
	test.concurrent.each(BODIES)('%s takes a case and decides it by keyboard', async (body) => {
		const { page, errors, close } = await openPage(browser, `${url}/login`, { locale: 'en' });
		await login(page, account(body));
		const until = performance.now() + CASE_WITHIN_MS;
		do {
			const passage = await decideNext(page, body);
			if (body === 'customs') known = passage;
			const it = await shown(page, passage);
			expect(it.decisions.map((d) => d.decision.agency).length).toBeGreaterThan(0);
			// Nobody else to wait for: the permit is given, the arm rises and the page says so by itself.
			if (!it.waiting_for.some((w) => /^(agency|hold|order)/.test(w.whom)) && (await page.locator('section.end').waitFor({ timeout: 45_000 }).then(() => true, () => false))) left.push({ passage, body });
			await page.goto(`${url}/queue`);
		} while (left.length === 0 && performance.now() < until);
		expect(errors).toEqual([]);
		await close();
	}, 2 * CASE_WITHIN_MS + 60_000);

	test('the barrier opened for a truck that was released by keyboard', async () => {
		expect(left.length).toBeGreaterThan(0);
		const [{ passage, body }] = left as [{ passage: string; body: string }];
		const { page, close } = await openPage(browser, `${url}/login`, { locale: 'en' });
		await login(page, account(body));
		const it = await shown(page, passage);
		expect(it.ended?.how).toBe('departed');
		const kinds = it.facts.map((f) => f.kind);
		expect(kinds.indexOf('barrier_opened')).toBeGreaterThan(kinds.indexOf('exit_permitted'));
		expect(kinds).not.toContain('barrier_opened_unpermitted');
		await close();
	});

	test.each(LOCALES)('every page in %s has words for all it shows, and nothing grave for axe', async (locale) => {
		const { page, errors, close } = await openPage(browser, `${url}/login`, { locale, width: 1920, height: 1080 });
		const look = async (at: string) => {
			await page.waitForSelector('main h1, main h2', { state: 'attached' });
			await page.waitForSelector('text=/CN0|Beket/');
			expect(await grave(page), at).toEqual([]);
			expect((await page.innerText('body')).match(/\b(agency|stage|status|problem|finding|wall|whom|unit|decide|device|value|order|ended)-[a-z][a-z_-]+/g), at).toBeNull();
		};
		await look('/login');
		await login(page, account('customs'));
		for (const path of ['/queue', `/case/${known}`, '/search']) { await page.goto(url + path); await look(path); }
		for (const [name, path] of [['supervisor', '/wall'], ['carrier', '/portal']] as const) {
			await page.context().clearCookies();
			await page.goto(`${url}/login`);
			await login(page, name);
			await page.goto(url + path);
			await look(path);
		}
		if (lane) for (const path of ['/lane', '/lane/display/1']) { await page.goto(lane + path); await look(path); }
		expect(errors).toEqual([]);
		await close();
	});

	test('a carrier lodges a notice on a phone and sees what a truck waits for', async () => {
		const { page, errors, close } = await openPage(browser, `${url}/login`, { locale: 'en', theme: 'day', width: 390, height: 844 });
		await login(page, 'carrier');
		await page.getByRole('button', { name: 'Lodge advance information' }).click();
		const fields = { 'Tractor plate': '318KBA16', Carrier: 'Zaisan Trans', Driver: 'ZHUNUSOV E', 'HS code': '271019', Goods: 'Lubricating oil', 'Gross, kg': '23720', 'Net, kg': '23000' };
		for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
		await page.getByRole('button', { name: 'Lodge', exact: true }).click();
		await page.getByText('The truck has not arrived yet').waitFor();
		expect(await page.innerText('.truck')).toContain('318KBA16');
		expect(errors).toEqual([]);
		await close();
	});
});
