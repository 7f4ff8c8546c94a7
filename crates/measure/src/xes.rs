//! Export as XES (IEEE 1849-2016, eXtensible Event Stream): one trace a passage, one event a fact.

use std::io::{self, Write};

use domain::unit::UtcMs;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event as Xml};

use crate::event_log::{Case, Event};
use crate::ocel::direction;

/// Writes the log.
///
/// # Errors
/// What the writer says.
pub fn write(cases: &[Case], to: impl Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(to, b' ', 1);
    xml.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut log = BytesStart::new("log");
    log.push_attribute(("xes.version", "1849-2016"));
    log.push_attribute(("xes.features", ""));
    log.push_attribute(("xmlns", "http://www.xes-standard.org/"));
    xml.write_event(Xml::Start(log))?;
    for (name, prefix) in [
        ("Concept", "concept"),
        ("Time", "time"),
        ("Organizational", "org"),
    ] {
        let uri = format!("http://www.xes-standard.org/{prefix}.xesext");
        xml.create_element("extension")
            .with_attributes([("name", name), ("prefix", prefix), ("uri", uri.as_str())])
            .write_empty()?;
    }
    for scope in ["trace", "event"] {
        let mut global = BytesStart::new("global");
        global.push_attribute(("scope", scope));
        xml.write_event(Xml::Start(global))?;
        text(&mut xml, "concept:name", "-")?;
        if scope == "event" {
            value(
                &mut xml,
                "date",
                "time:timestamp",
                "1970-01-01T00:00:00.000Z",
            )?;
        }
        xml.write_event(Xml::End(BytesEnd::new("global")))?;
    }
    xml.create_element("classifier")
        .with_attributes([("name", "activity"), ("keys", "concept:name")])
        .write_empty()?;
    for case in cases {
        xml.write_event(Xml::Start(BytesStart::new("trace")))?;
        text(&mut xml, "concept:name", &case.passage.to_string())?;
        text(&mut xml, "checkpoint", case.passage.checkpoint.as_str())?;
        text(&mut xml, "lane", &case.lane.to_string())?;
        text(&mut xml, "direction", direction(case.direction))?;
        text(&mut xml, "edition", &case.edition)?;
        for it in &case.events {
            event(&mut xml, it)?;
        }
        xml.write_event(Xml::End(BytesEnd::new("trace")))?;
    }
    xml.write_event(Xml::End(BytesEnd::new("log")))?;
    xml.into_inner().flush()
}

fn event<W: Write>(xml: &mut Writer<W>, it: &Event) -> io::Result<()> {
    xml.write_event(Xml::Start(BytesStart::new("event")))?;
    text(xml, "concept:name", &it.activity)?;
    value(xml, "date", "time:timestamp", &time(it.at))?;
    if let Some(agency) = it.agency {
        text(xml, "org:group", agency.code())?;
    }
    if let Some(officer) = &it.officer {
        text(xml, "org:resource", officer.as_str())?;
    }
    xml.write_event(Xml::End(BytesEnd::new("event")))
}

fn text<W: Write>(xml: &mut Writer<W>, key: &str, is: &str) -> io::Result<()> {
    value(xml, "string", key, is)
}

fn value<W: Write>(xml: &mut Writer<W>, kind: &str, key: &str, is: &str) -> io::Result<()> {
    let attributes = [("key", key), ("value", is)];
    xml.create_element(kind)
        .with_attributes(attributes)
        .write_empty()?;
    Ok(())
}

/// ISO 8601 in UTC with milliseconds; the epoch for what no calendar holds.
pub(crate) fn time(at: UtcMs) -> String {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    format!("{instant:.3}")
}
