// The checkpoint's own server answers with the fold's state as it is; this reads it into what the screen draws, and
// takes the flatter form of the contract just as well. Anything it does not know is left out, never thrown.
import type { Agency, Clock, Ms, Names, OrderKind, Severity, Stage, Values } from '$lib/api/shapes';
import { STAGES } from '$lib/api/shapes';
import type { AnswerGiven } from '$lib/design/standing';

export interface LaneStage { stage: Stage; required: boolean; started_at: Ms | null; completed_at: Ms | null; unavailable: string | null }
export interface LaneFinding { id: number; agency: Agency; rule: string; severity: Severity; stage: Stage | null; values: Values; answered: AnswerGiven }
export interface LaneOrder { id: string; kind: OrderKind; agency: Agency | null; started: boolean; done: boolean; outcome: unknown; due_at: Ms | null }
export interface LaneTruck { passage: string; plate: string | null; arrived_at: Ms | null; stage: Stage | null; stages: LaneStage[]; owed: { k: string; d: Record<string, unknown> }[]; waiting_for: string[]; findings: LaneFinding[]; orders: LaneOrder[]; permit: { number: number; expires_at: Ms; state: string } | null; aside: boolean; manual: string | null }
export interface LaneStrip { lane: number; direction: 'entry' | 'exit' | null; trucks: LaneTruck[]; devices: { device: string; health: string; why: string; since: Ms | null }[]; barrier: string; light: string }
export interface LaneScreen { clock: Clock; checkpoint: string; checkpoint_name: Names | null; link: { up: boolean; since: Ms | null; sends: string; plan: LanePlan | null }; disk: { used_percent: number; keeps: string } | null; intake: string; lanes: LaneStrip[] }

export interface LanePlan { rate_bps: number | null; lines: { count: number; bytes: number; seconds: number | null }[] }

type Json = Record<string, unknown>;
const obj = (it: unknown): Json => (typeof it === 'object' && it !== null && !Array.isArray(it) ? (it as Json) : {});
const list = (it: unknown): unknown[] => (Array.isArray(it) ? it : []);
const num = (it: unknown): number | null => (typeof it === 'number' ? it : null);
const str = (it: unknown): string | null => (typeof it === 'string' ? it : null);

function stageOf(it: unknown): LaneStage | null {
	const raw = obj(it);
	const stage = STAGES.find((s) => s === raw.stage);
	if (!stage) return null;
	const inner = 'state' in raw ? obj(raw.state) : raw;
	return { stage, required: inner.required !== false && inner.required !== 'no', started_at: num(inner.started_at), completed_at: num(inner.completed_at), unavailable: str(inner.unavailable) };
}

/** `{"k":"device","d":{"stage":"imaging"}}` and `{"whom":"device:imaging"}` become one code for the catalogue. */
export function waitingCode(it: unknown): string {
	const raw = obj(it);
	const whom = str(raw.whom);
	if (whom) return whom;
	const k = str(raw.k) ?? '';
	const d = obj(raw.d);
	const detail = k === 'agency' ? str(d.decided_by) ?? str(d.agency) : k === 'hold' ? str(d.for_whom) : k === 'lane' ? str(d.kind) : str(d.stage);
	return detail ? `${k}:${detail}` : k;
}

function truckOf(it: unknown): LaneTruck {
	const raw = obj(it);
	// The newest decision that names a finding is its answer.
	const answered = new Map(list(raw.decisions).flatMap((d) => { const made = 'made' in obj(d) ? obj(obj(d).made) : obj(d); return list(made.answers).map((id) => [id, made.decision === undefined ? true : { decision: made.decision }] as [unknown, AnswerGiven]); }));
	const permit = obj(raw.permit);
	return {
		passage: str(raw.passage) ?? '',
		plate: str(raw.plate),
		arrived_at: num(raw.arrived_at),
		stage: STAGES.find((s) => s === raw.stage) ?? null,
		stages: list(raw.stages).map(stageOf).filter((s) => s !== null),
		owed: list(raw.owed).map((o) => ({ k: str(obj(o).k) ?? '', d: obj(obj(o).d) })),
		waiting_for: list(raw.waiting_for).map(waitingCode),
		findings: list(raw.findings).map((f) => { const r = obj(f); return { id: num(r.id) ?? 0, agency: (str(r.agency) ?? 'customs') as Agency, rule: str(r.rule) ?? '', severity: (r.severity === 'alarm' ? 'alarm' : 'finding') as Severity, stage: STAGES.find((s) => s === r.stage) ?? STAGES.find((s) => str(r.rule)?.startsWith(`${s}.`)) ?? null, values: obj(r.values), answered: answered.get(r.id) ?? (r.answered !== undefined && r.answered !== null) }; }),
		orders: list(raw.orders).map((o) => { const r = obj(o); return { id: str(r.id) ?? '', kind: (str(r.kind) ?? 'inspect') as OrderKind, agency: str(r.agency) as Agency | null, started: num(r.started_at) !== null, done: r.completed !== undefined && r.completed !== null, outcome: obj(r.completed).outcome ?? (r.completed ? 'measured' : null), due_at: num(r.due_at) }; }),
		permit: num(permit.number) === null ? null : { number: num(permit.number) ?? 0, expires_at: num(permit.expires_at) ?? 0, state: str(permit.state) ?? Object.keys(obj(permit.state))[0] ?? 'valid' },
		aside: raw.aside === true,
		manual: str(raw.manual)
	};
}

function planOf(it: unknown): LanePlan | null {
	const raw = obj(it);
	const lines = list(raw.lines).map((l) => { const r = obj(l); return { count: num(r.count) ?? 0, bytes: num(r.bytes) ?? 0, seconds: num(r.seconds) }; });
	return lines.length === 0 ? null : { rate_bps: num(raw.rate_bps), lines };
}

export function readLane(it: unknown): LaneScreen {
	const raw = obj(it);
	const clock = obj(raw.clock);
	const names = obj(raw.checkpoint_name);
	const name = str(raw.checkpoint_name);
	const link = obj(raw.link);
	return {
		clock: { now: num(clock.now) ?? Date.now(), rate: num(clock.rate) ?? 1 },
		checkpoint: str(raw.checkpoint) ?? '',
		checkpoint_name: name ? { kk: name, ru: name, en: name } : str(names.en) ? { kk: str(names.kk) ?? '', ru: str(names.ru) ?? '', en: str(names.en) ?? '' } : null,
		link: { up: link.up === true, since: num(link.since), sends: str(link.sends) ?? 'everything', plan: planOf(link.plan) },
		disk: num(obj(raw.disk).used_percent) === null ? null : { used_percent: num(obj(raw.disk).used_percent) ?? 0, keeps: str(obj(raw.disk).keeps) ?? 'everything' },
		intake: str(raw.intake) ?? 'open',
		lanes: list(raw.lanes).map((l) => { const r = obj(l); return { lane: num(r.lane) ?? 0, direction: r.direction === 'entry' || r.direction === 'exit' ? r.direction : null, trucks: list(r.passages).map(truckOf), devices: list(r.devices).map((d) => { const q = obj(d); return { device: str(q.device) ?? '', health: str(q.health) ?? '', why: str(q.why) ?? '', since: num(q.since) }; }), barrier: str(r.barrier) ?? 'unknown', light: str(r.light) ?? '' }; })
	};
}
