// How fast a radiograph is shown and how smoothly it follows the hand, in a real browser: prints, asserts nothing.
//   npm run build && node scripts/radiograph.mjs [file.j2k [pixel_mm]]
// Without a file: the small one of the tests. Both ways of drawing; WebGL2 without a graphics card is imitated by the processor.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { serve } from '../tests/fixture/server.mjs';

const file = resolve(process.argv[2] ?? new URL('../tests/fixture/drums_6mv.j2k', import.meta.url).pathname);
const pixel_mm = Number(process.argv[3] ?? (process.argv[2] ? 5 : 20));
const CASE = 'CN01-20117';
const RUNS = 5;
const FRAMES = 240;

/** Size from SIZ and the end of every tile-part from its SOT (T.800, A.5.1 and A.4.2): our pictures have one a layer. */
function read(bytes) {
	const ends = [];
	let at = bytes.indexOf(Buffer.from([0xff, 0x90, 0, 10]));
	const width_px = bytes.readUInt32BE(8), height_px = bytes.readUInt32BE(12);
	while (at >= 0 && at + 12 <= bytes.length && bytes.readUInt16BE(at) === 0xff90) {
		const length = bytes.readUInt32BE(at + 6);
		ends.push((at = length === 0 ? bytes.length : at + length));
	}
	return { width_px, height_px, layer_ends: ends, bits: (bytes[42] & 0x7f) + 1, pixel_mm };
}
const bytes = readFileSync(file);
const reading = read(bytes);
const quantile = (of, share) => [...of].sort((a, b) => a - b)[Math.min(of.length - 1, Math.floor(share * of.length))];
const ms = (it) => `${it.toFixed(0).padStart(5)} ms`;
console.log(`${file}: ${reading.width_px} x ${reading.height_px}, ${bytes.length} bytes, ${reading.layer_ends.length} layers`);

const browser = await chromium.launch({ executablePath: process.env.BEKET_CHROMIUM ?? '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--no-first-run', ...(process.env.BEKET_GPU ? [] : ['--disable-gpu'])] });
for (const kind of ['webgl2', 'canvas']) {
	const server = await serve({ rate: 1 });
	const page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
	await page.addInitScript((wanted) => {
		localStorage.setItem('beket.locale', 'en');
		const real = HTMLCanvasElement.prototype.getContext;
		HTMLCanvasElement.prototype.getContext = function (id, o) { return id !== 'webgl2' ? real.call(this, id, o) : wanted === 'webgl2' ? real.call(this, id, { ...o, failIfMajorPerformanceCaveat: false }) : null; };
	}, kind);
	// From the last byte sent by the server to the first frame with the picture; a page with its decoder loaded, and a cold one.
	for (const [n, end] of reading.layer_ends.entries()) {
		const took = [];
		for (let run = 0; run < RUNS; run += 1) {
			server.it.picture = { file: `file://${file}`, here: end, total: bytes.length, reading };
			await page.goto(`${server.url}/case/${CASE}`);
			await page.waitForSelector('.pixels canvas');
			const shown_at = await page.evaluate(() => new Promise((done) => {
				const look = () => (document.querySelector('.canvas .middle') ? requestAnimationFrame(look) : requestAnimationFrame(() => done(Date.now())));
				look();
			}));
			took.push(shown_at - server.it.picture.first_sent_at);
		}
		console.log(`${kind} layer ${n + 1}, ${(end / 1024).toFixed(0).padStart(5)} KB: shown ${ms(quantile(took, 0.5))} after its bytes, worst of ${RUNS} ${ms(Math.max(...took))}`);
	}
	for (const [name, keys] of [['whole vehicle', []], ['edges', ['KeyE']], ['local contrast', ['KeyE']], ['zoomed', ['KeyE', 'Equal', 'Equal', 'Equal', 'Equal', 'Equal', 'Equal']]]) {
		for (const key of keys) await page.keyboard.press(key);
		await page.waitForTimeout(1500);
		const frames = await page.evaluate((count) => new Promise((done) => {
			const it = document.querySelector('.canvas'), box = it.getBoundingClientRect();
			const send = (type, x, y) => it.dispatchEvent(new PointerEvent(type, { bubbles: true, button: 0, pointerId: 1, clientX: box.left + x, clientY: box.top + y }));
			it.setPointerCapture = () => {};
			send('pointerdown', 300, 200);
			const times = [];
			const step = (now) => {
				times.push(now);
				if (times.length > count) { send('pointerup', 300, 200); done(times.slice(1).map((t, n) => t - times[n])); return; }
				send('pointermove', 300 + 80 * Math.sin(times.length / 20), 200 + 60 * Math.cos(times.length / 25));
				requestAnimationFrame(step);
			};
			requestAnimationFrame(step);
		}), FRAMES);
		console.log(`${kind} window dragged, ${name}: ${(1000 / (frames.reduce((a, b) => a + b, 0) / frames.length)).toFixed(0)} frames a second, p95 ${quantile(frames, 0.95).toFixed(1)} ms, worst ${Math.max(...frames).toFixed(0)} ms`);
	}
	await page.close();
	await server.close();
}
await browser.close();
