// The radiograph in a real browser, under the centre's own policies: decoded beside the page, worked by keyboard, the same
// by WebGL and by canvas, and still a picture where no decoder runs. Needs `npm run build`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { serve } from '../tests/fixture/server.mjs';
import { grave, launch, openPage } from './browser';

let browser: Browser;
beforeAll(async () => { browser = await launch(); });
afterAll(async () => { await browser.close(); });

/** Both energies have arrived as far as "clear" asks. */
const COMPLETE = '/case/CN01-20117';
/** The layer before it is the last one here. */
const PARTLY = '/case/CN05-18204';

type Kind = 'webgl2' | 'canvas';
/** A page on which one way of drawing is left: an imitated WebGL2 is allowed, or none is. */
async function opened(url: string, kind: Kind): Promise<Awaited<ReturnType<typeof openPage>>> {
	const it = await openPage(browser, `${url}/login`, { width: 1280, height: 800 });
	await it.page.addInitScript((wanted) => {
		const real = HTMLCanvasElement.prototype.getContext as (this: HTMLCanvasElement, id: string, o?: object) => unknown;
		HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, id: string, o?: object) {
			if (id !== 'webgl2') return real.call(this, id, o);
			return wanted === 'webgl2' ? real.call(this, id, { ...o, failIfMajorPerformanceCaveat: false }) : null;
		} as typeof HTMLCanvasElement.prototype.getContext;
	}, kind);
	return it;
}
async function showing(page: Page): Promise<void> {
	await page.waitForSelector('.pixels canvas');
	await page.waitForSelector('.canvas .middle', { state: 'detached' });
	await settled(page);
}
/** Two frames later everything asked for is drawn. */
const settled = (page: Page) => page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
/** Grey of the screen's picture, every fourth dot each way, without what lies over it. */
async function greys(page: Page): Promise<number[]> {
	await page.addStyleTag({ content: '.canvas > svg, .canvas .over, .guide { visibility: hidden }' });
	await settled(page);
	const png = (await page.locator('.canvas').screenshot()).toString('base64');
	return page.evaluate(async (data) => {
		const it = new Image();
		it.src = `data:image/png;base64,${data}`;
		await it.decode();
		const canvas = document.createElement('canvas');
		canvas.width = it.width; canvas.height = it.height;
		const context = canvas.getContext('2d')!;
		context.drawImage(it, 0, 0);
		const { data: all } = context.getImageData(0, 0, it.width, it.height);
		const out: number[] = [];
		for (let y = 0; y < it.height; y += 4) for (let x = 0; x < it.width; x += 4) for (let c = 0; c < 3; c += 1) out.push(all[(y * it.width + x) * 4 + c] ?? 0);
		return out;
	}, png);
}
const mean = (of: readonly number[]) => of.reduce((sum, it) => sum + it, 0) / of.length;

describe.concurrent('the radiograph', () => {
	test('canvas and WebGL draw the same, in every way of looking', async ({ expect }) => {
		/** Keys after one another, from the look before. */
		const LOOKS: readonly [string, readonly string[]][] = [['as it opens', []], ['edges, air white', ['KeyE', 'KeyV']], ['local contrast', ['KeyE']], ['matter on white', ['KeyE', 'KeyC']], ['matter', ['KeyV']], ['to the pixel', ['KeyC', 'KeyP', 'KeyP', 'KeyK']]];
		const server = await serve();
		const [gl, canvas] = await Promise.all((['webgl2', 'canvas'] as const).map(async (kind) => {
			const { page, errors, close } = await opened(server.url, kind);
			await page.goto(server.url + COMPLETE);
			await showing(page);
			expect(await page.getByText('drawn without a graphics card').count(), kind).toBe(kind === 'canvas' ? 1 : 0);
			const drawn: number[][] = [];
			for (const [name, keys] of LOOKS) {
				for (const key of keys) await page.keyboard.press(key);
				if (name.startsWith('matter')) await page.waitForSelector('.legend', { state: 'attached' });
				drawn.push(await greys(page));
			}
			expect(errors).toEqual([]);
			await close();
			return drawn;
		}));
		for (const [n, [name]] of LOOKS.entries()) {
			const [a, b] = [gl![n]!, canvas![n]!];
			expect(a.length).toBe(b.length);
			// There is a picture, not a plain surface; and another one than with the keys before.
			expect(Math.sqrt(mean(a.map((it) => it * it)) - mean(a) ** 2), name).toBeGreaterThan(15);
			if (n > 0) expect(mean(a.map((it, k) => Math.abs(it - gl![n - 1]![k]!))), name).toBeGreaterThan(3);
			expect(mean(a.map((it, k) => Math.abs(it - b[k]!))), name).toBeLessThan(1.5);
		}
		await server.close();
	});

	test('a closer look asks the line for the layers that it shows, once', async ({ expect }) => {
		const server = await serve();
		const { page, close } = await openPage(browser, server.url + PARTLY);
		await showing(page);
		const asked = () => server.it.promoted.filter((it: { hash: string }) => it.hash.startsWith('bb')).map((it: { upto_bytes: number }) => it.upto_bytes);
		await expect.poll(asked).toEqual([40050]);
		for (const key of ['KeyK', 'Digit0', 'KeyK']) await page.keyboard.press(key);
		await page.getByText('the rest is asked for').waitFor();
		expect(asked()).toEqual([40050, 172844]);
		await close();
		await server.close();
	});

	test('window by drag and by keys; the preset gives way to what was set', async ({ expect }) => {
		const server = await serve();
		const { page, close } = await openPage(browser, server.url + COMPLETE);
		await showing(page);
		const words = () => page.innerText('.right-top');
		const width = async () => Number(/W ([\d\s\u202f]+?) L/.exec(await words())?.[1]?.replace(/\D/g, ''));
		const before = await width();
		const box = (await page.locator('.canvas').boundingBox())!;
		await page.mouse.move(box.x + 300, box.y + 100);
		await page.mouse.down();
		await page.mouse.move(box.x + 200, box.y + 130, { steps: 4 });
		await page.mouse.up();
		await expect.poll(words).toContain('own window');
		const dragged = await width();
		expect(dragged).toBeLessThan(before);
		await page.keyboard.press('Shift+BracketRight');
		await expect.poll(width).toBeGreaterThan(dragged);
		await page.keyboard.press('KeyP');
		await expect.poll(words).toContain('load');
		await close();
		await server.close();
	});

	test('measured without a mouse, in metres', async ({ expect }) => {
		const server = await serve();
		const { page, close } = await openPage(browser, server.url + COMPLETE);
		await showing(page);
		for (const key of ['KeyM', 'Space', ...Array<string>(50).fill('Shift+ArrowRight'), 'Space', 'Shift+ArrowRight']) await page.keyboard.press(key);
		// Fifty pixels of 20 mm.
		await page.getByText('1.000 m: 1.000 m along, 0.000 m up').waitFor();
		expect(await grave(page)).toEqual([]);
		await page.keyboard.press('KeyM');
		await expect.poll(() => page.getByText('1.000 m').count()).toBe(0);
		await close();
		await server.close();
	});

	test('the loupe says where it is; the radiograph holds the keys only where it stands', async ({ expect }) => {
		const server = await serve();
		const { page, errors, close } = await openPage(browser, server.url + COMPLETE);
		await showing(page);
		await page.keyboard.press('KeyZ');
		await page.getByText('from the front').waitFor();
		expect(await grave(page)).toEqual([]);
		await page.keyboard.press('KeyD');
		await page.waitForSelector('.pixels', { state: 'detached' });
		// The share received stays in view.
		expect(await page.locator('.layers svg').isVisible()).toBe(true);
		await page.keyboard.press('KeyX');
		await showing(page);
		expect(errors).toEqual([]);
		await close();
		await server.close();
	});

	test('without a decoder the centre’s plain picture stands there, and says so', async () => {
		const server = await serve();
		const { page, close } = await openPage(browser, `${server.url}/login`);
		await page.route(/workers\//, (it) => it.abort());
		await page.goto(server.url + COMPLETE);
		await page.getByText('Plain picture from the centre').waitFor();
		await page.waitForSelector('.canvas img');
		await page.unroute(/workers\//);
		await page.getByText('Try again').click();
		await showing(page);
		await close();
		await server.close();
	});

	test('a radiograph that is not the one of the reading is not drawn', async () => {
		// Its head says 850 x 264; the reading promises another size.
		const server = await serve({ picture: { file: 'drums_6mv.j2k', here: 40050, total: 172846, reading: { width_px: 1700, height_px: 528 } } });
		const { page, close } = await openPage(browser, server.url + COMPLETE);
		await page.getByText('Plain picture from the centre').waitFor();
		await close();
		await server.close();
	});
});
