// The workstation against a real, running centre (BEKET_URL, for instance the one `cargo xtask demo` prints): each of
// the six bodies logs in, takes a case, decides it by keyboard, and the centre has it in its ledger; then every page in
// three languages. Accounts are the demo's; BEKET_PASSWORD says another password. Skipped, and said so, without BEKET_URL.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { BODIES, grave, launch, LOCALES, openPage } from './browser';

const url = process.env.BEKET_URL?.replace(/\/$/, '');
const password = process.env.BEKET_PASSWORD ?? 'beket-demo-2026';
const CASE_WITHIN_MS = Number(process.env.BEKET_CASE_WITHIN_MS ?? 240_000);
if (!url) console.warn('skipped: no running centre; set BEKET_URL to run the end-to-end tests against it');

const account = (body: string) => process.env[`BEKET_ACCOUNT_${body.toUpperCase()}`] ?? `o-${body.replace(/_/g, '-')}-1`;

async function login(page: Page, name: string) {
	await page.waitForSelector('input[name=name]');
	await page.fill('input[name=name]', name);
	await page.fill('input[name=password]', password);
	await page.keyboard.press('Enter');
	await page.waitForURL(/\/(queue|wall|portal)/);
}

describe.skipIf(!url)('the real centre', () => {
	let browser: Browser;
	beforeAll(async () => { browser = await launch(); });
	afterAll(async () => { await browser.close(); });

	// All six wait at the same time: whose truck comes first is the demo's to say.
	test.concurrent.each(BODIES)('%s takes a case and decides it by keyboard', async (body) => {
		const { page, errors, close } = await openPage(browser, `${url}/login`, { locale: 'en' });
		await login(page, account(body));
		await page.waitForSelector('tbody tr:not(.other):not(.hold)', { timeout: CASE_WITHIN_MS });
		await page.keyboard.press('KeyN');
		await page.waitForURL('**/case/**');
		const passage = page.url().split('/').at(-1) ?? '';
		await page.waitForSelector('.acts button[aria-disabled=false]');
		// Release when nothing forbids it, else a hold for this body: both are decisions an officer makes.
		const clear = (await page.getAttribute('.acts button >> nth=0', 'aria-disabled')) === 'false';
		for (const key of clear ? ['KeyR', 'Digit1'] : ['KeyH', 'Digit1', 'Digit1', String(`Digit${BODIES.indexOf(body) + 1}`)]) await page.keyboard.press(key);
		if (await page.locator('.sign').count()) {
			await page.keyboard.type(account(body === 'customs' ? 'transport_control' : 'customs'));
			await page.keyboard.press('Tab');
			await page.keyboard.type(password);
			await page.keyboard.press('Enter');
			await page.locator('.opt.go').click();
		} else await page.keyboard.press('Enter');
		await page.waitForSelector('.count');
		await page.getByText(/Recorded at the centre, no\. \d+/).waitFor({ timeout: 20_000 });
		const decisions = await page.evaluate(async (id) => (await (await fetch(`/api/cases/${id}`)).json()).decisions, passage);
		expect(decisions.map((it: { decision: { agency: string } }) => it.decision.agency)).toContain(body);
		expect(errors).toEqual([]);
		await close();
	}, CASE_WITHIN_MS + 60_000);

	test.each(LOCALES)('every page in %s has words for all it shows, and nothing grave for axe', async (locale) => {
		const { page, errors, close } = await openPage(browser, `${url}/login`, { locale, width: 1920, height: 1080 });
		await login(page, 'supervisor');
		for (const path of ['/wall', '/search', '/design']) {
			await page.goto(url + path);
			await page.waitForSelector('main h1, main h2');
			await page.waitForTimeout(500);
			expect(await grave(page), path).toEqual([]);
			expect((await page.innerText('body')).match(/\b(agency|stage|status|problem|finding|wall|whom|unit)-[a-z][a-z_-]+/g), path).toBeNull();
		}
		expect(errors).toEqual([]);
		await close();
	});
});
