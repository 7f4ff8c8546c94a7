//! Runs every story under `stories/`. A story is a transcript a customs officer can read: an input
//! a line, under it the facts (indented) and what is owed (`!`), `=` what an outcome or the time
//! account says. `UPDATE=1 cargo test -p beket-domain --test stories` rewrites the answers.

mod tell;

use std::collections::BTreeSet;
use std::{env, fs};

use domain::disregard::REASONS;
use domain::fact::Fact;
use domain::rule::RULES;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories");

fn stories() -> Vec<(String, String)> {
    let files = fs::read_dir(FOLDER).unwrap().map(|it| it.unwrap().path());
    let mut stories: Vec<_> = files
        .filter(|it| it.extension().is_some_and(|it| it == "passage"))
        .map(|it| (it.display().to_string(), fs::read_to_string(&it).unwrap()))
        .collect();
    stories.sort();
    stories
}

#[test]
fn stories_happen_as_told() {
    let mut broken = 0;
    for (path, told) in stories() {
        let happened = tell::play(&path, &told).transcript;
        if told == happened {
            continue;
        }
        if env::var_os("UPDATE").is_some() {
            fs::write(&path, happened).unwrap();
        } else {
            println!("--- {path}\n{happened}");
            broken += 1;
        }
    }
    assert_eq!(broken, 0, "stories differ; UPDATE=1 to accept");
}

#[test]
fn there_are_enough_stories_and_each_begins_with_what_it_is_about() {
    let stories = stories();
    assert!(stories.len() >= 40, "only {} stories", stories.len());
    for (path, told) in stories {
        assert!(told.starts_with("# "), "{path} has no title");
    }
}

#[test]
fn every_rule_has_a_story() {
    let mut told = BTreeSet::new();
    for (path, story) in stories() {
        for (_, fact) in tell::play(&path, &story).facts {
            if let Fact::FindingRaised(finding) = fact {
                told.insert(finding.rule);
            }
        }
    }
    let untold: Vec<_> = RULES
        .iter()
        .map(|it| it.name)
        .filter(|it| !told.contains(*it))
        .collect();
    assert!(untold.is_empty(), "rules without a story: {untold:?}");
}

/// Reasons told elsewhere: limits in `limits.rs`.
#[test]
fn every_reason_to_disregard_has_a_story() {
    let mut told = BTreeSet::new();
    for (path, story) in stories() {
        for (_, fact) in tell::play(&path, &story).facts {
            if let Fact::Disregarded { reason, .. } = fact {
                told.insert(reason);
            }
        }
    }
    let untold: Vec<_> = REASONS
        .iter()
        .filter(|it| !told.contains(**it) && !it.starts_with("limit."))
        .collect();
    assert!(untold.is_empty(), "reasons without a story: {untold:?}");
}

/// Screens and replays show states as JSON.
#[test]
fn every_state_can_be_shown_as_json() {
    for (path, story) in stories() {
        let end = tell::play(&path, &story);
        let outcome = end.passage.outcome(&end.procedure, end.now);
        let state = serde_json::to_value(&end.passage).expect(&path);
        assert!(state["stages"].is_object() && state["findings"].is_array());
        serde_json::to_value(&outcome).expect(&path);
        serde_json::to_value(end.passage.waiting_for(&end.procedure, end.now)).expect(&path);
    }
}

#[test]
fn replaying_a_story_gives_the_same_state() {
    for (path, story) in stories() {
        let end = tell::play(&path, &story);
        let mut again = domain::passage::Passage::new(end.passage.id.clone());
        for (at, fact) in &end.facts {
            let text = serde_json::to_string(fact).unwrap();
            again.apply(&serde_json::from_str(&text).unwrap(), *at);
        }
        assert_eq!(again, end.passage, "{path}");
    }
}
