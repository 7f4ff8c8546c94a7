// What devices measured, as the domain's crate writes it to JSON (crates/domain/src/reading.rs and fact.rs).
import type { Agency, Decision, Ms, OrderKind } from './shapes';

export interface PlateReading { position: 'front' | 'rear' | 'exit'; plate?: string; raw?: string; country?: string; country_raw?: string; confidence?: number; candidates?: { plate: string; confidence: number }[]; taken_at_claimed?: Ms; vendor: string; pictures?: string[] }
export interface ContainerReading { code: string; check_digit: 'right' | 'ten_printed_zero' | 'wrong'; size_type?: string; confidence?: number; pictures?: string[] }
export interface RadiationReading {
	protocol: string; samples: number; sample_ms: number; background_cps: number; gamma_max_cps: number; gamma_max_sigma: number; gamma_max_sample: number; neutron_max: number; gamma_alarm: 'silent' | 'raised'; neutron_alarm: 'silent' | 'raised';
	suppression: number; width_share: number; width_m?: number; speed_mps?: number; position_m?: number; nuclides?: string[]; faults?: string[]; profile?: string; second_opinion?: SecondOpinion;
}
/** Our own filter beside the device's alarm, never instead of it. */
export interface SecondOpinion { method: string; sigma: number; shape: 'point' | 'spread' | 'unclear'; position_m?: number; excess_cps: number; spread_margin_sigma?: number; hidden_point_sigma?: number; hidden_limit_sigma?: number }
export type EnergyScale = { polynomial: number[] } | { edges: number[] };
export interface Spectrum { detector: string; occupied: boolean; live_time_s: number; counts: number[]; energy?: EnergyScale }
export interface EnergyWindow { start_kev: number; end_kev: number; max_cps: number; background_cps?: number }
export interface RadiationProfile { sample_ms: number; gamma_counts: number[][]; gamma_background: number[]; neutron_counts: number[]; n_sigma: number; window_samples: number; speed_mps?: number; baseline_counts?: number[]; fitted_counts?: number[]; spectra?: Spectrum[]; windows?: EnergyWindow[] }
export interface VehicleReading { axles: { load_kg: number; sigma_kg: number; spacing_m?: number }[]; gross_kg: number; gross_sigma_kg: number; accuracy_class: string; length_m?: number; width_m?: number; height_m?: number; dimension_sigma_m?: number; speed_kmh?: number; vehicle_class?: string }
export interface ImageReading { image: string; scan?: string; size_bytes: number; width_px: number; height_px: number; bits: number; pixel_mm: number; energy_mv: number; domain: string; layer_ends: number[]; quality: 'usable' | { unusable: { why: string } }; mass_kg?: number; regions?: { left_px: number; top_px: number; width_px: number; height_px: number; label: string; score: number }[] }
export interface DocumentReading { kind: string; number?: string; expires_at?: Ms; issuer?: string; fields: { name: string; value: string; confidence?: number }[]; faults?: string[]; pages?: { page: string; size_bytes: number; preview?: string; media_type: string }[] }
export type DecidedBy = { officer: { officer: string; second?: string } } | { rule: { rule: string; edition: string } } | { lane: { first: string; second: string } };
export interface DecisionMade { agency: Agency; decision: Decision; answers: number[]; reason: string; un9417: number; by: DecidedBy }
export interface Order { id: string; passage: string; agency: Agency; kind: OrderKind; by: string; about?: number[] }
/** A remark that says what kind of alarm it was. */
export interface Adjudicated { k: 'adjudicated'; answers: number[]; code: number; isotopes?: string[]; secondary: 'none' | 'requested' | 'completed'; passes: number }
export interface Draw { passage: string; agency: Agency; officer: string; roster: string[]; seed: string; round: number }
