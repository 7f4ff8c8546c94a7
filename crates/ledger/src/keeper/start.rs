//! The start of a ledger: every stream verified, and which epoch is written from now on. The same
//! for the program's disk and for the simulator's.

use super::{Opening, Stream};
use crate::check::{self, Damage, Damages};
use crate::error::{Error, Refusal, Result};
use crate::head::{SignedHead, origin_line, parse_origin_line};
use crate::note::{SignerKey, VerifierKey};
use crate::store::{Group, KEY_FILE, Store};
use crate::tree::Frontier;

/// The public key of the current epoch, for others to read.
const PUBLIC_FILE: &str = "key.pub";

/// Verifies every stream; the first damage refuses the start.
pub(super) async fn check_all(
    store: &mut impl Store,
    origin: &str,
    warnings: &mut Vec<String>,
) -> Result<(Vec<Stream>, u64)> {
    let mut damages = Damages::default();
    let rows = check::stream_rows(store, &mut damages).await?;
    let mut streams = Vec::new();
    let mut verified = 0;
    let holders: Vec<VerifierKey> = rows
        .iter()
        .filter(|it| it.origin == origin)
        .filter_map(|it| it.key.parse().ok())
        .collect();
    for row in &rows {
        let mut beside = None;
        if let Some(note) = store.note(&row.origin, row.epoch)? {
            match note.parse::<SignedHead>() {
                Ok(_) => beside = Some(note),
                Err(error) => {
                    let (origin, epoch) = (&row.origin, row.epoch);
                    warnings.push(format!(
                        "heads/{origin}.{epoch} was unreadable ({error}); written anew"
                    ));
                }
            }
        }
        let beside = beside.as_deref();
        let checked = check::check_stream(store, row, &holders, beside, None, &mut damages).await?;
        verified += checked.records;
        if let (Some(key), Some(held)) = (checked.key, checked.held) {
            streams.push(Stream {
                id: row.id,
                origin: row.origin.as_str().into(),
                epoch: row.epoch,
                key,
                frontier: checked.frontier,
                held,
                head: checked.head,
                announced: checked.announced,
            });
        }
    }
    let count = damages.count;
    match damages.listed.into_iter().next() {
        Some(first) => Err(Error::Damaged {
            first: Box::new(first),
            count,
        }),
        None => Ok((streams, verified)),
    }
}

pub(super) struct Start {
    pub signer: SignerKey,
    pub epoch: u32,
    /// Why a new epoch begins although there had been an earlier one.
    pub why: Option<String>,
}

/// Which epoch this ledger writes from now on, and with which key. A new epoch begins when there
/// is no ledger, when it or its key is gone, or when a later one is known elsewhere.
pub(super) fn start_epoch(
    store: &mut impl Store,
    origin: &str,
    opening: &Opening,
    streams: &[Stream],
) -> Result<Start> {
    let after_epoch = opening.after_epoch;
    let newest = streams
        .iter()
        .filter(|it| *it.origin == *origin)
        .max_by_key(|it| it.epoch);
    let key = read_key(store)?;
    if let Some(key) = &key {
        let name = key.verifier().name();
        if parse_origin_line(name).is_none_or(|(of, _)| of != origin) {
            let why = format!("it holds the key of {name}");
            return Err(Refusal::Unknown(format!("ledger of {origin} here: {why}")).into());
        }
    }
    let of_key = key
        .as_ref()
        .and_then(|it| parse_origin_line(it.verifier().name()));
    let of_key = of_key.map_or(0, |(_, epoch)| epoch);
    let why = match (newest, &key) {
        (Some(own), Some(key)) if own.key == *key.verifier() => {
            if own.epoch > after_epoch {
                return Ok(Start {
                    signer: key.clone(),
                    epoch: own.epoch,
                    why: None,
                });
            }
            Some(format!(
                "epoch {after_epoch} of {origin} is known elsewhere"
            ))
        }
        (Some(own), Some(_)) => Some(format!("the key is not that of epoch {}", own.epoch)),
        (Some(own), None) => Some(format!("the key of epoch {} is gone", own.epoch)),
        (None, Some(_)) if !store.existed() => {
            Some(format!("the ledger of epoch {of_key} is gone"))
        }
        (None, Some(_)) => Some(format!("the ledger of epoch {of_key} is empty")),
        (None, None) if after_epoch > 0 => Some(format!(
            "epoch {after_epoch} of {origin} is known elsewhere"
        )),
        (None, None) => None,
    };
    let last = newest.map_or(0, |it| it.epoch).max(of_key).max(after_epoch);
    let epoch = last
        .checked_add(1)
        .ok_or_else(|| Error::Fatal(format!("{origin} has used every epoch")))?;
    if let Some(why) = &why {
        tracing::warn!(%origin, epoch, %why, "a new epoch begins");
    }
    let signer = SignerKey::from_seed(&origin_line(origin, epoch), &opening.seed)
        .map_err(|e| Error::Fatal(e.to_string()))?;
    if let Some(old) = &key {
        // Old signatures are verified with public keys; the secret is kept for nobody but a court.
        let old = format!("{}\n", old.to_secret_text());
        store.write_file(&format!("{KEY_FILE}.{of_key}"), &old)?;
    }
    let public = format!("{}\n", signer.verifier());
    store.write_file(PUBLIC_FILE, &public)?;
    let secret = format!("{}\n", signer.to_secret_text());
    store.write_file(KEY_FILE, &secret)?;
    Ok(Start { signer, epoch, why })
}

fn read_key(store: &mut impl Store) -> Result<Option<SignerKey>> {
    let Some(text) = store.file(KEY_FILE)? else {
        return Ok(None);
    };
    text.trim_end().parse().map(Some).map_err(|error| {
        Error::damaged(Damage::File {
            file: KEY_FILE.to_owned(),
            why: format!("{error}"),
        })
    })
}

/// The first row of a new epoch's stream. Copies held so far are signed anew with the new key.
pub(super) async fn begin_epoch(
    store: &mut impl Store,
    signer: &SignerKey,
    origin: &str,
    epoch: u32,
    streams: &mut Vec<Stream>,
) -> Result<()> {
    let id = streams.iter().map(|it| it.id).max().unwrap_or(0) + 1;
    let frontier = Frontier::new();
    let held = SignedHead::sign(signer, origin, epoch, 0, frontier.root());
    let key = signer.verifier().clone();
    let mut group = Group::default();
    for (at, stream) in streams.iter_mut().enumerate() {
        if *stream.origin != *origin {
            let (size, root) = (stream.frontier.size(), stream.frontier.root());
            stream.held = SignedHead::sign(signer, &stream.origin, stream.epoch, size, root);
            group.changed.insert(at, stream.clone());
        }
    }
    let own = Stream {
        id,
        origin: origin.into(),
        epoch,
        key,
        frontier,
        held,
        head: None,
        announced: None,
    };
    group.changed.insert(streams.len(), own.clone());
    store.stage(&group).await?;
    store.sync().await?;
    streams.push(own);
    Ok(())
}
