// One way to the server: every page asks through here. Answers are typed by the contract; failures are one class
// that carries the stable code of the problem document (RFC 9457), so that a catalogue can say it in three languages.
import type { Agency, Alarm, Case, Clock, DrawProof, Me, NewNotification, NewRemark, NotificationState, Queue, SearchRow, Decision, LinkRow, OrderKind, PlanFile, Problem, Reason, RecallReason, Seat, SilenceReason, TimeMeasured, Wall } from './shapes';
import type { Display } from '$lib/driver/speech';

export class Failed extends Error {
	constructor(readonly problem: Problem) {
		super(`${problem.code}: ${problem.detail || problem.title}`);
	}
}

/** No answer at all: the network or the server is away. */
export const UNREACHABLE = 'web.unreachable';
let lost: () => void = () => {};
/** Who wants to know that the session is over. */
export function onSessionLost(tell: () => void) { lost = tell; }
/** The live line was refused for want of a session. */
export const sessionLost = () => lost();
const PATIENCE_MS = 20_000;

export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
	let answer: Response;
	try {
		answer = await fetch(path, {
			method,
			credentials: 'same-origin',
			headers: body === undefined ? { accept: 'application/json' } : { accept: 'application/json', 'content-type': 'application/json' },
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: AbortSignal.timeout(PATIENCE_MS)
		});
	} catch (why) {
		throw new Failed({ status: 0, code: UNREACHABLE, title: '', detail: String(why) });
	}
	if (!answer.ok) {
		const why = await problem(answer);
		// A wrong password is 401 too, and takes nobody's session.
		if (why.status === 401 && (why.code === 'session.none' || why.code === 'http.401')) lost();
		throw new Failed(why);
	}
	if (answer.status === 204) return undefined as T;
	const text = await answer.text();
	try {
		return (text ? JSON.parse(text) : undefined) as T;
	} catch {
		throw new Failed({ status: answer.status, code: 'web.not_json', title: '', detail: `${method} ${path}` });
	}
}

async function problem(answer: Response): Promise<Problem> {
	const fallback: Problem = { status: answer.status, code: `http.${answer.status}`, title: answer.statusText, detail: '' };
	try {
		const it = (await answer.json()) as Partial<Problem>;
		return { status: answer.status, code: it.code ?? fallback.code, title: it.title ?? fallback.title, detail: it.detail ?? '' };
	} catch {
		return fallback;
	}
}

const e = encodeURIComponent;
const at = (passage: string, rest = '') => `/api/cases/${e(passage)}${rest}`;
const query = (it: Record<string, string | number | undefined>) =>
	Object.entries(it).filter(([, v]) => v !== undefined && v !== '').map(([k, v]) => `${k}=${e(String(v))}`).join('&');

export const api = {
	role: () => ask<{ role: 'centre' | 'checkpoint' }>('GET', '/api/role'),
	me: () => ask<Me>('GET', '/api/session'),
	login: (name: string, password: string) => ask<Me>('POST', '/api/session', { name, password }),
	/** Is this the person who may agree, before ten seconds have gone by? */
	second: (name: string, password: string) => ask<{ display_name: string; agency: Agency | null }>('POST', '/api/session/second', { name, password }),
	logout: () => ask<void>('DELETE', '/api/session'),
	sitDown: () => ask<Me>('POST', '/api/duty', {}),
	leave: () => ask<unknown>('DELETE', '/api/duty'),
	clock: () => ask<Clock>('GET', '/api/clock'),
	queue: (scope: 'mine' | 'body') => ask<Queue>('GET', `/api/queue?scope=${scope}`),
	case: (passage: string) => ask<Case>('GET', at(passage)),
	open: (passage: string) => ask<void>('POST', at(passage, '/open'), {}),
	giveBack: (passage: string, reason: string) => ask<void>('POST', at(passage, '/return'), { reason }),
	decide: (passage: string, body: { decision: Decision; answers: number[]; reason: string; second?: { name: string; password: string } }) => ask<{ sequence: number }>('POST', at(passage, '/decision'), body),
	order: (passage: string, kind: OrderKind, about: number[]) => ask<{ order: string }>('POST', at(passage, '/orders'), { kind, about }),
	remark: (passage: string, it: NewRemark) => ask<{ sequence: number }>('POST', at(passage, '/remarks'), it),
	promote: (passage: string, hash: string, upto_bytes?: number) => ask<void>('POST', at(passage, `/blobs/${hash}/promote`), { upto_bytes }),
	blob: <T>(passage: string, hash: string) => ask<T>('GET', at(passage, `/blobs/${hash}`)),
	draw: (passage: string) => ask<DrawProof>('GET', at(passage, '/draw')),
	reasons: (agency: string) => ask<Reason[]>('GET', `/api/reasons?${query({ agency })}`),
	search: (q: string, from?: number, to?: number) => ask<SearchRow[]>('GET', `/api/search?${query({ q, from, to })}`),
	wall: () => ask<Wall>('GET', '/api/wall'),
	time: () => ask<TimeMeasured>('GET', '/api/time'),
	plans: () => ask<PlanFile[]>('GET', '/api/plans'),
	links: () => ask<LinkRow[]>('GET', '/api/links'),
	seats: () => ask<Seat[]>('GET', '/api/seats'),
	redraw: (passage: string, agency: Agency, reason: RecallReason) => ask<void>('POST', at(passage, '/redraw'), { agency, reason }),
	/** `second`: who says it too, where one person is not enough. */
	silence: (it: Alarm, reason: SilenceReason, second?: { name: string; password: string }) => ask<void>('POST', '/api/alarms/silence', { checkpoint: it.checkpoint, passage: it.passage ?? undefined, what: it.what, at: it.at, reason, second }),
	lodge: (it: NewNotification) => ask<{ id: string }>('POST', '/api/notifications', it),
	notification: (id: string) => ask<NotificationState>('GET', `/api/notifications/${e(id)}`),
	lane: () => ask<unknown>('GET', '/api/lane'),
	laneDisplay: (lane: number) => ask<Display>('GET', `/api/lane/display/${lane}`),
	laneAct: (passage: string, what: string, body: unknown) => ask<unknown>('POST', `/api/lane/passages/${e(passage)}/${what}`, body)
};

export const blobUrl = (passage: string, hash: string, have: number) => at(passage, `/blobs/${hash}?have=${have}`);
/** The JPEG 2000 bytes so far; asked for by range. */
export const codestreamUrl = (passage: string, hash: string) => at(passage, `/images/${hash}/codestream`);
/** `have` is not read by the server: it makes the browser ask again when more layers have arrived. */
export const previewUrl = (passage: string, hash: string, width: number, have: number) => at(passage, `/images/${hash}/preview?width=${width}&have=${have}`);
