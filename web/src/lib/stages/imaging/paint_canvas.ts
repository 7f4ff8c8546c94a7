// The radiograph on a plain canvas, for machines whose graphics are only imitated. Same picture as `paint_webgl`.
import type { Picture } from './decoder';
import { PALETTE, type CodeMap, type Plane } from './material';
import { levelFor, type Painter, type Pane, type Scene } from './painter';
import { enhanced, light, shade, VOID, type Tone } from './tone';
import { OPEN } from './log12';

/** For each dot of a row or column: the two pixels it lies between and how far it is towards the second; -1 outside. */
function between(dots: number, offset: number, scale: number, step: number, pixels: number, side: number, sharp: boolean): { low: Int32Array; high: Int32Array; share: Float32Array } {
	const low = new Int32Array(dots), high = new Int32Array(dots), share = new Float32Array(dots);
	for (let n = 0; n < dots; n += 1) {
		const at = (n + 0.5 - offset) / scale;
		if (at < 0 || at >= side) { low[n] = -1; continue; }
		const t = sharp ? Math.floor(at / step) : at / step - 0.5;
		const i = Math.floor(t);
		low[n] = Math.min(Math.max(i, 0), pixels - 1);
		high[n] = Math.min(Math.max(i + 1, 0), pixels - 1);
		share[n] = t - i;
	}
	return { low, high, share };
}
/** Mean of the eight around, two pixels away: what edges are measured against. */
function near(of: Plane, x: number, y: number): number {
	const { width, height, data } = of;
	const l = Math.max(0, x - 2), r = Math.min(width - 1, x + 2), u = Math.max(0, y - 2) * width, d = Math.min(height - 1, y + 2) * width, m = y * width;
	return ((data[u + l] ?? 0) + (data[u + x] ?? 0) + (data[u + r] ?? 0) + (data[m + l] ?? 0) + (data[m + r] ?? 0) + (data[d + l] ?? 0) + (data[d + x] ?? 0) + (data[d + r] ?? 0)) / 8;
}

export function canvasPainter(canvas: HTMLCanvasElement): Painter | null {
	const context = canvas.getContext('2d', { alpha: false });
	if (!context) return null;
	let picture: Picture | null = null;
	let map: CodeMap | null = null;
	let pixels: ImageData | null = null;

	function pane(scene: Scene, { box, view, sharp }: Pane): void {
		if (!picture || !context) return;
		const { tone, image } = scene;
		const w = Math.round(box.width), h = Math.round(box.height);
		if (w < 1 || h < 1) return;
		if (pixels?.width !== w || pixels.height !== h) pixels = context.createImageData(w, h);
		const out = new Uint32Array(pixels.data.buffer);
		const { index, step } = levelFor(view.scale, picture);
		const plane = picture.levels[index];
		if (!plane) return;
		const far = picture.far;
		const cx = between(w, view.left, view.scale, step, plane.width, image.width, sharp), cy = between(h, view.top, view.scale, step, plane.height, image.height, sharp);
		const fx = between(w, view.left, view.scale, image.width / far.width, far.width, image.width, false), fy = between(h, view.top, view.scale, image.height / far.height, far.height, image.height, false);
		const mixed = (of: Plane, x: typeof cx, y: typeof cy, i: number, j: number) => {
			const up = (y.low[j] ?? 0) * of.width, down = (y.high[j] ?? 0) * of.width, l = x.low[i] ?? 0, r = x.high[i] ?? 0, s = x.share[i] ?? 0;
			const a = of.data[up + l] ?? 0, c = of.data[down + l] ?? 0;
			const top = a + ((of.data[up + r] ?? 0) - a) * s, bottom = c + ((of.data[down + r] ?? 0) - c) * s;
			return top + (bottom - top) * (y.share[j] ?? 0);
		};
		const grey = greys(tone);
		const none = 0xff00_0000 | (VOID[2] << 16) | (VOID[1] << 8) | VOID[0];
		const codes = tone.material ? map : null;
		const mx = codes ? codes.width / image.width : 0, my = codes ? codes.height / image.height : 0;
		for (let j = 0; j < h; j += 1) {
			const row = j * w;
			for (let i = 0; i < w; i += 1) {
				if ((cx.low[i] ?? -1) < 0 || (cy.low[j] ?? -1) < 0) { out[row + i] = none; continue; }
				let value = mixed(plane, cx, cy, i, j);
				if (tone.enhance === 'edges') value = enhanced(value, near(plane, cx.low[i] ?? 0, cy.low[j] ?? 0), 0, 'edges', tone.window);
				else if (tone.enhance === 'local') value = enhanced(value, 0, mixed(far, fx, fy, i, j), 'local', tone.window);
				const l = grey[Math.min(Math.max(Math.round(value), 0), OPEN)] ?? 0;
				if (!codes) { out[row + i] = 0xff00_0000 | (l << 16) | (l << 8) | l; continue; }
				const code = codes.data[Math.min(codes.height - 1, Math.floor(((j + 0.5 - view.top) / view.scale) * my)) * codes.width + Math.min(codes.width - 1, Math.floor(((i + 0.5 - view.left) / view.scale) * mx))] ?? 0;
				const c = (n: number) => Math.round(255 * shade(l / 255, (PALETTE[code * 3 + n] ?? 255) / 255, tone.air_white));
				out[row + i] = 0xff00_0000 | (c(2) << 16) | (c(1) << 8) | c(0);
			}
		}
		context.putImageData(pixels, Math.round(box.left), Math.round(box.top));
	}
	return {
		kind: 'canvas',
		load(it) { picture = it; },
		loadMap(it) { map = it; },
		paint(scene) { for (const one of scene.panes) pane(scene, one); },
		free() { picture = null; map = null; pixels = null; }
	};
}
/** The light of each value in bytes: one look-up a dot. */
function greys(tone: Tone): Uint8Array {
	return Uint8Array.from({ length: OPEN + 1 }, (_, v) => Math.round(255 * light(v, tone)));
}
