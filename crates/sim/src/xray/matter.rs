//! What things are made of and how they weaken a beam. Mass attenuation coefficients: NIST X-ray mass
//! attenuation coefficients (NISTIR 5632), total, cm2/g, at the energies of [`GRID_MEV`]; between them
//! by logarithms. Only facts; no geometry.

/// Energies of the table, MeV.
const GRID_MEV: [f64; 16] = [
    0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0,
];

/// Symbol, atomic mass, coefficients.
type Element = (&'static str, f64, [f64; 16]);

#[rustfmt::skip]
const ELEMENTS: [Element; 16] = [
    ("H", 1.008, [0.2944, 0.2651, 0.2429, 0.2112, 0.1893, 0.1729, 0.1599, 0.1405, 0.1263, 0.1129, 0.1027, 0.08769, 0.06921, 0.05806, 0.05049, 0.04498]),
    ("C", 12.011, [0.1514, 0.1347, 0.1229, 0.1066, 0.09546, 0.08715, 0.08058, 0.07076, 0.06361, 0.0569, 0.05179, 0.04442, 0.03562, 0.03047, 0.02708, 0.02469]),
    ("N", 14.007, [0.1529, 0.1353, 0.1233, 0.1068, 0.09557, 0.08719, 0.08063, 0.07081, 0.06364, 0.05693, 0.0518, 0.0445, 0.03579, 0.03073, 0.02742, 0.02511]),
    ("O", 15.999, [0.1551, 0.1361, 0.1237, 0.107, 0.09566, 0.08729, 0.0807, 0.07087, 0.06372, 0.05697, 0.05185, 0.04459, 0.03597, 0.031, 0.02777, 0.02552]),
    ("Na", 22.99, [0.1585, 0.1335, 0.1199, 0.1029, 0.09185, 0.08372, 0.07736, 0.06788, 0.061, 0.05454, 0.04968, 0.04282, 0.03487, 0.03037, 0.02753, 0.02559]),
    ("Mg", 24.305, [0.1686, 0.1394, 0.1245, 0.1065, 0.09492, 0.08647, 0.07988, 0.07008, 0.06296, 0.05629, 0.05129, 0.04426, 0.03613, 0.03159, 0.02873, 0.02681]),
    ("Al", 26.982, [0.1704, 0.1378, 0.1223, 0.1042, 0.09276, 0.08445, 0.07802, 0.06841, 0.06146, 0.05496, 0.05006, 0.04324, 0.03541, 0.03106, 0.02836, 0.02655]),
    ("Si", 28.086, [0.1835, 0.1448, 0.1275, 0.1082, 0.09614, 0.08748, 0.08077, 0.07082, 0.06361, 0.05688, 0.05183, 0.0448, 0.03678, 0.0324, 0.02967, 0.02788]),
    ("Cl", 35.45, [0.205, 0.148, 0.1266, 0.1054, 0.09311, 0.08453, 0.07795, 0.06826, 0.06128, 0.05478, 0.04994, 0.04328, 0.03585, 0.03188, 0.0295, 0.02798]),
    ("K", 39.098, [0.2345, 0.1582, 0.1319, 0.108, 0.09495, 0.086, 0.07922, 0.06929, 0.06216, 0.05556, 0.05068, 0.04399, 0.03666, 0.03282, 0.03054, 0.02915]),
    ("Ca", 40.078, [0.2571, 0.1674, 0.1376, 0.1116, 0.09783, 0.08851, 0.08148, 0.07122, 0.06388, 0.05709, 0.05207, 0.04524, 0.0378, 0.03395, 0.0317, 0.03035]),
    ("Fe", 55.845, [0.3717, 0.1964, 0.146, 0.1099, 0.094, 0.08414, 0.07704, 0.06699, 0.05995, 0.0535, 0.04883, 0.04265, 0.03621, 0.03312, 0.03146, 0.03057]),
    ("Cu", 63.546, [0.4584, 0.2217, 0.1559, 0.1119, 0.09413, 0.08362, 0.07625, 0.06605, 0.05901, 0.05261, 0.04803, 0.04205, 0.03599, 0.03318, 0.03177, 0.03108]),
    ("Zr", 91.224, [0.9658, 0.379, 0.2237, 0.1318, 0.1018, 0.08693, 0.07756, 0.06571, 0.0581, 0.0515, 0.047, 0.04146, 0.03644, 0.03451, 0.03384, 0.03374]),
    ("W", 183.84, [4.438, 1.581, 0.7844, 0.3238, 0.1925, 0.1378, 0.1093, 0.08066, 0.06618, 0.05577, 0.05, 0.04433, 0.04075, 0.04038, 0.04103, 0.0421]),
    ("Pb", 207.2, [5.549, 2.014, 0.9985, 0.4031, 0.2323, 0.1614, 0.1248, 0.0887, 0.07102, 0.05876, 0.05222, 0.04606, 0.04234, 0.04197, 0.04272, 0.04391]),
];

/// Everything a scene can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    Steel,
    Aluminium,
    Lead,
    Copper,
    Water,
    Polyethylene,
    Cellulose,
    Rubber,
    Glass,
    Ceramic,
    Potash,
    Diesel,
    Sugar,
    Polystyrene,
    Tungsten,
}

/// Number of [`Matter`]s.
pub const MATTERS: usize = 15;

impl Matter {
    pub const ALL: [Matter; MATTERS] = [
        Matter::Steel,
        Matter::Aluminium,
        Matter::Lead,
        Matter::Copper,
        Matter::Water,
        Matter::Polyethylene,
        Matter::Cellulose,
        Matter::Rubber,
        Matter::Glass,
        Matter::Ceramic,
        Matter::Potash,
        Matter::Diesel,
        Matter::Sugar,
        Matter::Polystyrene,
        Matter::Tungsten,
    ];

    /// Elements: atoms of a formula, or shares of mass for mixtures.
    fn recipe(self) -> Recipe {
        use Recipe::{Atoms, Mass};
        match self {
            Matter::Steel => Mass(&[("Fe", 1.0)]),
            Matter::Aluminium => Mass(&[("Al", 1.0)]),
            Matter::Lead => Mass(&[("Pb", 1.0)]),
            Matter::Copper => Mass(&[("Cu", 1.0)]),
            Matter::Tungsten => Mass(&[("W", 1.0)]),
            Matter::Water => Atoms(&[("H", 2.0), ("O", 1.0)]),
            Matter::Polyethylene => Atoms(&[("C", 1.0), ("H", 2.0)]),
            Matter::Cellulose => Atoms(&[("C", 6.0), ("H", 10.0), ("O", 5.0)]),
            Matter::Rubber => Atoms(&[("C", 5.0), ("H", 8.0)]),
            Matter::Glass => Atoms(&[("Si", 1.0), ("O", 2.0)]),
            Matter::Potash => Atoms(&[("K", 1.0), ("Cl", 1.0)]),
            Matter::Diesel => Atoms(&[("C", 12.0), ("H", 23.0)]),
            Matter::Sugar => Atoms(&[("C", 12.0), ("H", 22.0), ("O", 11.0)]),
            Matter::Polystyrene => Atoms(&[("C", 8.0), ("H", 8.0)]),
            Matter::Ceramic => Mass(&[
                ("O", 0.48),
                ("Si", 0.30),
                ("Al", 0.10),
                ("K", 0.03),
                ("Fe", 0.02),
                ("Ca", 0.02),
                ("Na", 0.02),
                ("Mg", 0.02),
                ("Zr", 0.01),
            ]),
        }
    }

    /// Mass attenuation coefficient at `energy_mev`, cm2/g.
    pub fn attenuation(self, energy_mev: f64) -> f64 {
        self.recipe().attenuation(energy_mev)
    }
}

enum Recipe {
    Atoms(&'static [(&'static str, f64)]),
    Mass(&'static [(&'static str, f64)]),
}

impl Recipe {
    fn attenuation(&self, energy_mev: f64) -> f64 {
        let (parts, atoms) = match self {
            Recipe::Atoms(parts) => (*parts, true),
            Recipe::Mass(parts) => (*parts, false),
        };
        let weigh = |symbol: &str, amount: f64| {
            let element = ELEMENTS.iter().find(|it| it.0 == symbol);
            element.map_or((0.0, 0.0), |(_, mass, table)| {
                let weight = if atoms { amount * mass } else { amount };
                (weight, weight * between(table, energy_mev))
            })
        };
        let (weight, sum) = parts
            .iter()
            .map(|(symbol, amount)| weigh(symbol, *amount))
            .fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
        sum / weight
    }
}

fn between(table: &[f64; 16], energy_mev: f64) -> f64 {
    let energy = energy_mev.clamp(GRID_MEV[0], GRID_MEV[15]);
    let upper = GRID_MEV
        .iter()
        .position(|it| *it >= energy)
        .unwrap_or(15)
        .max(1);
    let (low, high) = (GRID_MEV[upper - 1], GRID_MEV[upper]);
    let share = (energy / low).ln() / (high / low).ln();
    (table[upper - 1].ln() * (1.0 - share) + table[upper].ln() * share).exp()
}

/// Energies and weights of the detected beam of a `kv` MV source: thin-target bremsstrahlung hardened by
/// 2 mm of tungsten and 20 mm of iron, energy deposited in a 30 mm crystal (CdWO4, Cd as Cu).
pub fn spectrum(megavolt: f64) -> Vec<(f64, f64)> {
    const POINTS: usize = 14;
    let crystal = Recipe::Mass(&[("W", 0.51), ("Cu", 0.31), ("O", 0.18)]);
    let mut lines: Vec<(f64, f64)> = (0..POINTS)
        .map(|at| {
            let energy = 0.15 + (megavolt * 0.98 - 0.15) * at as f64 / (POINTS - 1) as f64;
            let made = (1.0 / energy - 1.0 / megavolt).max(0.0);
            let through = (-Matter::Tungsten.attenuation(energy) * 19.3 * 0.2
                - Matter::Steel.attenuation(energy) * 7.85 * 2.0)
                .exp();
            let kept = energy * (1.0 - (-crystal.attenuation(energy) * 7.9 * 3.0).exp());
            (energy, made * through * kept)
        })
        .collect();
    let sum: f64 = lines.iter().map(|it| it.1).sum();
    for line in &mut lines {
        line.1 /= sum;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_coefficients() {
        assert!((Matter::Steel.attenuation(1.0) - 0.05995).abs() < 1e-9);
        assert!((Matter::Water.attenuation(1.0) - 0.07072).abs() < 5e-5);
        assert!((Matter::Water.attenuation(3.0) - 0.03969).abs() < 5e-5);
        assert!((Matter::Polyethylene.attenuation(1.0) - 0.0726).abs() < 1e-3);
        // Between two grid points, on a straight line of logarithms.
        let at = Matter::Lead.attenuation((2.0_f64 * 3.0).sqrt());
        assert!((at - (0.04606_f64 * 0.04234).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn a_spectrum_sums_to_one_and_ends_below_its_voltage() {
        let lines = spectrum(6.0);
        assert!((lines.iter().map(|it| it.1).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(lines.iter().all(|it| it.0 < 6.0 && it.1 >= 0.0));
    }

    #[test]
    fn all_is_all() {
        for (at, it) in Matter::ALL.into_iter().enumerate() {
            assert_eq!(it as usize, at);
        }
    }
}
