// Live updates over server-sent events, read with fetch instead of EventSource: the server's comment pings count as
// signs of life, so a line that hangs without closing is noticed too. Says honestly how old the picture is.
import { sessionLost } from '$lib/api/client';
import { clock } from './clock.svelte';
import type { Clock } from '$lib/api/shapes';

export type Topic = 'queue' | 'wall' | 'links' | 'lane';
export interface Changed { topics: Topic[]; passages: string[] }
export type Line = 'idle' | 'connecting' | 'live' | 'stale' | 'offline';

/** The server pings each 15 s; two missed pings and a bit. */
export const STALE_MS = 35_000;
/** This long without a line and the page says offline. */
export const OFFLINE_MS = 8_000;
const RETRY_MS = [300, 600, 1_200, 2_500, 5_000];

let line = $state<Line>('idle');
let heard_at = $state(0);
let lost_at = 0;
/** Filled after an interruption, until the page has shown it for a while. */
let back = $state<{ away_ms: number } | null>(null);
let reloads = $state(0);
const listeners = new Set<(it: Changed) => void>();
let running: AbortController | null = null;
let watch: ReturnType<typeof setInterval> | undefined;

/** One complete event of a text/event-stream. Comments come out as `comment`. */
export interface StreamEvent { event: string; data: string; comment: boolean }

/** Takes whole blocks off the front of `buffer`; returns them and what is left. WHATWG HTML, section 9.2.6. */
export function takeEvents(buffer: string): { events: StreamEvent[]; rest: string } {
	const blocks = buffer.replace(/\r\n?/g, '\n').split('\n\n');
	const rest = blocks.pop() ?? '';
	const events = blocks.map((block) => {
		let event = 'message';
		const data: string[] = [];
		let comment = true;
		for (const row of block.split('\n')) {
			if (row === '' || row.startsWith(':')) continue;
			comment = false;
			const colon = row.indexOf(':');
			const name = colon < 0 ? row : row.slice(0, colon);
			const value = colon < 0 ? '' : row.slice(colon + 1).replace(/^ /, '');
			if (name === 'event') event = value;
			if (name === 'data') data.push(value);
		}
		return { event, data: data.join('\n'), comment };
	});
	return { events, rest };
}

function hear(it: StreamEvent) {
	heard_at = performance.now();
	if (it.comment) return;
	let data: unknown;
	try { data = JSON.parse(it.data || '{}'); } catch { return; }
	if (it.event === 'hello') clock.set(data as Clock);
	if (it.event === 'changed') {
		const changed = data as Partial<Changed>;
		const whole = { topics: changed.topics ?? ['queue', 'wall', 'links', 'lane'], passages: changed.passages ?? [] } as Changed;
		listeners.forEach((tell) => tell(whole));
	}
}

async function read(path: string, stop: AbortSignal, opened: () => void) {
	const answer = await fetch(path, { headers: { accept: 'text/event-stream' }, signal: stop, cache: 'no-store' });
	// Not a broken line: it is there, and it says that nobody is logged in.
	if (answer.status === 401) { sessionLost(); live.stop(); return; }
	if (!answer.ok || !answer.body) throw new Error(`events: ${answer.status}`);
	opened();
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	let buffer = '';
	for (;;) {
		const { value, done } = await reader.read();
		if (done) return;
		buffer += value;
		const { events, rest } = takeEvents(buffer);
		buffer = rest;
		heard_at = performance.now();
		events.forEach(hear);
	}
}

async function keep(path: string, stop: AbortController) {
	for (let tries = 0; !stop.signal.aborted; tries += 1) {
		const attempt = new AbortController();
		const end = () => attempt.abort();
		stop.signal.addEventListener('abort', end);
		const check = setInterval(() => {
			if (line === 'live' && performance.now() - heard_at > STALE_MS) { line = 'stale'; attempt.abort(); }
		}, 1_000);
		try {
			await read(path, attempt.signal, () => {
				tries = 0;
				heard_at = performance.now();
				if (lost_at) {
					back = { away_ms: performance.now() - lost_at };
					lost_at = 0;
					reloads += 1;
					const mine = back;
					setTimeout(() => { if (back === mine) back = null; }, 12_000);
				}
				line = 'live';
			});
		} catch { /* the loop tries again; the page shows the line's state */ }
		clearInterval(check);
		stop.signal.removeEventListener('abort', end);
		if (stop.signal.aborted) return;
		lost_at ||= performance.now();
		line = performance.now() - lost_at > OFFLINE_MS ? 'offline' : 'stale';
		await new Promise((next) => setTimeout(next, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]));
	}
}

export const live = {
	get line(): Line { return line; },
	/** When bytes last arrived, on performance.now()'s scale. */
	get heard_at(): number { return heard_at; },
	get back() { return back; },
	/** Counts interruptions that ended: pages reload everything when it grows. */
	get reloads(): number { return reloads; },
	start(path: string) {
		if (running) return;
		running = new AbortController();
		line = 'connecting';
		watch = setInterval(() => { if (line === 'stale' && lost_at && performance.now() - lost_at > OFFLINE_MS) line = 'offline'; }, 1_000);
		void keep(path, running);
	},
	stop() {
		running?.abort();
		running = null;
		clearInterval(watch);
		line = 'idle';
		lost_at = 0;
		back = null;
	},
	on(tell: (it: Changed) => void): () => void {
		listeners.add(tell);
		return () => listeners.delete(tell);
	}
};
