// Shapes of the HTTP contract by the names the pages use. Where the OpenAPI document says `unknown` (facts and
// readings of the domain), reading.ts says what they hold. Nothing here runs.
export type Ms = number;
export type Agency = 'customs' | 'transport_control' | 'road_police' | 'veterinary' | 'phytosanitary' | 'sanitary_quarantine';
export type Stage = 'entry' | 'radiation' | 'dimensions' | 'imaging' | 'documents' | 'exit';
export type Severity = 'finding' | 'alarm';
export type Values = Record<string, unknown>;
export interface Names { kk: string; ru: string; en: string }
export interface Clock { now: Ms; rate: number }
export interface Me { officer: string; display_name: string; role: 'officer' | 'supervisor' | 'carrier' | 'auditor' | 'administrator'; agency: Agency | null; seated: boolean; demo: boolean }
export interface Reason { code: string; decision: DecisionKind; un9417: number }
export type DecisionKind = 'release' | 'hold' | 'inspect' | 'refuse';
export type OrderKind = 'second_pass' | 'handheld_check' | 'reweigh' | 'reimage' | 'sample' | 'inspect' | 'present_document';
export type Decision = 'release' | 'inspect' | 'refuse' | { hold: { until: Ms; for_whom: Agency } };

export interface Queue { cases: CaseRow[]; seated: number; body_open: number; overdue: number }
export interface RowFinding { id: number; rule: string; severity: Severity; values: Values }
export interface CaseRow {
	passage: string; checkpoint: string; checkpoint_name: Names; lane: number; direction: 'entry' | 'exit'; plate: string | null; trailer_plate: string | null; country: string | null;
	goods: string | null; hs: string | null; arrived_at: Ms; asked_at: Ms; due_at: Ms; promise_at: Ms; severity: Severity | 'none'; findings: RowFinding[];
	officer: string | null; mine: boolean; opened_at: Ms | null; held: { until: Ms; for_whom: Agency } | null; ready: { have_bytes: number; total_bytes: number; complete: boolean };
	others_waiting: Agency[]; link_up: boolean; stages_done: Stage[];
}
export type Standing = 'not_concerned' | 'awaiting_stages' | 'awaiting_decision' | 'released' | 'held' | 'inspecting' | 'refused';
export interface Body { agency: Agency; standing: Standing; by: string | null; rule: string | null; at: Ms | null; until: Ms | null; for_whom: Agency | null; since: Ms | null }
export interface CaseFinding extends RowFinding { agency: Agency; stage: Stage; raised_at: Ms; answered: { decision: unknown; at: Ms } | null }
export interface StageTimes { stage: Stage; required: boolean; started_at: Ms | null; completed_at: Ms | null; how: unknown }
export interface Limits { gross_kg: number | null; axle_kg: (number | null)[]; length_m: number | null; width_m: number | null; height_m: number | null; source: string }
export interface Compared { name: string; unit: string; declared: number | string | null; measured: number | string | null; sigma: number | null; verdict: 'agree' | 'disagree' | 'unknown'; rule: string | null }
export type Component = 'clear_control' | 'documents' | 'technological';
export interface Span { from: Ms; to: Ms | null; component: Component; waited_for: string; what: string }
export interface Waiting { whom: string; since: Ms | null; due_at: Ms | null }
export interface Case {
	row: CaseRow;
	identity: { tractor_plate?: string | null; trailer_plate?: string | null; country?: string | null; containers?: string[] } | null;
	notification: Notification | null;
	plates: { at: Ms; reading: unknown }[];
	containers: { at: Ms; reading: unknown }[];
	stages: StageTimes[];
	radiation: { at: Ms; reading: unknown }[];
	vehicles: { at: Ms; reading: unknown; limits: Limits }[];
	images: { at: Ms; reading: unknown; have_bytes: number; clear_from_bytes: number }[];
	documents: { at: Ms; reading: unknown }[];
	findings: CaseFinding[];
	decisions: { at: Ms; decision: unknown; recorded: boolean }[];
	orders: { order: unknown; given_at: Ms; due_at: Ms; outcome: unknown | null }[];
	agencies: Body[];
	waiting_for: Waiting[];
	permit: { number: number; expires_at: Ms; state: 'valid' | 'expired' | 'revoked' | 'used' } | null;
	ended: { how: string; at: Ms } | null;
	compare: Compared[];
	timeline: Span[];
	totals: { clear_control_ms: number; documents_ms: number; technological_ms: number; total_ms: number };
	blobs: Record<string, { have: number; total: number }>;
	draw: unknown | null;
	reasons: Reason[];
	can: { decide: boolean; why_not: string | null; clear: boolean; clear_why_not: string | null; needs_second: boolean };
	facts: { origin: string; sequence: number; at: Ms; kind: string; fact: unknown }[];
}
export interface DrawProof { draw: unknown; recomputed_officer: string; agrees: boolean }
export interface WallPost {
	code: string; name: Names; lon: number; lat: number; neighbour: string; enrolled: boolean;
	link: { up: boolean; since: Ms | null; last_seen: Ms | null; gaps: number; behind: number; rate_bps: number | null };
	lanes: { lane: number; waiting: number; state: 'open' | 'stopped' }[]; devices_down: { device: string; health: string; why: string }[]; waiting: number; overdue: number; alarms: number; over_45: number;
}
export interface Wall {
	clock: Clock; checkpoints: WallPost[]; waiting_for: { whom: string; trucks: number; longest_ms: number }[];
	overdue: { passage: string; checkpoint: string; agency: Agency; due_at: Ms }[]; alarms: { passage: string | null; checkpoint: string; what: string; at: Ms }[];
	seats: { agency: Agency; seated: number; open: number; overdue: number }[];
	today: { passages: number; released_by_rule: number; refused: number; held: number; barrier_unpermitted: number; p50_minutes: number | null; p90_minutes: number | null; components: { clear_control_ms: number; documents_ms: number; technological_ms: number }; promise_minutes: number; before_minutes: number };
	by_hour: { hour: Ms; passages: number; p50_minutes: number | null; p90_minutes: number | null }[];
}
export interface GoodsItem { hs: string; description: string; gross_kg: number; net_kg: number; packages: number; origin: string; un_number?: string | null }
export interface Notification {
	id: string; checkpoint: string; lodged_at: Ms; expected_at?: Ms | null; tractor_plate: string; trailer_plate?: string | null; containers?: string[]; vehicle_country: string; carrier: string; driver: string;
	tare_kg?: number | null; from_country: string; to_country: string; goods: GoodsItem[]; documents?: { kind: string; number: string }[];
}
export interface NotificationState { notification: Notification; passage: string | null; waiting_for: Waiting[] }

export interface LanePassage {
	passage: string; plate: string | null; arrived_at: Ms; stage: Stage | null; stages: { stage: Stage; required: boolean; started_at: Ms | null; completed_at: Ms | null }[]; owed: { k: string; d?: Record<string, unknown> }[];
	waiting_for: { whom: string; since: Ms | null }[]; findings: { id: number; agency: Agency; rule: string; severity: Severity; values: Values; answered?: unknown }[];
	permit: { number: number; expires_at: Ms; state?: string } | null; orders: unknown[]; aside: boolean;
}
export interface LaneView {
	clock: Clock; checkpoint: string; checkpoint_name: Names; link: { up: boolean; since: Ms | null }; intake: 'open' | 'stopped';
	lanes: { lane: number; passages: LanePassage[]; devices: { device: string; health: string; why: string; since: Ms | null }[]; barrier: 'closed' | 'open' | 'unknown'; light: string }[];
}
export interface Problem { status: number; code: string; title: string; detail: string }

export const AGENCIES: readonly Agency[] = ['customs', 'transport_control', 'road_police', 'veterinary', 'phytosanitary', 'sanitary_quarantine'];
export const STAGES: readonly Stage[] = ['entry', 'radiation', 'dimensions', 'imaging', 'documents', 'exit'];
export const ORDERS: readonly OrderKind[] = ['second_pass', 'handheld_check', 'reweigh', 'reimage', 'sample', 'inspect', 'present_document'];
