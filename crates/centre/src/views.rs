//! The search view as a fold of the checkpoints' ledgers: which record changes which row. Runs
//! beside the main loop; may be deleted, `catch_up` fills it again from the first record.

use domain::fact::{Direction, Fact, Identity};
use ledger::{Ledger, Record};

use crate::db::marks::Change;
use crate::db::{Db, DbError};
use crate::limits;

#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
}

/// Upper case, no blanks, dashes or dots, Cyrillic letters that look Latin as Latin: the form in
/// which plates, containers and names are compared.
pub fn normal(text: &str) -> String {
    devices::plate::normalise::normalised(text).unwrap_or_default()
}

/// Brings the view up to what `ledger` holds of the checkpoint `origin`. Idempotent.
pub async fn catch_up(db: &Db, ledger: &Ledger, origin: &str) -> Result<(), ViewError> {
    let cursor = db.view_cursor(origin).await?;
    let streams = ledger.status().into_iter().filter(|it| it.origin == origin);
    for status in streams {
        let mut next = match cursor {
            Some((epoch, _)) if i64::from(status.epoch) < epoch => continue,
            Some((epoch, last)) if i64::from(status.epoch) == epoch => last as u64 + 1,
            _ => 0,
        };
        while next < status.size {
            let raws = ledger
                .read(origin, status.epoch, next, limits::RECORDS_AT_ONCE)
                .await?;
            let Some(last) = raws.last().map(|it| it.sequence) else {
                break;
            };
            // A record of a kind this software does not know changes no view.
            let changes: Vec<Change> = raws
                .iter()
                .filter_map(|it| it.parse().ok())
                .flat_map(|it| changes(&it))
                .collect();
            db.apply_view(origin, i64::from(status.epoch), last as i64, &changes)
                .await?;
            next = last + 1;
        }
    }
    Ok(())
}

fn changes(record: &Record) -> Vec<Change> {
    let Some(id) = &record.passage else {
        return Vec::new();
    };
    let passage = id.to_string();
    let mark = |kind: &'static str, text: &str| {
        let mark = normal(text);
        (!mark.is_empty()).then(|| Change::Mark {
            passage: passage.clone(),
            kind,
            mark,
        })
    };
    match &record.fact {
        Fact::Arrived {
            lane, direction, ..
        } => vec![
            Change::Arrived {
                passage: passage.clone(),
                checkpoint: id.checkpoint.to_string(),
                lane: i64::from(lane.0),
                direction: match direction {
                    Direction::Entry => "entry",
                    Direction::Exit => "exit",
                },
                at: record.at.0,
            },
            Change::Mark {
                passage: passage.clone(),
                kind: "name",
                mark: normal(&passage),
            },
        ],
        Fact::PlateRead(it) => it.plate.iter().filter_map(|it| mark("plate", it)).collect(),
        Fact::ContainerRead(it) => mark("container", &it.code).into_iter().collect(),
        Fact::Identified(Identity {
            tractor_plate,
            trailer_plate,
            containers,
            ..
        }) => {
            let plates = tractor_plate
                .iter()
                .chain(trailer_plate)
                .filter_map(|it| mark("plate", it));
            let containers = containers.iter().filter_map(|it| mark("container", it));
            let shown = tractor_plate.iter().map(|it| Change::Plate {
                passage: passage.clone(),
                plate: it.clone(),
            });
            plates.chain(containers).chain(shown).collect()
        }
        Fact::NotificationMatched { notification: it } => {
            let plates = std::iter::once(&it.tractor_plate).chain(&it.trailer_plate);
            let plates = plates.filter_map(|it| mark("plate", it));
            plates
                .chain(it.containers.iter().filter_map(|it| mark("container", it)))
                .collect()
        }
        Fact::Departed => vec![Change::Ended {
            passage,
            how: "departed",
            at: record.at.0,
        }],
        Fact::BackedOut => vec![Change::Ended {
            passage,
            how: "backed_out",
            at: record.at.0,
        }],
        _ => Vec::new(),
    }
}
