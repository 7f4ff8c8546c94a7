//! What lorries carry: HS headings with descriptions, plausible masses, the certificates the
//! heading asks for, and which made radiograph looks like it. Certificates follow the simulator's
//! own table, so that a truck with "all papers" is judged by the procedure, not by itself.

use domain::notification::GoodsItem;
use domain::reading::DocumentKind;

use crate::chance::Chance;

/// One kind of cargo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cargo {
    /// Ten digits of the commodity code; the first four are the HS heading.
    pub hs: &'static str,
    pub description: &'static str,
    /// Lightest and heaviest full load, kg net.
    pub net_kg: (u32, u32),
    pub packages: (u32, u32),
    /// Packaging over net.
    pub packing: f64,
    pub body: Body,
    /// Scene of the made radiograph that shows it with nothing hidden.
    pub scene: &'static str,
    pub certificate: Option<DocumentKind>,
    pub un_number: Option<&'static str>,
    /// Naturally radioactive: potassium, uranium or thorium in the goods themselves.
    pub norm: Option<Norm>,
}

/// How strongly naturally radioactive goods shine: excess over background at full load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norm {
    pub excess_share: f64,
    pub nuclide: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Curtain,
    Container,
    Reefer,
    Tank,
}

const fn plain(
    hs: &'static str,
    description: &'static str,
    net_kg: (u32, u32),
    body: Body,
    scene: &'static str,
) -> Cargo {
    Cargo {
        hs,
        description,
        net_kg,
        packages: (20, 800),
        packing: 0.04,
        body,
        scene,
        certificate: None,
        un_number: None,
        norm: None,
    }
}

const fn certified(cargo: Cargo, kind: DocumentKind) -> Cargo {
    Cargo {
        certificate: Some(kind),
        ..cargo
    }
}

const fn dangerous(cargo: Cargo, un_number: &'static str) -> Cargo {
    Cargo {
        un_number: Some(un_number),
        certificate: Some(DocumentKind::DangerousGoodsCertificate),
        ..cargo
    }
}

const fn shining(cargo: Cargo, excess_share: f64, nuclide: &'static str) -> Cargo {
    Cargo {
        norm: Some(Norm {
            excess_share,
            nuclide,
        }),
        ..cargo
    }
}

/// Goods that ask for no certificate, and water, which the sanitary list names.
pub const ORDINARY: &[Cargo] = &[
    plain(
        "8517620000",
        "Communication apparatus",
        (5200, 8400),
        Body::Container,
        "electronics",
    ),
    plain(
        "8528720000",
        "Television receivers",
        (5800, 9200),
        Body::Container,
        "electronics",
    ),
    plain(
        "8450110000",
        "Washing machines",
        (8200, 11200),
        Body::Container,
        "electronics",
    ),
    certified(
        plain(
            "2202100000",
            "Mineral water in PET bottles",
            (15800, 18200),
            Body::Curtain,
            "beverage",
        ),
        DocumentKind::SanitaryCertificate,
    ),
    plain(
        "8481800000",
        "Pump units",
        (11800, 15800),
        Body::Curtain,
        "machinery_clean",
    ),
    plain(
        "6109100000",
        "T-shirts, cotton",
        (7600, 10800),
        Body::Container,
        "textiles_clean",
    ),
    plain(
        "6403990000",
        "Footwear with leather uppers",
        (7000, 9800),
        Body::Container,
        "textiles_clean",
    ),
    plain(
        "4011200000",
        "New pneumatic tyres for lorries",
        (11200, 14800),
        Body::Curtain,
        "textiles_clean",
    ),
    plain(
        "9403600000",
        "Wooden furniture",
        (6200, 9800),
        Body::Container,
        "textiles_clean",
    ),
    plain(
        "3923300000",
        "Plastic bottles and preforms",
        (6800, 9900),
        Body::Curtain,
        "electronics",
    ),
    plain(
        "7210490000",
        "Galvanised steel sheet in coils",
        (16800, 18400),
        Body::Curtain,
        "machinery_clean",
    ),
    plain(
        "8708999709",
        "Parts of motor vehicles",
        (9800, 14200),
        Body::Container,
        "machinery_clean",
    ),
    plain(
        "4802550000",
        "Uncoated paper in reels",
        (14800, 17800),
        Body::Curtain,
        "beverage",
    ),
];

/// Food, plants, animals: the body named by the certificate must see it.
pub const CERTIFIED: &[Cargo] = &[
    certified(
        plain(
            "0808108000",
            "Apples, fresh",
            (14800, 17800),
            Body::Reefer,
            "beverage",
        ),
        DocumentKind::PhytosanitaryCertificate,
    ),
    certified(
        plain(
            "0703101900",
            "Onions, fresh",
            (15200, 18200),
            Body::Curtain,
            "beverage",
        ),
        DocumentKind::PhytosanitaryCertificate,
    ),
    certified(
        plain(
            "1001990000",
            "Wheat",
            (16200, 18400),
            Body::Curtain,
            "beverage",
        ),
        DocumentKind::PhytosanitaryCertificate,
    ),
    certified(
        plain(
            "0202309000",
            "Frozen boneless beef",
            (14800, 17200),
            Body::Reefer,
            "beverage",
        ),
        DocumentKind::VeterinaryCertificate,
    ),
    certified(
        plain(
            "0207141000",
            "Frozen chicken cuts",
            (14200, 17200),
            Body::Reefer,
            "beverage",
        ),
        DocumentKind::VeterinaryCertificate,
    ),
    certified(
        plain(
            "2106909809",
            "Food supplements",
            (7800, 11800),
            Body::Container,
            "electronics",
        ),
        DocumentKind::SanitaryCertificate,
    ),
];

/// Dangerous goods with their UN number (ADR table A).
pub const DANGEROUS: &[Cargo] = &[
    dangerous(
        plain(
            "3208909100",
            "Paint",
            (9800, 14800),
            Body::Curtain,
            "drums_clean",
        ),
        "UN1263",
    ),
    dangerous(
        plain(
            "2710194210",
            "Diesel fuel in drums",
            (14200, 17200),
            Body::Container,
            "drums_clean",
        ),
        "UN1202",
    ),
    dangerous(
        plain(
            "8507600000",
            "Lithium ion batteries",
            (7800, 11800),
            Body::Container,
            "electronics",
        ),
        "UN3480",
    ),
];

/// Naturally radioactive goods.
pub const NORM: &[Cargo] = &[
    shining(
        plain(
            "3104200000",
            "Potassium chloride in big-bags",
            (16200, 18200),
            Body::Curtain,
            "fertilizer",
        ),
        0.9,
        "K-40",
    ),
    shining(
        plain(
            "3105200000",
            "Mineral fertilisers, NPK",
            (16200, 18200),
            Body::Curtain,
            "fertilizer",
        ),
        0.65,
        "K-40",
    ),
    shining(
        plain(
            "6907210000",
            "Ceramic tiles",
            (16800, 18400),
            Body::Curtain,
            "tiles",
        ),
        0.7,
        "Ra-226",
    ),
    shining(
        plain(
            "6902201000",
            "Refractory bricks",
            (16800, 18400),
            Body::Curtain,
            "tiles",
        ),
        0.9,
        "Th-232",
    ),
];

/// Goods that never shine, to be declared where naturally radioactive ones are carried.
pub const INERT: &[usize] = &[3, 10, 12];

/// Dense goods: badly loaded, they overload an axle while the gross mass stays allowed.
pub const HEAVY: &[usize] = &[3, 10, 12];

/// Scenes with something hidden, the cargo they are declared as, and what is hidden.
pub const HIDDEN: &[(&str, usize, &str)] = &[
    ("beverage_alt", 3, "undeclared_cigarettes"),
    ("textiles", 5, "false_wall_cigarettes"),
    ("machinery", 4, "long_gun_in_cabinet"),
];

/// One consignment of this cargo.
pub fn item(chance: &mut Chance, cargo: &Cargo, origin: &str) -> GoodsItem {
    let (light, heavy) = cargo.net_kg;
    let net_kg = light + chance.below((heavy - light) as usize + 1) as u32;
    let (few, many) = cargo.packages;
    GoodsItem {
        hs: cargo.hs.to_owned(),
        description: cargo.description.to_owned(),
        gross_kg: (f64::from(net_kg) * (1.0 + cargo.packing)).round() as u32,
        net_kg,
        packages: few + chance.below((many - few) as usize) as u32,
        origin: origin.to_owned(),
        un_number: cargo.un_number.map(str::to_owned),
    }
}
