//! `beket link`: what each origin's ledger has delivered here, read from the records themselves; two
//! folders held against each other; and parcels, for a line that is dead for days.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};
use ledger::{Ledger, VerifierKey};
use link::completeness::{compare, of_folder};
use link::parcel::import::Imported;
use link::parcel::inbox::{Answer, Inbox};

use super::enrol::now;
use super::prove::ledgers_in;

/// How long the running program may say nothing about a parcel.
const SILENT_AFTER: Duration = Duration::from_secs(60);

#[derive(Args)]
pub struct Link {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Received, missing and signed, for each origin in a data folder
    Status {
        data: PathBuf,
        /// Public key of the folder's own ledger, from elsewhere
        #[arg(long)]
        key: Option<String>,
    },
    /// Hold two data folders against each other, record for record
    Compare { one: PathBuf, other: PathBuf },
    /// Write what the other side is not known to hold into a signed, encrypted file
    Export {
        /// Data folder of this node
        data: PathBuf,
        /// `centre`, or at the centre a checkpoint's code
        #[arg(long)]
        to: String,
        #[arg(long)]
        out: PathBuf,
        /// At a checkpoint: folder of its identity; DATA/identity if absent
        #[arg(long)]
        identity: Option<PathBuf>,
        /// Begin at this record instead of where the other side is known to be
        #[arg(long)]
        from: Option<u64>,
        /// Leave pages and images for the line or for the next parcel
        #[arg(long)]
        facts_only: bool,
    },
    /// Take such a file in; a running program is asked to do it
    Import {
        parcel: PathBuf,
        /// Data folder of this node
        #[arg(long)]
        data: PathBuf,
        /// At a checkpoint: folder of its identity; DATA/identity if absent
        #[arg(long)]
        identity: Option<PathBuf>,
    },
}

pub async fn run(asked: Link) -> anyhow::Result<ExitCode> {
    match asked.command {
        Command::Status { data, key } => status(&data, key.as_deref()).await,
        Command::Compare { one, other } => compared(&one, &other).await,
        Command::Export {
            data,
            to,
            out,
            identity,
            from,
            facts_only,
        } => {
            let mut line = Line::default();
            let progress = |written: u64, left: u64| {
                line.show(format!("{} written, {} to come", size(written), size(left)));
            };
            let with = (from, !facts_only);
            let made = if is_centre(&data) {
                centre::parcels::export(&data, &to, now(), with, &out, progress).await
            } else if to == "centre" {
                let identity = identity.unwrap_or_else(|| data.join("identity"));
                checkpoint::parcels::export(&data, &identity, now(), with, &out, progress).await
            } else {
                bail!("a checkpoint exports --to centre only");
            };
            eprintln!();
            let made = made.map_err(|why| anyhow!("{}: {why}", why.code()))?;
            for (chain, from, upto) in &made.chains {
                println!("{chain}: records {} to {upto}", from + 1);
            }
            println!(
                "{}: {} records, {} blobs, {} for {to}",
                out.display(),
                made.records,
                made.blobs,
                size(made.bytes)
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Import {
            parcel,
            data,
            identity,
        } => {
            let imported = import(&parcel, &data, identity).await?;
            let it = &imported;
            println!(
                "from {}: {} records, {} blobs; {} records and {} blobs were here",
                it.from, it.records, it.blobs, it.known_records, it.known_blobs
            );
            for (chain, upto) in &it.acknowledged {
                println!("{} holds {chain}: 1..{upto}", it.from);
            }
            if !it.is_news() {
                println!("nothing new: this parcel, or all in it, had come before");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn is_centre(data: &Path) -> bool {
    centre::parcels::authority_folder(data).is_dir()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

async fn import(parcel: &Path, data: &Path, identity: Option<PathBuf>) -> anyhow::Result<Imported> {
    let (at_centre, of) = (is_centre(data), std::fs::metadata(parcel)?.len());
    let ledger = match at_centre {
        true => centre::parcels::internal_folder(data),
        false => checkpoint::parcels::ledger_folder(data),
    };
    if Ledger::is_in_use(&ledger) {
        return handed_over(parcel, data).await;
    }
    let mut line = Line::default();
    let progress = |bytes: u64| line.show(format!("{} of {}", size(bytes), size(of)));
    let taken = if at_centre {
        centre::parcels::import_stopped(data, now(), parcel, progress).await
    } else {
        let identity = identity.unwrap_or_else(|| data.join("identity"));
        checkpoint::parcels::import_stopped(data, &identity, now(), parcel, progress).await
    };
    eprintln!();
    taken.map_err(|why| anyhow!("{}: {why}", why.code()))
}

/// One line on stderr that changes.
#[derive(Default)]
struct Line {
    shown: String,
}

impl Line {
    fn show(&mut self, text: String) {
        if text != self.shown {
            eprint!("\r{text:<50}");
            let _ = std::io::stderr().flush();
            self.shown = text;
        }
    }
}

/// The program that holds the ledger takes it; this only waits for its answer.
async fn handed_over(parcel: &Path, data: &Path) -> anyhow::Result<Imported> {
    let inbox = Inbox::new(data);
    let name = inbox.put(parcel)?;
    eprintln!("the program that holds the ledger takes it in");
    let (mut last, mut since) = (None, std::time::Instant::now());
    let mut line = Line::default();
    loop {
        match inbox.answered(&name) {
            Some(Answer::Imported(it)) => return Ok(it),
            Some(Answer::Refused { code, why }) => bail!("{code}: {why}"),
            Some(Answer::Working { bytes, of }) if last != Some(bytes) => {
                line.show(format!("{} of {}", size(bytes), size(of)));
                (last, since) = (Some(bytes), std::time::Instant::now());
            }
            _ if since.elapsed() > SILENT_AFTER => {
                bail!(
                    "no answer; it stays in {} until it is taken",
                    data.display()
                )
            }
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn status(data: &Path, key: Option<&str>) -> anyhow::Result<ExitCode> {
    let key = key.map(str::parse::<VerifierKey>).transpose();
    let key = key.map_err(|why| anyhow!("the key: {why}"))?;
    let mut complete = true;
    for folder in ledgers_in(data) {
        println!("{}", folder.display());
        let (lines, report) = of_folder(&folder, key.as_ref()).await?;
        for it in &lines {
            let head = if it.head_signed {
                "head signed"
            } else {
                "head NOT signed"
            };
            let stream = report.streams.iter();
            let root = stream
                .filter(|that| that.origin == it.origin && that.epoch == it.epoch)
                .map(|it| it.root.to_string())
                .next()
                .unwrap_or_default();
            println!(
                "  {}/{}: received 1..{}, gaps {}, duplicates {}, {head}, root {root}",
                it.origin, it.epoch, it.received, it.gaps, it.duplicates
            );
            complete &= it.gaps == 0 && it.duplicates == 0 && it.head_signed;
        }
        for damage in &report.damages {
            println!("  DAMAGED: {damage}");
        }
        complete &= report.is_valid();
    }
    Ok(code(complete))
}

fn code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn compared(one: &Path, other: &Path) -> anyhow::Result<ExitCode> {
    let (mut found, mut agree) = (0, true);
    for left in ledgers_in(one) {
        for right in ledgers_in(other) {
            for it in compare([&left, &right]).await? {
                found += 1;
                agree &= it.agrees();
                let [a, b] = it.sizes;
                let said = match (it.differs_at, it.same_key, a.cmp(&b)) {
                    (Some(at), ..) => format!("DIFFERENT from record {}", at + 1),
                    (_, false, _) => "DIFFERENT KEYS".to_owned(),
                    (.., std::cmp::Ordering::Equal) => format!("the same 1..{a}"),
                    (.., std::cmp::Ordering::Less) => {
                        format!("the same 1..{a}, {} more in the second", b - a)
                    }
                    (.., std::cmp::Ordering::Greater) => {
                        format!("the same 1..{b}, {} more in the first", a - b)
                    }
                };
                println!(
                    "{}/{}: {said}, root {}, signed by {} 1..{} and 1..{}",
                    it.origin, it.epoch, it.root, it.origin, it.signed[0], it.signed[1]
                );
            }
        }
    }
    if found == 0 {
        bail!("no ledger is in both");
    }
    Ok(code(agree))
}
