//! The lorry itself: tractor, semi-trailer, three bodies. Shapes of the usual kind, of no make.

use super::matter::Matter::{
    Aluminium, Cellulose, Copper, Diesel, Glass, Lead, Polyethylene, Polystyrene, Rubber, Steel,
    Water,
};
use super::solids::Scene;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Curtain,
    Container,
    Reefer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tyres {
    Single,
    Twin,
}

fn wheel(s: &mut Scene, x: f64, tyres: Tyres) {
    let (z, r) = (0.5, 0.5);
    for side in [-1.0, 1.0] {
        let (inner, outer) = match tyres {
            Tyres::Twin => (0.55, 1.22),
            Tyres::Single => (0.85, 1.2),
        };
        let (a, b) = if side > 0.0 {
            (inner, outer)
        } else {
            (-outer, -inner)
        };
        s.cylinder_y(x, z, r, (a, b), Rubber, 1.15);
        s.cylinder_y(x, z, r * 0.56, (a, b), Rubber, -1.15);
        s.cylinder_y(x, z, r * 0.56, (a, a + 0.012), Steel, 7.85);
        s.cylinder_y(x, z, r * 0.30, (a, b), Steel, 2.5);
        let middle = (a + b) / 2.0;
        s.cylinder_y(x, z, r * 0.40, (middle - 0.06, middle + 0.06), Steel, 4.0);
        for bolt in 0..10 {
            let angle = f64::from(bolt) * std::f64::consts::TAU / 10.0;
            let (dx, dz) = (r * 0.42 * angle.cos(), r * 0.42 * angle.sin());
            s.cylinder_y(x + dx, z + dz, 0.014, (a, a + 0.07), Steel, 7.85);
        }
    }
    s.cylinder_y(x, z, 0.075, (-0.9, 0.9), Steel, 7.85);
}

/// Front bumper at `x`; two axles, where the weighing finds them (`traffic::Silhouette`).
pub fn tractor(s: &mut Scene, x: f64) {
    let along = |from: f64, to: f64| (x + from, x + to);
    // Cab.
    s.shell(
        along(0.0, 2.2),
        (-1.22, 1.22),
        (1.0, 3.6),
        0.004,
        Steel,
        7.85,
    );
    s.shell(
        along(0.05, 2.15),
        (-1.15, 1.15),
        (1.05, 3.55),
        0.02,
        Polyethylene,
        0.1,
    );
    s.cuboid(along(0.02, 0.04), (-1.1, 1.1), (1.9, 2.9), Glass, 2.4);
    for y in [-0.6, 0.6] {
        s.shell(
            along(0.9, 1.4),
            (y - 0.28, y + 0.28),
            (1.35, 2.3),
            0.03,
            Polyethylene,
            0.5,
        );
        s.cuboid(along(1.3, 1.34), (y - 0.2, y + 0.2), (1.4, 2.3), Steel, 2.0);
    }
    // The driver sits in it.
    s.cylinder_z(x + 1.1, -0.6, 0.16, (1.6, 2.3), Water, 0.95);
    s.sphere(x + 1.1, -0.6, 2.45, 0.11, Water, 1.0);
    s.cuboid(along(1.5, 2.1), (-1.0, 1.0), (1.5, 1.75), Polystyrene, 0.08);
    // Engine, gearbox, shaft.
    s.cuboid(along(0.5, 1.75), (-0.42, 0.42), (0.55, 1.35), Steel, 3.1);
    for cylinder in 0..6 {
        let at = x + 0.62 + f64::from(cylinder) * 0.19;
        s.cylinder_z(at, 0.0, 0.066, (0.7, 1.25), Steel, -3.1);
        s.cylinder_z(at, 0.0, 0.06, (0.85, 1.0), Aluminium, 2.7);
    }
    s.cuboid(along(0.28, 0.40), (-0.5, 0.5), (0.6, 1.5), Aluminium, 1.2);
    s.cylinder_x(along(1.75, 2.5), 0.0, 0.85, 0.22, Aluminium, 2.0);
    s.cylinder_x(along(2.5, 4.4), 0.0, 0.8, 0.05, Steel, 7.85);
    // Frame, tanks, batteries.
    for y in [-0.4, 0.4] {
        s.cuboid(
            along(0.2, 5.9),
            (y - 0.004, y + 0.004),
            (0.85, 1.12),
            Steel,
            7.85,
        );
        s.cuboid(
            along(0.2, 5.9),
            (y - 0.04, y + 0.04),
            (1.112, 1.12),
            Steel,
            7.85,
        );
        s.cuboid(
            along(0.2, 5.9),
            (y - 0.04, y + 0.04),
            (0.85, 0.858),
            Steel,
            7.85,
        );
    }
    for side in [-1.0, 1.0] {
        let y = side * 0.85;
        let inner = along(2.404, 3.596);
        s.cylinder_x(along(2.4, 3.6), y, 0.72, 0.30, Aluminium, 2.7);
        s.cylinder_x(inner, y, 0.72, 0.296, Aluminium, -2.7);
        s.cylinder_x(inner, y, 0.72, 0.296, Diesel, 0.84 * 0.6);
    }
    s.cuboid(along(3.7, 4.2), (0.5, 1.0), (0.6, 0.9), Lead, 3.0);
    s.cylinder_z(x + 2.35, -0.9, 0.09, (1.0, 3.4), Steel, 1.2);
    wheel(s, x + 1.35, Tyres::Single);
    wheel(s, x + 5.05, Tyres::Twin);
    s.cuboid(along(4.6, 5.6), (-0.45, 0.45), (1.12, 1.22), Steel, 4.0);
}

/// Semi-trailer frame from `x`, three axles with the overhang behind that a turning circle asks for.
pub fn chassis(s: &mut Scene, x: f64, length: f64) {
    let whole = (x, x + length);
    for y in [-0.5, 0.5] {
        s.cuboid(whole, (y - 0.005, y + 0.005), (0.95, 1.22), Steel, 7.85);
        s.cuboid(whole, (y - 0.07, y + 0.07), (1.205, 1.22), Steel, 7.85);
        s.cuboid(whole, (y - 0.07, y + 0.07), (0.95, 0.962), Steel, 7.85);
    }
    let mut beam = x + 0.3;
    while beam < x + length {
        s.cuboid((beam, beam + 0.06), (-1.2, 1.2), (1.12, 1.22), Steel, 1.2);
        beam += 0.45;
    }
    for axle in 0..3 {
        let at = x + length - 3.55 - 1.31 * f64::from(axle);
        wheel(s, at, Tyres::Twin);
        s.cuboid(
            (at - 0.5, at + 0.5),
            (-0.55, -0.48),
            (0.6, 0.75),
            Steel,
            3.0,
        );
        s.cuboid((at - 0.5, at + 0.5), (0.48, 0.55), (0.6, 0.75), Steel, 3.0);
        s.cylinder_z(at + 0.3, 0.5, 0.12, (0.75, 0.95), Rubber, 1.15);
    }
    for y in [-0.9, 0.9] {
        s.cuboid(
            (x + 2.9, x + 3.05),
            (y - 0.07, y + 0.07),
            (0.25, 1.0),
            Steel,
            2.0,
        );
    }
    s.cuboid((x + 4.0, x + 5.2), (0.9, 1.2), (0.5, 1.0), Steel, 0.5);
}

/// What stands on the frame.
pub fn body(s: &mut Scene, x: f64, length: f64, kind: Body) {
    let (low, high) = (1.22, 3.95);
    let (z, whole, end) = ((low, high), (x, x + length), x + length);
    s.cuboid(whole, (-1.24, 1.24), (1.22, 1.25), Cellulose, 0.7);
    match kind {
        Body::Container => {
            let folds = (length / 0.278) as u32;
            for fold in 0..folds {
                let at = |fold: u32| x + f64::from(fold) * length / f64::from(folds);
                let off = if fold % 2 == 1 { 0.018 } else { -0.018 };
                for side in [-1.0, 1.0] {
                    let y = side * 1.218 + off;
                    s.cuboid(
                        (at(fold), at(fold + 1)),
                        (y - 0.001, y + 0.001),
                        z,
                        Steel,
                        7.85,
                    );
                }
            }
            s.cuboid(whole, (-1.22, 1.22), (high - 0.002, high), Steel, 7.85);
            for post in [x, end - 0.16] {
                for y in [-1.2, 1.04] {
                    s.cuboid((post, post + 0.16), (y, y + 0.16), z, Steel, 1.4);
                }
            }
            s.cuboid((end - 0.05, end), (-1.1, 1.1), z, Steel, 1.2);
            s.cuboid((x, x + 0.004), (-1.2, 1.2), z, Steel, 7.85);
            for y in [-0.7, -0.3, 0.3, 0.7] {
                s.cylinder_z(end - 0.02, y, 0.017, z, Steel, 7.85);
            }
        }
        Body::Reefer => {
            for side in [-1.0, 1.0] {
                let y = side * 1.24;
                s.cuboid(whole, (y - 0.03, y + 0.03), z, Polystyrene, 0.06);
                let y = side * 1.27;
                s.cuboid(whole, (y - 0.001, y + 0.001), z, Aluminium, 2.7);
            }
            s.cuboid(whole, (-1.24, 1.24), (high - 0.08, high), Polystyrene, 0.06);
            s.cuboid((x - 0.5, x), (-0.9, 0.9), (2.3, 3.9), Aluminium, 0.5);
            s.cylinder_y(x - 0.25, 3.3, 0.25, (-0.8, 0.8), Copper, 0.35);
            s.cuboid((x - 0.45, x - 0.1), (-0.5, 0.3), (2.4, 2.9), Steel, 2.0);
        }
        Body::Curtain => {
            for side in [-1.0, 1.0] {
                let y = side * 1.25;
                s.cuboid(whole, (y - 0.0006, y + 0.0006), z, Polyethylene, 1.3);
            }
            for post in 0..5 {
                let at = x + f64::from(post) * (length - 0.1) / 4.0;
                for side in [-1.0, 1.0] {
                    let y = side * 1.2;
                    s.shell((at, at + 0.09), (y - 0.04, y + 0.04), z, 0.006, Steel, 7.85);
                }
            }
            s.cuboid(whole, (-1.2, 1.2), (high - 0.001, high), Polyethylene, 1.3);
            s.shell(
                (x, x + 0.05),
                (-1.24, 1.24),
                (low, 2.9),
                0.004,
                Aluminium,
                2.7,
            );
            for y in [(-1.22, -1.18), (1.18, 1.22)] {
                s.cuboid(whole, y, (high - 0.15, high), Aluminium, 1.2);
            }
        }
    }
}
