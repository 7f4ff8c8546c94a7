//! The workstation in a real browser: its states over fixed answers, and the six bodies against a
//! running demo.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{demo, root, run, setup};

/// Accounts the browser takes: all of them, so that no case is drawn to a simulated officer.
const PEOPLE: &str = "o-customs-1,o-customs-2,o-customs-3,o-transport-control-1,\
                      o-transport-control-2,o-road-police-1,o-road-police-2,o-veterinary-1,\
                      o-veterinary-2,o-phytosanitary-1,o-phytosanitary-2,\
                      o-sanitary-quarantine-1,o-sanitary-quarantine-2";
/// What is wrong with the trucks, in turn, so that each body soon has a case.
const MATTERS: &str = "WeakSource,MissingCertificate,HiddenGoods,AxleOverload,\
                       MissingCertificate,NormInconsistent,ForgedPlate,MissingCertificate,\
                       ExpiredPermit,NoNotification,Wanted";

/// Every state that a good day does not show, over fixed answers.
pub fn states() -> Result<(), String> {
    let web = setup::web()?;
    let files = ["e2e/states.test.ts", "e2e/radiograph.test.ts"];
    run(&web, "npm", &[&["run", "e2e", "--"], &files[..]].concat())
}

/// The six bodies against a running demo.
pub fn demo() -> Result<(), String> {
    let beket = setup::beket()?;
    let web = setup::packages()?;
    let data = demo::fresh("browser")?;
    let mut running = Running::start(&beket, &data)?;
    let url = running.url(&data)?;
    eprintln!("==> npm run e2e with BEKET_URL={url}");
    let status = Command::new("npm")
        .args(["run", "e2e", "--", "e2e/demo.test.ts"])
        .env("BEKET_URL", &url)
        .env("BEKET_DEMO", &data)
        .current_dir(&web)
        .status()
        .map_err(|why| format!("npm run e2e: {why}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!(
            "npm run e2e: {status}; the demo's logs are in {}",
            data.display()
        )),
    }
}

struct Running(Child);

impl Running {
    fn start(beket: &Path, data: &Path) -> Result<Running, String> {
        let log = fs::File::create(data.join("demo.log")).map_err(|why| why.to_string())?;
        let child = Command::new(beket)
            .args(["demo", "--port", "0", "--people", PEOPLE])
            .args(["--matters", MATTERS, "--data"])
            .arg(data)
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        child
            .map(Running)
            .map_err(|why| format!("beket demo: {why}"))
    }

    /// Waits for `demo.json`, which the demo writes when everything is up.
    fn url(&mut self, data: &Path) -> Result<String, String> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(90) {
            if let Ok(Some(status)) = self.0.try_wait() {
                return Err(format!(
                    "the demo ended with {status}; see {}",
                    data.display()
                ));
            }
            let text = fs::read_to_string(data.join("demo.json")).unwrap_or_default();
            if let Ok(file) = serde_json::from_str::<Value>(&text)
                && let Some(url) = file["centre"].as_str()
            {
                return Ok(url.to_owned());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Err(format!("the demo did not come up; see {}", data.display()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its children end when their pipe from it does.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
