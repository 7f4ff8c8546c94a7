// Decodes radiographs beside the page, so that no drag waits for it. Fetches its bytes itself: they never cross threads.
// One question at a time, in order; what is asked is in `decoder.ts`.
import make from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import wasm from '@cornerstonejs/codec-openjpeg/decodewasm?url';
import { Codestream, headOf } from './codestream';
import type { Answer, Picture, Question, Source } from './decoder';
import { closed } from './layers';
import { STREAMS_KEPT } from './limits';
import { OPEN } from './log12';
import { curvesFor, materialMap, type Plane } from './material';
import { farMean, histogramOf, pyramid } from './pyramid';

const streams = new Map<string, Codestream>();
let codec: ReturnType<typeof make> | null = null;

function streamOf(url: string): Codestream {
	const it = streams.get(url) ?? new Codestream(url);
	streams.delete(url);
	streams.set(url, it);
	for (const oldest of [...streams.keys()].slice(0, Math.max(0, streams.size - STREAMS_KEPT))) streams.delete(oldest);
	return it;
}
async function decoded(from: Source, reduce: number): Promise<{ plane: Plane; fetch_ms: number; decode_ms: number }> {
	codec ??= make({ locateFile: () => wasm, print: () => {}, printErr: () => {} });
	const lib = await codec;
	const asked = performance.now();
	const bytes = await streamOf(from.url).upto(from.end);
	const head = headOf(bytes);
	if (!head || head.width !== from.width || head.height !== from.height) throw new Error('not the picture of the reading');
	const begun = performance.now();
	const decoder = new lib.J2KDecoder();
	try {
		const cut = closed(bytes, from.end);
		decoder.getEncodedBuffer(cut.length).set(cut);
		if (reduce > 0) decoder.decodeSubResolution(reduce, 0);
		else decoder.decode();
		const out = decoder.getDecodedBuffer();
		const width = Math.ceil(head.width / 2 ** reduce), height = Math.ceil(head.height / 2 ** reduce);
		// Above 8 bits the decoder gives two bytes a pixel, little end first.
		const raw = head.bits > 8 ? new Uint16Array(out.buffer, out.byteOffset, out.byteLength >> 1) : out;
		if (raw.length !== width * height) throw new Error(`${raw.length} pixels of ${width * height}`);
		const data = new Uint16Array(raw.length);
		const shift = head.bits - 12;
		for (let n = 0; n < raw.length; n += 1) { const v = raw[n] ?? 0; data[n] = Math.min(OPEN, shift >= 0 ? v >> shift : v << -shift); }
		return { plane: { width, height, data }, fetch_ms: begun - asked, decode_ms: performance.now() - begun };
	} finally { decoder.delete(); }
}
async function picture(from: Source, reduce: number): Promise<Picture> {
	const { plane, fetch_ms, decode_ms } = await decoded(from, reduce);
	const begun = performance.now();
	const levels = pyramid(plane);
	return { end: from.end, reduce, levels, far: farMean(levels), histogram: histogramOf(levels[Math.min(1, levels.length - 1)] ?? plane, OPEN + 1), fetch_ms, decode_ms, prepare_ms: performance.now() - begun };
}

const answer = (it: Answer, moved: Transferable[]) => (self as unknown as { postMessage(it: Answer, moved: Transferable[]): void }).postMessage(it, moved);
async function serve(it: Question): Promise<void> {
	try {
		if (it.what === 'picture') {
			const got = await picture(it.from, it.reduce);
			answer({ id: it.id, picture: got }, [...got.levels.map((l) => l.data.buffer), got.far.data.buffer, got.histogram.buffer]);
		} else {
			const curves = curvesFor(it.high.energy_mv, it.low.energy_mv);
			if (!curves) throw new Error('no curves for these energies');
			const map = materialMap((await decoded(it.high, 0)).plane, (await decoded(it.low, 0)).plane, curves, it.high.pixel_mm);
			answer({ id: it.id, map }, [map.data.buffer]);
		}
	} catch (why) { answer({ id: it.id, problem: why instanceof Error ? why.message : String(why) }, []); }
}
let before: Promise<void> = Promise.resolve();
self.onmessage = (it: MessageEvent<Question>) => { before = before.then(() => serve(it.data)); };
