//! From paths to detector counts: Beer and Lambert over the spectrum, blur of the detector, scatter,
//! counting and electronic noise, residues of pulses and of detector gains.

use super::OPEN_LEVEL;
use super::matter::{Matter, spectrum};
use super::solids::Scene;
use crate::chance::Chance;

/// Detector counts, rows from the top.
pub struct Linear {
    pub width_px: u32,
    pub height_px: u32,
    pub counts: Vec<u16>,
}

/// Quanta of open air in a pixel of full size; larger pixels gather more.
const OPEN_QUANTA: f64 = 9_000.0;
const SCATTER: f32 = 4e-4;
const PULSE_RESIDUE: f64 = 0.0025;
const GAIN_RESIDUE: f64 = 0.0015;

pub fn linear(scene: &Scene, seed: u64, megavolt: f64) -> Linear {
    let (columns, rows) = (scene.columns, scene.rows);
    let mut through = transmission(scene, megavolt);
    blur(&mut through, columns, rows);
    for column in through.chunks_exact_mut(rows) {
        let mean = column.iter().sum::<f32>() / rows as f32;
        for value in column {
            *value += SCATTER * (0.5 + 0.5 * mean);
        }
    }
    let mut chance = Chance::of(seed, "radiograph noise", 0);
    let quanta: Vec<f64> = scene
        .ray_cosines()
        .map(|cosine| OPEN_QUANTA * f64::from(scene.divisor()).powi(2) * cosine * cosine)
        .collect();
    let electronic = 0.9 / OPEN_QUANTA / f64::from(scene.divisor());
    let gains: Vec<f64> = (0..rows)
        .map(|_| 1.0 + GAIN_RESIDUE * chance.normal())
        .collect();
    let mut counts = vec![0; columns * rows];
    for (x, column) in through.chunks_exact(rows).enumerate() {
        let pulse = 1.0 + PULSE_RESIDUE * chance.normal();
        for (z, value) in column.iter().enumerate() {
            let mean = f64::from(*value) * quanta[z];
            let counted = f64::from(chance.poisson(mean)) / quanta[z];
            let signal = (counted + electronic * chance.normal()) * pulse * gains[z];
            let level = (signal * f64::from(OPEN_LEVEL)).clamp(0.0, f64::from(u16::MAX));
            counts[(rows - 1 - z) * columns + x] = level as u16;
        }
    }
    Linear {
        width_px: columns as u32,
        height_px: rows as u32,
        counts,
    }
}

/// Share of the beam that comes through, columns of rows from the bottom.
fn transmission(scene: &Scene, megavolt: f64) -> Vec<f32> {
    let used: Vec<(Matter, &[f32])> = Matter::ALL
        .into_iter()
        .filter_map(|matter| Some((matter, scene.path(matter)?)))
        .collect();
    let lines: Vec<(f32, Vec<f32>)> = spectrum(megavolt)
        .into_iter()
        .filter(|(_, weight)| *weight > 1e-6)
        .map(|(energy, weight)| {
            let each = used
                .iter()
                .map(|(matter, _)| matter.attenuation(energy) as f32);
            (weight as f32, each.collect())
        })
        .collect();
    let mut through = vec![1.0; scene.columns * scene.rows];
    let mut here: Vec<(usize, f32)> = Vec::new();
    for (at, value) in through.iter_mut().enumerate() {
        here.clear();
        for (index, (_, path)) in used.iter().enumerate() {
            if path[at].abs() > 1e-6 {
                here.push((index, path[at]));
            }
        }
        if here.is_empty() {
            continue;
        }
        *value = lines
            .iter()
            .map(|(weight, each)| {
                let depth: f32 = here.iter().map(|(index, path)| each[*index] * path).sum();
                weight * (-depth.max(0.0)).exp()
            })
            .sum();
    }
    through
}

/// Neighbouring pixels see 8 % of each other, along and across; edges keep their own.
fn blur(values: &mut [f32], columns: usize, rows: usize) {
    let mix = |before: f32, here: f32, after: f32| 0.08 * before + 0.84 * here + 0.08 * after;
    for column in values.chunks_exact_mut(rows) {
        let mut before = column[0];
        for z in 0..rows {
            let here = column[z];
            let after = column[(z + 1).min(rows - 1)];
            column[z] = mix(before, here, after);
            before = here;
        }
    }
    for z in 0..rows {
        let mut before = values[z];
        for x in 0..columns {
            let here = values[x * rows + z];
            let after = values[(x + 1).min(columns - 1) * rows + z];
            values[x * rows + z] = mix(before, here, after);
            before = here;
        }
    }
}
