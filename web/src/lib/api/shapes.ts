// The names the pages use for the shapes of the HTTP contract. They are the generated ones (`npm run api` from the
// repository's openapi.json), so a change of the contract is a type error here; where the document says `unknown`
// (facts and readings of the domain), reading.ts says what they hold.
import type { components } from './openapi';

type S = components['schemas'];

export type Ms = number;
export type Agency = S['Agency'];
export type Stage = S['Stage'];
export type Severity = S['FindingSeverity'];
export type Values = Record<string, unknown>;
export type Names = S['Names'];
export type Clock = S['Clock'];
export type Me = S['Me'];
export type Reason = S['Reason'];
export type DecisionKind = S['DecisionName'];
export type OrderKind = S['OrderKind'];
export type Decision = S['Decision'];
export type Queue = S['Queue'];
export type RowFinding = S['RowFinding'];
export type CaseRow = S['CaseRow'];
export type SearchRow = S['SearchRow'];
export type PassageOutcome = S['PassageOutcome'];
export type Standing = S['Standing'];
export type Body = S['AgencyRow'];
export type CaseFinding = S['FindingRow'];
export type Limits = S['VehicleLimits'];
export type VehicleJudged = S['VehicleJudged'];
export type RadiationRow = S['RadiationRow'];
export type Compared = S['CompareRow'];
export type Component = S['Component'];
export type Waiting = S['WaitingFor'];
export type Case = S['Case'];
export type DrawProof = S['DrawShown'];
export type WallPost = S['WallCheckpoint'];
export type Wall = S['Wall'];
export type TimeMeasured = S['TimeMeasured'];
export type TimeSpread = S['TimeSpread'];
export type Plan = S['Plan'];
export type PlanFile = S['PlanFile'];
export type LinkRow = S['LinkRow'];
export type Alarm = S['WallAlarm'];
export type SilenceReason = S['SilenceReason'];
export type RecallReason = S['RecallReason'];
export type Seat = S['SeatRow'];
export type Notification = S['Notification'];
export type NewNotification = S['NewNotification'];
export type NewRemark = S['NewRemark'];
export type NotificationState = S['NotificationState'];
export interface Problem { status: number; code: string; title: string; detail: string }

export const AGENCIES: readonly Agency[] = ['customs', 'transport_control', 'road_police', 'veterinary', 'phytosanitary', 'sanitary_quarantine'];
export const STAGES: readonly Stage[] = ['entry', 'radiation', 'dimensions', 'imaging', 'documents', 'exit'];
export const SILENCES: readonly SilenceReason[] = ['in_hand', 'known_fault', 'same_cause', 'test'];
export const RECALLS: readonly RecallReason[] = ['officer_away', 'seat_failed', 'overload', 'takes_too_long'];
export const ORDERS: readonly OrderKind[] = ['second_pass', 'handheld_check', 'reweigh', 'reimage', 'sample', 'inspect', 'present_document'];
