//! The scenes: what is loaded, what is declared, what is hidden. A name ending in `_clean` is the same load
//! with nothing hidden.

use super::cargo::{Goods, Inside, car, cartons, drum, pallet, two_rows};
use super::matter::Matter::{
    Aluminium, Cellulose, Ceramic, Copper, Diesel, Lead, Polyethylene, Potash, Steel, Sugar, Water,
};
use super::solids::Scene;
use super::vehicle::{Body, body, chassis, tractor};

/// Every scene [`scene`] knows.
pub const SCENES: &[&str] = &[
    "beverage",
    "beverage_alt",
    "cars",
    "cars_clean",
    "drums",
    "drums_clean",
    "electronics",
    "empty",
    "empty_clean",
    "fertilizer",
    "machinery",
    "machinery_clean",
    "people",
    "people_clean",
    "textiles",
    "textiles_clean",
    "tiles",
];

/// Where the load begins and how long it may be.
const LOAD_X: f64 = 3.95;
const LOAD_M: f64 = 12.9;
const MANY: u32 = u32::MAX;

fn goods(matter: super::matter::Matter, density: f64, scatter: f64, inside: Inside) -> Goods {
    Goods {
        matter,
        density,
        scatter,
        inside,
    }
}

/// Tobacco in cartons: dried leaves are cellulose to a beam of this energy.
fn cigarettes(density: f64) -> Goods {
    goods(Cellulose, density, 0.12, Inside::Filled)
}

/// `None` for a name that is none of [`SCENES`].
pub fn scene(name: &str, seed: u64, divisor: u32) -> Option<Scene> {
    if !SCENES.contains(&name) {
        return None;
    }
    let (load, hides) = match (name, name.strip_suffix("_clean")) {
        ("beverage", _) => ("beverage", false),
        ("beverage_alt", _) => ("beverage", true),
        (_, Some(load)) => (load, false),
        (load, None) => (load, true),
    };
    let mut scene = Scene::new(17.0, seed, load, divisor);
    let s = &mut scene;
    tractor(s, 0.05);
    chassis(s, LOAD_X, LOAD_M);
    body(
        s,
        LOAD_X,
        LOAD_M,
        match load {
            "textiles" | "drums" | "cars" | "electronics" => Body::Container,
            "empty" | "people" => Body::Reefer,
            _ => Body::Curtain,
        },
    );
    s.begin_load();
    match load {
        "beverage" => beverage(s, hides),
        "cars" => cars(s, hides),
        "drums" => drums(s, hides),
        "electronics" => electronics(s),
        "empty" => empty(s, hides),
        "fertilizer" => fertilizer(s),
        "machinery" => machinery(s, hides),
        "people" => people(s, hides),
        "textiles" => textiles(s, hides),
        _ => tiles(s),
    }
    Some(scene)
}

/// Cartons on a pallet, about `height` high.
fn stacked(
    height: f64,
    count: super::cargo::Count,
    goods: Goods,
) -> impl FnMut(&mut Scene, f64, f64, f64) {
    move |s, x, y, z| {
        let height = height * s.chance.between(0.9, 1.0);
        cartons(s, (x, x + 0.8), (y, y + 1.2), (z, z + height), count, goods);
    }
}

fn beverage(s: &mut Scene, hides: bool) {
    let water = goods(Water, 1.0, 0.02, Inside::Bottles);
    two_rows(s, LOAD_X, LOAD_M, MANY, stacked(1.6, (2, 3, 5), water));
    s.declare("220210", "Mineral water in PET bottles", 20_500, 30);
    if hides {
        let x = LOAD_X + 6.6;
        let (x, y, z) = ((x, x + 0.5), (-0.35, 0.25), (1.5, 2.1));
        s.cuboid(x, y, z, Cellulose, 0.42);
        cartons(s, x, y, z, (5, 3, 6), cigarettes(0.30));
        s.mark(
            "undeclared_cigarettes",
            x,
            y,
            z,
            "cigarette cartons inside pallets of water",
        );
    }
}

fn textiles(s: &mut Scene, hides: bool) {
    let cotton = goods(Cellulose, 0.22, 0.2, Inside::Filled);
    two_rows(s, LOAD_X, LOAD_M, MANY, stacked(2.3, (2, 2, 5), cotton));
    s.declare("610910", "T-shirts, cotton", 9_800, 780);
    if hides {
        let x = LOAD_X + 11.9;
        cartons(
            s,
            (x, x + 0.45),
            (-1.15, 1.15),
            (1.3, 3.7),
            (2, 6, 9),
            cigarettes(0.32),
        );
        s.cuboid(
            (x + 0.47, x + 0.478),
            (-1.2, 1.2),
            (1.25, 3.9),
            Cellulose,
            0.7,
        );
        s.mark(
            "false_wall_cigarettes",
            (x, x + 0.45),
            (-1.15, 1.15),
            (1.3, 3.7),
            "row behind a false wall",
        );
    }
}

fn drums(s: &mut Scene, hides: bool) {
    let mut x = LOAD_X + 0.35;
    while x < LOAD_X + LOAD_M - 0.4 {
        for y in [-0.88, -0.29, 0.30, 0.89] {
            for z in [1.26, 2.18] {
                let density = 0.89 + 0.02 * s.chance.normal();
                let level = s.chance.between(0.9, 0.95);
                drum(s, x, y, z, Diesel, density, level);
            }
        }
        x += 0.6;
    }
    s.declare("271019", "Lubricating oil in drums", 21_000, 160);
    if hides {
        let x = LOAD_X + 0.35 + 0.6 * 9.0;
        let (x, y, z) = ((x - 0.12, x + 0.12), (-0.41, -0.17), (2.3, 2.6));
        s.cuboid(x, y, z, Lead, 11.3);
        s.mark(
            "shielding_lead_block",
            x,
            y,
            z,
            "lead in a drum: suspicion of a shielded source",
        );
    }
}

fn tiles(s: &mut Scene) {
    let ceramic = goods(Ceramic, 1.9, 0.03, Inside::Filled);
    two_rows(s, LOAD_X, LOAD_M, MANY, |s, x, y, z| {
        let (x, y) = ((x + 0.1, x + 0.7), (y + 0.1, y + 1.1));
        cartons(s, x, y, (z, z + 0.75), (2, 3, 3), ceramic);
    });
    s.declare("690721", "Ceramic tiles", 22_000, 30);
}

fn machinery(s: &mut Scene, hides: bool) {
    for unit in 0..4 {
        let x = LOAD_X + 0.5 + f64::from(unit) * 3.0;
        let along = |from: f64, to: f64| (x + from, x + to);
        s.cuboid(along(0.0, 2.2), (-0.8, 0.8), (1.25, 1.45), Steel, 1.5);
        s.cuboid(along(0.2, 1.2), (-0.5, 0.5), (1.45, 2.4), Steel, 2.2);
        s.cylinder_x(along(1.2, 2.0), 0.0, 1.95, 0.35, Steel, 3.2);
        s.cylinder_x(along(1.25, 1.95), 0.0, 1.95, 0.18, Copper, 4.0);
        for pipe in 0..6 {
            let at = x + 0.35 + 0.15 * f64::from(pipe);
            s.cylinder_y(at, 2.5, 0.06, (-0.45, 0.45), Steel, 7.85);
            s.cylinder_y(at, 2.5, 0.045, (-0.45, 0.45), Steel, -7.85);
        }
        s.shell(along(0.2, 0.9), (-0.4, 0.4), (2.6, 3.3), 0.003, Steel, 7.85);
        s.cuboid(along(0.25, 0.85), (-0.35, 0.35), (2.65, 3.25), Copper, 0.15);
    }
    s.declare("848180", "Pump units", 16_500, 4);
    if hides {
        let x = LOAD_X + 6.72;
        let along = |from: f64, to: f64| (x + from, x + to);
        s.cylinder_x(along(0.0, 0.62), 0.2, 2.75, 0.009, Steel, 7.85);
        s.cuboid(
            along(0.05, 0.28),
            (0.185, 0.215),
            (2.70, 2.745),
            Steel,
            7.85,
        );
        s.cuboid(along(0.2, 0.24), (0.19, 0.21), (2.55, 2.70), Steel, 7.85);
        s.cuboid(
            along(-0.22, 0.0),
            (0.185, 0.215),
            (2.68, 2.74),
            Cellulose,
            0.7,
        );
        s.mark(
            "long_gun_in_cabinet",
            along(-0.22, 0.62),
            (0.18, 0.22),
            (2.55, 2.76),
            "rifle shape in an electrical cabinet",
        );
    }
}

fn cars(s: &mut Scene, hides: bool) {
    car(s, LOAD_X + 0.4, 1.26);
    car(s, LOAD_X + 4.9, 1.26);
    let x = LOAD_X + 9.3;
    let parts = goods(Cellulose, 0.3, 0.12, Inside::Filled);
    cartons(s, (x, x + 3.2), (-1.1, 1.1), (1.26, 2.26), (8, 4, 3), parts);
    s.declare("870323", "Used passenger cars", 2_900, 2);
    if hides {
        car(s, LOAD_X + 8.1, 2.45);
        let deck = (LOAD_X + 7.6, LOAD_X + 12.4);
        s.cuboid(deck, (-1.1, 1.1), (2.35, 2.40), Cellulose, 0.6);
        s.mark(
            "undeclared_vehicle",
            (LOAD_X + 8.1, LOAD_X + 12.4),
            (-0.85, 0.85),
            (2.45, 3.85),
            "third car, two are declared",
        );
    }
}

fn electronics(s: &mut Scene) {
    let devices = goods(Polyethylene, 0.2, 0.2, Inside::Devices);
    two_rows(s, LOAD_X, LOAD_M, MANY, stacked(2.2, (2, 3, 7), devices));
    s.declare("851762", "Communication apparatus", 7_200, 30);
}

fn empty(s: &mut Scene, hides: bool) {
    s.declare("", "EMPTY", 0, 0);
    if hides {
        let x = LOAD_X + 0.08;
        let packets = goods(Sugar, 0.8, 0.12, Inside::Filled);
        s.cuboid((x, x + 0.02), (-1.2, 1.2), (1.25, 3.8), Aluminium, 2.7);
        cartons(
            s,
            (x + 0.02, x + 0.24),
            (-1.1, 1.1),
            (1.3, 3.5),
            (1, 6, 8),
            packets,
        );
        s.mark(
            "hidden_compartment_front_wall",
            (x, x + 0.25),
            (-1.2, 1.2),
            (1.25, 3.8),
            "packets behind a false bulkhead, declared empty",
        );
    }
}

fn fertilizer(s: &mut Scene) {
    let mut x = LOAD_X + 0.15;
    while x < LOAD_X + LOAD_M - 1.0 {
        for y in [-1.15, 0.05] {
            let z = 1.394;
            pallet(s, x, y, (1.0, 1.1));
            let top = z + 0.95 + 0.06 * s.chance.normal();
            let density = 1.02 * (1.0 + 0.03 * s.chance.normal());
            s.cuboid(
                (x + 0.02, x + 0.98),
                (y + 0.02, y + 1.08),
                (z, top),
                Potash,
                density,
            );
            s.cylinder_z(x + 0.5, y + 0.55, 0.25, (z + 0.95, z + 1.08), Potash, 0.5);
        }
        x += 1.05;
    }
    s.declare("310420", "Potassium chloride in big bags", 22_000, 24);
}

fn people(s: &mut Scene, hides: bool) {
    let apples = goods(Cellulose, 0.55, 0.05, Inside::Filled);
    two_rows(s, LOAD_X, LOAD_M, 10, stacked(1.3, (2, 2, 4), apples));
    s.declare("080810", "Apples in crates", 18_000, 26);
    if hides {
        for person in 0..3 {
            let x = LOAD_X + 9.3 + 0.7 * f64::from(person);
            let y = -0.4 + 0.4 * f64::from(person);
            s.cylinder_z(x, y, 0.16, (1.3, 2.0), Water, 0.95);
            s.sphere(x, y, 2.17, 0.11, Water, 1.0);
            s.cylinder_x((x, x + 0.5), y, 1.38, 0.09, Water, 1.0);
            s.mark(
                "person",
                (x - 0.2, x + 0.5),
                (y - 0.2, y + 0.2),
                (1.26, 2.3),
                "a person",
            );
        }
    }
}
