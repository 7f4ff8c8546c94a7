//! Goods as they are packed: pallets, cartons, drums, cars. Scenes put them together.

use super::matter::Matter::{
    self, Aluminium, Cellulose, Copper, Polyethylene, Polystyrene, Rubber, Steel,
};
use super::solids::{Scene, Span};

/// What is in a carton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    Filled,
    Bottles,
    Devices,
}

/// How many along, across, up.
pub type Count = (u32, u32, u32);

#[derive(Debug, Clone, Copy)]
pub struct Goods {
    pub matter: Matter,
    /// g/cm3 in the carton.
    pub density: f64,
    /// Scatter of the density from carton to carton.
    pub scatter: f64,
    pub inside: Inside,
}

/// A pallet of `size` (along, across) with its near left foot at `x`, `y`.
pub fn pallet(s: &mut Scene, x: f64, y: f64, size: (f64, f64)) {
    let (z, (length, width)) = (1.25, size);
    for board in 0..5 {
        let at = |board: i32| x + f64::from(board) * length / 5.0;
        let span = (at(board) + 0.02, at(board + 1) - 0.02);
        s.cuboid(
            span,
            (y, y + width),
            (z + 0.122, z + 0.144),
            Cellulose,
            0.55,
        );
    }
    for row in 0..3 {
        let across = y + f64::from(row) * (width - 0.1) / 2.0;
        for block in 0..3 {
            let along = x + f64::from(block) * (length - 0.14) / 2.0;
            let (x, y) = ((along, along + 0.14), (across, across + 0.1));
            s.cuboid(x, y, (z + 0.02, z + 0.122), Cellulose, 0.55);
        }
        s.cuboid(
            (x, x + length),
            (across, across + 0.1),
            (z, z + 0.02),
            Cellulose,
            0.55,
        );
    }
}

/// A stack of cartons filling `x`, `y`, `z`.
pub fn cartons(s: &mut Scene, x: Span, y: Span, z: Span, count: Count, goods: Goods) {
    let part = |span: Span, at: u32, of: u32| {
        let step = (span.1 - span.0) / f64::from(of);
        (
            span.0 + f64::from(at) * step + 0.004,
            span.0 + f64::from(at + 1) * step - 0.004,
        )
    };
    for along in 0..count.0 {
        for across in 0..count.1 {
            for up in 0..count.2 {
                let x = part(x, along, count.0);
                let (y, z) = (part(y, across, count.1), part(z, up, count.2));
                s.shell(x, y, z, 0.004, Cellulose, 0.7);
                let density = goods.density * (1.0 + goods.scatter * s.chance.normal());
                fill(s, x, y, z, density, goods);
            }
        }
    }
}

fn fill(s: &mut Scene, x: Span, y: Span, z: Span, density: f64, goods: Goods) {
    let (length, width, height) = (x.1 - x.0, y.1 - y.0, z.1 - z.0);
    match goods.inside {
        Inside::Filled => {
            let slack = height * 0.05 * s.chance.unit();
            let top = z.1 - 0.004 - slack;
            s.cuboid(
                (x.0 + 0.004, x.1 - 0.004),
                (y.0 + 0.004, y.1 - 0.004),
                (z.0 + 0.004, top),
                goods.matter,
                density,
            );
        }
        Inside::Bottles => {
            let (rows, files) = (
                ((length / 0.085) as u32).max(1),
                ((width / 0.085) as u32).max(1),
            );
            for row in 0..rows {
                for file in 0..files {
                    let x = x.0 + (f64::from(row) + 0.5) * length / f64::from(rows);
                    let y = y.0 + (f64::from(file) + 0.5) * width / f64::from(files);
                    let level = z.0 + 0.01 + height * 0.68 * s.chance.between(0.97, 1.03);
                    s.cylinder_z(x, y, 0.037, (z.0 + 0.01, level), goods.matter, density);
                    let neck = (z.0 + height * 0.68, z.1 - 0.02);
                    s.cylinder_z(x, y, 0.014, neck, goods.matter, density * 0.6);
                }
            }
        }
        Inside::Devices => {
            for _ in 0..2 + s.chance.below(3) {
                let [a, b, c, d, e, f] = [(); 6].map(|()| s.chance.unit());
                let (left, low) = (x.0 + a * length * 0.6, z.0 + b * height * 0.6);
                let matter = [Aluminium, Copper, Steel, Polyethylene][(e * 4.0) as usize % 4];
                let right = (left + 0.05 + 0.12 * c).min(x.1 - 0.01);
                let top = (low + 0.02 + 0.1 * d).min(z.1 - 0.01);
                s.cuboid(
                    (left, right),
                    (y.0 + 0.03, y.1 - 0.03),
                    (low, top),
                    matter,
                    0.25 + 0.5 * f,
                );
            }
            let inner = |it: Span| (it.0 + 0.01, it.1 - 0.01);
            s.cuboid(inner(x), inner(y), inner(z), Polystyrene, 0.05);
        }
    }
}

/// Two rows of pallets 1.2 m across from `x`, `load` on each; at most `most` along.
pub fn two_rows(
    s: &mut Scene,
    x: f64,
    length: f64,
    most: u32,
    mut load: impl FnMut(&mut Scene, f64, f64, f64),
) {
    let mut at = x + 0.1;
    for _ in 0..most {
        if at + 0.8 >= x + length - 0.1 {
            break;
        }
        for y in [-1.2, 0.0] {
            pallet(s, at, y, (0.8, 1.2));
            load(s, at, y, 1.394);
        }
        at += 0.84;
    }
}

/// A steel drum of 200 litres, filled to `level` (0..1).
pub fn drum(s: &mut Scene, x: f64, y: f64, z: f64, matter: Matter, density: f64, level: f64) {
    s.cylinder_z(x, y, 0.29, (z, z + 0.88), Steel, 7.85);
    s.cylinder_z(x, y, 0.2888, (z + 0.0012, z + 0.8788), Steel, -7.85);
    s.cylinder_z(
        x,
        y,
        0.2888,
        (z + 0.0012, z + 0.0012 + 0.87 * level),
        matter,
        density,
    );
    for ring in [0.3, 0.6] {
        let span = (z + ring, z + ring + 0.012);
        s.cylinder_z(x, y, 0.297, span, Steel, 7.85);
        s.cylinder_z(x, y, 0.29, span, Steel, -7.85);
    }
}

/// A passenger car standing at height `z`.
pub fn car(s: &mut Scene, x: f64, z: f64) {
    let along = |from: f64, to: f64| (x + from, x + to);
    let up = |from: f64, to: f64| (z + from, z + to);
    s.shell(
        along(0.0, 4.3),
        (-0.85, 0.85),
        up(0.25, 0.75),
        0.0015,
        Steel,
        7.85,
    );
    s.shell(
        along(0.9, 3.4),
        (-0.75, 0.75),
        up(0.75, 1.4),
        0.0012,
        Steel,
        7.85,
    );
    s.cuboid(
        along(3.45, 4.05),
        (-0.35, 0.35),
        up(0.3, 0.8),
        Aluminium,
        1.9,
    );
    s.cuboid(along(3.5, 3.9), (-0.2, 0.2), up(0.35, 0.7), Steel, 1.8);
    for axle in [0.75, 3.4] {
        let (x, z) = (x + axle, z + 0.31);
        for y in [(-0.85, -0.65), (0.65, 0.85)] {
            s.cylinder_y(x, z, 0.31, y, Rubber, 1.15);
            s.cylinder_y(x, z, 0.2, y, Rubber, -1.15);
        }
        s.cylinder_y(x, z, 0.19, (-0.8, -0.75), Aluminium, 2.7);
        s.cylinder_y(x, z, 0.03, (-0.8, 0.8), Steel, 7.85);
    }
    for y in [-0.35, 0.35] {
        for seat in [1.5, 2.5] {
            let wide = (y - 0.2, y + 0.2);
            s.cuboid(
                along(seat, seat + 0.45),
                wide,
                up(0.35, 0.5),
                Polystyrene,
                0.25,
            );
            s.cuboid(
                along(seat, seat + 0.1),
                wide,
                up(0.5, 1.05),
                Polystyrene,
                0.2,
            );
        }
    }
    s.cuboid(
        along(0.3, 0.8),
        (-0.5, 0.5),
        up(0.3, 0.55),
        Polyethylene,
        0.35,
    );
}
