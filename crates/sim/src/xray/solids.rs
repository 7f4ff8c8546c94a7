//! Boxes, shells, cylinders and spheres as paths of rays: how much of each matter lies between source and
//! each detector, column by column. Fan beam in y-z from a point beside the lane, push-broom along x.
//!
//! Metres; x along the vehicle, y across (source side negative), z up. No randomness but the scene's.

use super::matter::{MATTERS, Matter};
use super::{Declared, Hidden};
use crate::chance::Chance;

/// Width of a column at full size.
pub const PIXEL_M: f64 = 0.005;
const ROWS: u32 = 1056;
const TOP_M: f64 = 6.3;
pub const SOURCE_Y: f64 = -6.5;
pub const SOURCE_Z: f64 = 1.1;
pub const DETECTOR_Y: f64 = 2.6;

/// From, to.
pub type Span = (f64, f64);

/// A scene under construction.
pub struct Scene {
    pub columns: usize,
    pub rows: usize,
    divisor: u32,
    column_m: f64,
    /// Direction of the ray to each detector, from the bottom: y and z of a unit vector.
    rays: Vec<(f64, f64)>,
    /// Area density of each matter, g/cm2: `[matter][column * rows + row]`; empty when unused.
    paths: [Vec<f32>; MATTERS],
    pub chance: Chance,
    pub truth: Vec<Hidden>,
    pub manifest: Vec<Declared>,
    /// Solids of the load are weighed, those of the vehicle are not.
    weighing: bool,
    load_kg: f64,
}

impl Scene {
    pub fn new(length_m: f64, seed: u64, name: &str, divisor: u32) -> Self {
        let column_m = PIXEL_M * f64::from(divisor);
        let columns = (length_m / column_m).round() as usize;
        let rows = (ROWS / divisor) as usize;
        let rays = (0..rows)
            .map(|row| {
                let z = (row as f64 + 0.5) / rows as f64 * TOP_M;
                let (dy, dz) = (DETECTOR_Y - SOURCE_Y, z - SOURCE_Z);
                let length = dy.hypot(dz);
                (dy / length, dz / length)
            })
            .collect();
        Scene {
            columns,
            rows,
            divisor,
            column_m,
            rays,
            paths: Default::default(),
            chance: Chance::of(seed, &format!("radiograph {name}"), 0),
            truth: Vec::new(),
            manifest: Vec::new(),
            weighing: false,
            load_kg: 0.0,
        }
    }

    /// From here on solids belong to the load.
    pub fn begin_load(&mut self) {
        self.weighing = true;
    }

    pub fn load_kg(&self) -> u32 {
        self.load_kg.max(0.0).round() as u32
    }

    /// Area density of one matter over the picture, `None` when nothing is made of it.
    pub fn path(&self, matter: Matter) -> Option<&[f32]> {
        Some(&*self.paths[matter as usize]).filter(|it| !it.is_empty())
    }

    /// Cosine of each ray against the horizontal, from the bottom.
    pub fn ray_cosines(&self) -> impl Iterator<Item = f64> {
        self.rays.iter().map(|it| it.0)
    }

    fn columns_of(&self, x: Span) -> std::ops::Range<usize> {
        let first = (x.0 / self.column_m - 0.5).ceil().max(0.0) as usize;
        let end = (x.1 / self.column_m - 0.5).floor() + 1.0;
        first..(end.max(0.0) as usize).min(self.columns)
    }

    fn x(&self, column: usize) -> f64 {
        (column as f64 + 0.5) * self.column_m
    }

    /// Rows whose rays can meet the rectangle.
    fn rows_of(&self, y: Span, z: Span) -> std::ops::Range<usize> {
        let at = |y: f64, z: f64| {
            let shadow = SOURCE_Z + (z - SOURCE_Z) * (DETECTOR_Y - SOURCE_Y) / (y - SOURCE_Y);
            shadow / TOP_M * self.rows as f64 - 0.5
        };
        let corners = [at(y.0, z.0), at(y.0, z.1), at(y.1, z.0), at(y.1, z.1)];
        let low = corners.iter().copied().fold(f64::INFINITY, f64::min);
        let high = corners.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let first = low.floor().max(0.0) as usize;
        first..((high.ceil() + 1.0).max(0.0) as usize).min(self.rows)
    }

    /// Length of a ray within a rectangle across the lane.
    fn crossing(ray: (f64, f64), y: Span, z: Span) -> f64 {
        let (a, b) = ((y.0 - SOURCE_Y) / ray.0, (y.1 - SOURCE_Y) / ray.0);
        let rise = if ray.1.abs() < 1e-9 { 1e-9 } else { ray.1 };
        let (c, d) = ((z.0 - SOURCE_Z) / rise, (z.1 - SOURCE_Z) / rise);
        let near = a.min(b).max(c.min(d));
        let far = a.max(b).min(c.max(d));
        (far - near).max(0.0)
    }

    /// Length of a ray within a circle across the lane.
    fn chord(ray: (f64, f64), y: f64, z: f64, radius: f64) -> f64 {
        let (oy, oz) = (SOURCE_Y - y, SOURCE_Z - z);
        let along = ray.0 * oy + ray.1 * oz;
        let apart = oy * oy + oz * oz - radius * radius;
        2.0 * (along * along - apart).max(0.0).sqrt()
    }

    fn add(
        &mut self,
        matter: Matter,
        density: f64,
        column: usize,
        rows: std::ops::Range<usize>,
        length: impl Fn((f64, f64)) -> f64,
    ) {
        let path = &mut self.paths[matter as usize];
        if path.is_empty() {
            path.resize(self.columns * self.rows, 0.0);
        }
        let line = &mut path[column * self.rows..][..self.rows];
        for (value, ray) in line[rows.clone()].iter_mut().zip(&self.rays[rows]) {
            *value += (length(*ray) * density * 100.0) as f32;
        }
    }

    fn weigh(&mut self, volume_m3: f64, density: f64) {
        if self.weighing {
            self.load_kg += volume_m3 * density * 1000.0;
        }
    }

    /// Density in g/cm3; a negative one takes away what another solid put there.
    pub fn cuboid(&mut self, x: Span, y: Span, z: Span, matter: Matter, density: f64) {
        if x.1 <= x.0 || y.1 <= y.0 || z.1 <= z.0 {
            return;
        }
        self.weigh((x.1 - x.0) * (y.1 - y.0) * (z.1 - z.0), density);
        let rows = self.rows_of(y, z);
        for column in self.columns_of(x) {
            self.add(matter, density, column, rows.clone(), |ray| {
                Self::crossing(ray, y, z)
            });
        }
    }

    /// A hollow box with walls of `wall_m`.
    pub fn shell(&mut self, x: Span, y: Span, z: Span, wall_m: f64, matter: Matter, density: f64) {
        self.cuboid(x, y, z, matter, density);
        let inner = |it: Span| (it.0 + wall_m, it.1 - wall_m);
        self.cuboid(inner(x), inner(y), inner(z), matter, -density);
    }

    /// Axis across the lane.
    pub fn cylinder_y(
        &mut self,
        x: f64,
        z: f64,
        radius: f64,
        y: Span,
        matter: Matter,
        density: f64,
    ) {
        self.weigh(
            std::f64::consts::PI * radius * radius * (y.1 - y.0),
            density,
        );
        for column in self.columns_of((x - radius, x + radius)) {
            let half = (radius * radius - (self.x(column) - x).powi(2))
                .max(0.0)
                .sqrt();
            let z = (z - half, z + half);
            let rows = self.rows_of(y, z);
            self.add(matter, density, column, rows, |ray| {
                Self::crossing(ray, y, z)
            });
        }
    }

    /// Axis upright.
    pub fn cylinder_z(
        &mut self,
        x: f64,
        y: f64,
        radius: f64,
        z: Span,
        matter: Matter,
        density: f64,
    ) {
        self.weigh(
            std::f64::consts::PI * radius * radius * (z.1 - z.0),
            density,
        );
        for column in self.columns_of((x - radius, x + radius)) {
            let half = (radius * radius - (self.x(column) - x).powi(2))
                .max(0.0)
                .sqrt();
            let y = (y - half, y + half);
            let rows = self.rows_of(y, z);
            self.add(matter, density, column, rows, |ray| {
                Self::crossing(ray, y, z)
            });
        }
    }

    /// Axis along the vehicle.
    pub fn cylinder_x(
        &mut self,
        x: Span,
        y: f64,
        z: f64,
        radius: f64,
        matter: Matter,
        density: f64,
    ) {
        self.weigh(
            std::f64::consts::PI * radius * radius * (x.1 - x.0),
            density,
        );
        let rows = self.rows_of((y - radius, y + radius), (z - radius, z + radius));
        for column in self.columns_of(x) {
            self.add(matter, density, column, rows.clone(), |ray| {
                Self::chord(ray, y, z, radius)
            });
        }
    }

    pub fn sphere(&mut self, x: f64, y: f64, z: f64, radius: f64, matter: Matter, density: f64) {
        self.weigh(4.0 / 3.0 * std::f64::consts::PI * radius.powi(3), density);
        let rows = self.rows_of((y - radius, y + radius), (z - radius, z + radius));
        for column in self.columns_of((x - radius, x + radius)) {
            let part = (radius * radius - (self.x(column) - x).powi(2))
                .max(0.0)
                .sqrt();
            if part > 0.0 {
                self.add(matter, density, column, rows.clone(), |ray| {
                    Self::chord(ray, y, z, part)
                });
            }
        }
    }

    /// Remembers where something hidden is, as a rectangle of the picture.
    pub fn mark(&mut self, kind: &'static str, x: Span, y: Span, z: Span, note: &'static str) {
        let rows = self.rows as f64;
        let row = |y: f64, z: f64| {
            let shadow = SOURCE_Z + (z - SOURCE_Z) * (DETECTOR_Y - SOURCE_Y) / (y - SOURCE_Y);
            ((1.0 - shadow / TOP_M) * rows).clamp(0.0, rows)
        };
        let corners = [row(y.0, z.0), row(y.0, z.1), row(y.1, z.0), row(y.1, z.1)];
        let top = corners.iter().copied().fold(rows, f64::min).round() as u32;
        let bottom = corners.iter().copied().fold(0.0, f64::max).round() as u32;
        let column = |x: f64| (x / self.column_m).round().clamp(0.0, self.columns as f64) as u32;
        self.truth.push(Hidden {
            kind,
            left_px: column(x.0),
            top_px: top,
            width_px: (column(x.1) - column(x.0)).max(1),
            height_px: (bottom - top).max(1),
            note,
        });
    }

    pub fn declare(&mut self, hs: &'static str, text: &'static str, net_kg: u32, packages: u32) {
        self.manifest.push(Declared {
            hs,
            text,
            net_kg,
            packages,
        });
    }

    /// Sides of a pixel relative to full size.
    pub fn divisor(&self) -> u32 {
        self.divisor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_of_water_weighs_and_weakens_what_it_should() {
        let mut scene = Scene::new(2.0, 1, "test", 4);
        scene.begin_load();
        scene.cuboid((0.5, 1.5), (-0.5, 0.5), (0.9, 1.3), Matter::Water, 1.0);
        assert_eq!(scene.load_kg(), 400);
        let path = scene.path(Matter::Water).unwrap();
        let row = (1.1 / TOP_M * scene.rows as f64) as usize;
        // One metre of water along the level ray: 100 g/cm2.
        assert!((path[50 * scene.rows + row] - 100.0).abs() < 0.1);
        assert_eq!(path[5 * scene.rows + row], 0.0);
        assert_eq!(path[50 * scene.rows + scene.rows - 1], 0.0);
    }

    #[test]
    fn rows_outside_the_shadow_are_exactly_those_without_path() {
        let mut scene = Scene::new(1.0, 1, "test", 4);
        let (y, z) = ((-0.3, 0.8), (0.2, 2.9));
        scene.cuboid((0.0, 1.0), y, z, Matter::Steel, 1.0);
        let path = scene.path(Matter::Steel).unwrap();
        for (row, ray) in scene.rays.iter().enumerate() {
            let due = Scene::crossing(*ray, y, z) * 100.0;
            assert!((f64::from(path[row]) - due).abs() < 1e-3, "row {row}");
        }
    }
}
