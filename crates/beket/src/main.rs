//! One executable, roles as subcommands. No logic here: each command is a few lines in
//! `commands/`, its work in the crate that owns it.

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{
    bench, decode, demo, enrol, feed, link, measure, openapi, people, prove, serve, sim, twin,
};

#[derive(Parser)]
#[command(
    name = "beket",
    version,
    about = "Border checkpoints and their operations centre"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the operations centre
    Centre(serve::Role),
    /// Run a checkpoint
    Checkpoint(serve::Role),
    /// Run the whole on this machine with simulated lanes
    Demo(demo::Demo),
    /// Send recorded device messages into a running lane
    Feed(feed::Feed),
    /// Print what a recorded device message says
    Decode(decode::Decode),
    /// Prove that a ledger is whole, from outside
    Verify(prove::Verify),
    /// Step through a passage and show its state after each fact
    Replay(prove::Replay),
    /// Give a checkpoint its certificate
    Enrol(enrol::Enrol),
    /// What a link has delivered
    Link(link::Link),
    /// Officers and others who may log in at the centre
    People(people::People),
    /// Print the centre's OpenAPI document
    Openapi,
    /// Where the time went: percentiles from any set of ledgers, and event logs
    Measure(measure::Measure),
    /// Run the ledgers over failing simulated disks, from seeds
    Sim(sim::Sim),
    /// A day of the whole border in virtual time, before and after
    Twin(twin::Twin),
    /// Figures of speed, each beside a peer or a bound of the same run
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // rustls asks for its provider before the first connection of any kind.
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        eprintln!("beket: the TLS provider was already chosen");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(why) => {
            eprintln!("beket: no runtime: {why}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("beket: {why:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Centre(it) => serve::centre(it).await,
        Command::Checkpoint(it) => serve::checkpoint(it).await,
        Command::Demo(it) => demo::run(it).await,
        Command::Feed(it) => feed::run(it).await,
        Command::Decode(it) => decode::run(&it),
        Command::Verify(it) => prove::verify(it).await,
        Command::Replay(it) => prove::replay(it).await,
        Command::Enrol(it) => enrol::run(it).await,
        Command::Link(it) => link::run(it).await,
        Command::People(it) => people::run(it).await,
        Command::Openapi => openapi::run(),
        Command::Measure(it) => measure::run(it).await,
        Command::Sim(it) => sim::run(&it),
        Command::Twin(it) => twin::run(&it),
        Command::Bench(it) => bench::run(it).await,
    }
}
