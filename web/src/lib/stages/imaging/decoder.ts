// The page's side of the decoding worker: one worker for all pictures, started when the first one is asked for.
import type { CodeMap, Plane } from './material';

/** Where a picture's bytes are and how many of them to decode. */
export interface Source { url: string; end: number; width: number; height: number; energy_mv: number; pixel_mm: number }
export interface Picture {
	/** Bytes it was decoded from. */
	end: number;
	/** Halvings against the full picture: level n of `levels` has pixels of 2^(reduce + n). */
	reduce: number;
	levels: Plane[];
	far: Plane;
	histogram: Uint32Array;
	fetch_ms: number; decode_ms: number; prepare_ms: number;
}
export type Question = { id: number } & ({ what: 'picture'; from: Source; reduce: number } | { what: 'material'; high: Source; low: Source });
export type Answer = { id: number } & ({ picture: Picture } | { map: CodeMap } | { problem: string });
type Asked = { what: 'picture'; from: Source; reduce: number } | { what: 'material'; high: Source; low: Source };

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, { done: (it: Answer) => void; failed: (why: Error) => void }>();

function start(): Worker {
	const it = new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' });
	it.onmessage = ({ data }: MessageEvent<Answer>) => {
		const one = waiting.get(data.id);
		waiting.delete(data.id);
		if (!one) return;
		if ('problem' in data) one.failed(new Error(data.problem));
		else one.done(data);
	};
	// A worker that died is started anew by the next question; what waited for it is told.
	it.onerror = (why) => {
		worker = null;
		it.terminate();
		for (const one of waiting.values()) one.failed(new Error(why.message));
		waiting.clear();
	};
	return it;
}
function ask(it: Asked): Promise<Answer> {
	worker ??= start();
	const id = (last += 1);
	return new Promise((done, failed) => {
		waiting.set(id, { done, failed });
		worker?.postMessage({ id, ...it });
	});
}

export async function decodePicture(from: Source, reduce: number): Promise<Picture> {
	const it = await ask({ what: 'picture', from, reduce });
	if (!('picture' in it)) throw new Error('no picture');
	return it.picture;
}
export async function decodeMaterial(high: Source, low: Source): Promise<CodeMap> {
	const it = await ask({ what: 'material', high, low });
	if (!('map' in it)) throw new Error('no map');
	return it.map;
}
