//! `beket demo`: the whole on this machine. With `--once` the last line of stdout is one JSON
//! object; everything else is on stderr.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use sim::demo::DemoConfig;
use sim::traffic::Matter;
use tokio::process::{Child, Command};

#[derive(Args)]
pub struct Demo {
    /// End when so many passages have left (20 when no number is given)
    #[arg(long, num_args = 0..=1, default_missing_value = "20")]
    once: Option<usize>,
    /// How many times faster than the wall's clock
    #[arg(long, default_value_t = 60.0)]
    rate: f64,
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    /// Port of the workstation on loopback; 0 takes a free one
    #[arg(long)]
    port: Option<u16>,
    /// Folder for ledgers and logs; a new one below data/ when absent
    #[arg(long)]
    data: Option<PathBuf>,
    #[arg(long, default_value = "procedures")]
    procedures: PathBuf,
    /// Accounts that you take: no simulated officer sits there
    #[arg(long, value_delimiter = ',')]
    people: Vec<String>,
    /// What is wrong with the trucks, one after another, as the demo's lines name it
    /// (AxleOverload,MissingCertificate,Clean); by chance when absent
    #[arg(long, value_delimiter = ',', value_parser = matter)]
    matters: Vec<Matter>,
    /// Give up after so many minutes of the wall's clock
    #[arg(long, default_value_t = 20)]
    limit: u64,
    /// Kill the centre and the checkpoints so many times while it runs, then hold the ledgers
    /// against everything that was acknowledged
    #[arg(long, requires = "once", default_value_t = 0)]
    kills: usize,
    /// Cut the narrow line for so many minutes of the demo's clock in the middle of the run
    #[arg(long, requires = "once")]
    cut: Option<u32>,
}

fn matter(name: &str) -> Result<Matter, String> {
    Matter::named(name).ok_or_else(|| {
        let known = Matter::MIX.map(|(it, _)| format!("{it:?}"));
        format!("no such matter; known are {}", known.join(", "))
    })
}

/// The port of the workstation when the demo serves people.
const PORT: u16 = 8600;

pub async fn run(asked: Demo) -> anyhow::Result<ExitCode> {
    super::log_to_stderr("warn");
    let data = match asked.data {
        Some(data) => data,
        None => fresh_folder()?,
    };
    let executable = std::env::current_exe().context("where is this program?")?;
    let plan = match asked.once {
        None => plan(&executable, &data),
        Some(_) => None,
    };
    let mut config = DemoConfig::new(data, executable, asked.procedures);
    let port = asked
        .port
        .unwrap_or(if asked.once.is_some() { 0 } else { PORT });
    config.once = asked.once;
    config.rate = asked.rate;
    config.seed = asked.seed;
    config.http = SocketAddr::from(([127, 0, 0, 1], port));
    config.people = asked.people;
    config.matters = asked.matters;
    config.limit = Duration::from_secs(60 * asked.limit);
    config.faults.kills = asked.kills;
    config.faults.cut_minutes = asked.cut;
    let report = sim::demo::run(config).await?;
    drop(plan);
    let Some(report) = report else {
        return Ok(ExitCode::SUCCESS);
    };
    println!("{}", serde_json::to_string(&report)?);
    Ok(if report.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

const SCENARIO: &str = "scenarios/electronic.toml";

/// A planned day for the page of times, computed while the demo runs and dropped with it. The demo
/// goes on without: what is shown there is measured beside it.
fn plan(executable: &Path, data: &Path) -> Option<Child> {
    Path::new(SCENARIO).is_file().then_some(())?;
    let mut command = Command::new(executable);
    command.args(["twin", SCENARIO, "--keep"]);
    command.arg(data.join("centre/plans"));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    match command.kill_on_drop(true).spawn() {
        Ok(child) => Some(child),
        Err(why) => {
            eprintln!("demo: {SCENARIO}: no plan is computed: {why}");
            None
        }
    }
}

/// `data/demo-1`, `data/demo-2`, ...: an earlier demo's ledgers are left alone.
fn fresh_folder() -> anyhow::Result<PathBuf> {
    let data = PathBuf::from("data");
    std::fs::create_dir_all(&data).with_context(|| data.display().to_string())?;
    for number in 1.. {
        let folder = data.join(format!("demo-{number}"));
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => (),
            Err(why) => return Err(why).with_context(|| folder.display().to_string()),
        }
    }
    anyhow::bail!("{}: no free name", data.display())
}
