// One browser for all pages, the way an officer uses it: real keys, real layouts. Against a running server
// (BEKET_URL) or, for the states of the page alone, against the fixture server of tests/fixture.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';

export const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
export const LOCALES = ['kk', 'ru', 'en'] as const;
export const BODIES = ['customs', 'transport_control', 'road_police', 'veterinary', 'phytosanitary', 'sanitary_quarantine'] as const;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: process.env.BEKET_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

export async function openPage(browser: Browser, url: string, options: { locale?: string; theme?: string; width?: number; height?: number } = {}): Promise<{ page: Page; errors: string[]; close: () => Promise<void> }> {
	const context = await browser.newContext({ viewport: { width: options.width ?? 1280, height: options.height ?? 800 } });
	const page = await context.newPage();
	const errors: string[] = [];
	page.on('pageerror', (it) => errors.push(it.message));
	await page.addInitScript(({ locale, theme }) => {
		if (!localStorage.getItem('beket.locale')) localStorage.setItem('beket.locale', locale);
		if (theme && !localStorage.getItem('beket.theme')) localStorage.setItem('beket.theme', theme);
	}, { locale: options.locale ?? 'en', theme: options.theme ?? '' });
	await page.goto(url);
	await page.waitForSelector('main h1, main h2, main [role=status], main [role=alert]', { state: 'attached' });
	return { page, errors, close: () => context.close() };
}

/** What axe calls serious or critical, as lines that name rule and element. */
export async function grave(page: Page): Promise<string[]> {
	await page.evaluate(axe);
	return page.evaluate(async () => {
		const run = (window as unknown as { axe: { run: (o: unknown) => Promise<{ violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe;
		const { violations } = await run.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
		return violations.filter((it) => ['serious', 'critical'].includes(it.impact)).flatMap((it) => it.nodes.map((n) => `${it.id}: ${n.html.slice(0, 160)} ${n.failureSummary.replace(/\s+/g, ' ').slice(0, 220)}`));
	});
}
