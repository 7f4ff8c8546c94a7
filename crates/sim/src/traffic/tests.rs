use std::collections::BTreeMap;

use super::*;

const AT: UtcMs = UtcMs(1_795_400_000_000);

fn fleet(count: u64) -> Vec<Truck> {
    let checkpoint = CheckpointId::new("CN05");
    (0..count)
        .map(|number| truck(42, &checkpoint, Direction::Entry, number, AT))
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_trucks_and_another_seed_others() {
    assert_eq!(fleet(200), fleet(200));
    let checkpoint = CheckpointId::new("CN05");
    let same = (0..200).filter(|&it| {
        truck(42, &checkpoint, Direction::Entry, it, AT).tractor_plate
            == truck(43, &checkpoint, Direction::Entry, it, AT).tractor_plate
    });
    assert!(same.count() < 3);
}

#[test]
fn a_truck_does_not_depend_on_those_before_it() {
    let checkpoint = CheckpointId::new("CN05");
    assert_eq!(
        fleet(50)[49],
        truck(42, &checkpoint, Direction::Entry, 49, AT)
    );
}

#[test]
fn the_mix_is_covered_in_its_shares() {
    let total: u32 = Matter::MIX.iter().map(|(_, share)| share).sum();
    assert_eq!(total, 1000);
    let count = 20_000;
    let mut seen: BTreeMap<Matter, u32> = BTreeMap::new();
    for it in fleet(count) {
        *seen.entry(it.truth.matter).or_default() += 1;
    }
    for (matter, per_mille) in Matter::MIX {
        let expected = f64::from(per_mille) / 1000.0 * count as f64;
        let got = f64::from(seen.get(&matter).copied().unwrap_or_default());
        assert!(
            (got - expected).abs() < 5.0 * expected.sqrt(),
            "{matter:?}: {got}, not {expected}"
        );
    }
}

#[test]
fn countries_loads_and_dangerous_goods_occur() {
    let fleet = fleet(3000);
    for country in ["KZ", "CN", "RU", "UZ", "KG"] {
        assert!(
            fleet.iter().filter(|it| it.country == country).count() > 60,
            "{country}"
        );
    }
    assert!(fleet.iter().filter(|it| it.goods.is_empty()).count() > 100);
    assert!(
        fleet
            .iter()
            .filter(|it| it.goods.iter().any(|g| g.un_number.is_some()))
            .count()
            > 60
    );
    assert!(fleet.iter().filter(|it| !it.containers.is_empty()).count() > 500);
}

#[test]
fn clean_trucks_are_within_limits_and_carry_their_papers() {
    for it in fleet(2000)
        .iter()
        .filter(|it| it.truth.matter == Matter::Clean)
    {
        assert!(it.gross_kg() <= 38_000, "{}", it.gross_kg());
        assert!(
            it.silhouette.axle_kg[1] <= 9_000,
            "{:?}",
            it.silhouette.axle_kg
        );
        assert!(it.silhouette.height_m < 4.0 && it.silhouette.width_m < 2.55);
        assert!(it.source.is_none());
        assert!(it.notification().is_some());
        assert!(
            it.papers
                .iter()
                .all(|p| p.expires_at.is_none_or(|at| at > it.arrives_at))
        );
        let declared: u32 = it.goods.iter().map(|g| g.gross_kg).sum();
        let difference = f64::from(it.cargo_kg) - f64::from(declared);
        assert!(
            difference.abs() <= 0.025 * f64::from(declared),
            "{difference}"
        );
    }
}

#[test]
fn what_is_wrong_shows_in_the_world() {
    let checkpoint = CheckpointId::new("CN01");
    for number in 0..200 {
        let with = |matter| truck_with(7, &checkpoint, Direction::Entry, number, AT, matter);
        assert!(with(Matter::GrossOverload).gross_kg() > 41_000);
        let axle = with(Matter::AxleOverload);
        assert!(
            axle.silhouette.axle_kg[1] > 11_900,
            "{:?}",
            axle.silhouette.axle_kg
        );
        let forged = with(Matter::ForgedPlate);
        assert_ne!(forged.tractor_plate, forged.tractor_rear_plate);
        assert!(with(Matter::NoNotification).notification().is_none());
        let wanted_truck = with(Matter::Wanted);
        assert!(
            wanted()
                .iter()
                .any(|it| it.plate == wanted_truck.tractor_plate)
        );
        let expired = with(Matter::ExpiredPermit);
        assert!(
            expired
                .papers
                .iter()
                .any(|p| p.expires_at.is_some_and(|at| at < AT))
        );
        let missing = with(Matter::MissingCertificate);
        assert!(!missing.papers.iter().any(|p| matches!(
            p.kind,
            DocumentKind::VeterinaryCertificate
                | DocumentKind::PhytosanitaryCertificate
                | DocumentKind::SanitaryCertificate
        )));
        let empty = with(Matter::EmptyDeclared);
        assert!(empty.goods.is_empty() && empty.cargo_kg > 2000);
    }
}

#[test]
fn arrivals_follow_the_hour() {
    let day = 86_400_000;
    let times: Vec<UtcMs> = arrivals(5, "test", UtcMs(0), 40.0)
        .take_while(|at| at.0 < 60 * day)
        .collect();
    let per_hour = times.len() as f64 / (60.0 * 24.0);
    let mean = HOURLY.iter().sum::<f64>() / 24.0;
    assert!((per_hour - 40.0 * mean).abs() < 1.5, "{per_hour}");
    let local = |at: &UtcMs| {
        (at.0 + LOCAL_OFFSET_MS)
            .div_euclid(3_600_000)
            .rem_euclid(24)
    };
    let night = times.iter().filter(|at| local(at) == 3).count();
    let noon = times.iter().filter(|at| local(at) == 10).count();
    assert!(noon > 3 * night, "{noon} at ten, {night} at three");
    assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
}
