//! What a planner compares, drawn: SVG files beside the figures.

use std::path::Path;

use anyhow::Context;
use plotters::prelude::*;
use sim::twin::report::Report;

const SIZE: (u32, u32) = (960, 480);
const FONT: (&str, u32) = ("sans-serif", 15);
/// Of components and lines; told apart without colour by their order and their legend.
const COLOURS: [RGBColor; 4] = [
    RGBColor(31, 88, 160),
    RGBColor(196, 112, 18),
    RGBColor(120, 120, 120),
    RGBColor(150, 30, 70),
];
const BARS_MAX: usize = 12;

/// One bar: its name, and the parts that are put on each other.
struct Bar {
    name: String,
    parts: Vec<f64>,
}

pub fn all(folder: &Path, reports: &[Report]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let Some(first) = reports.first() else {
        return Ok(());
    };
    let components = reports.iter().map(|it| Bar {
        name: it.name.clone(),
        parts: vec![
            it.minutes.clear_control.mean,
            it.minutes.documents.mean,
            it.minutes.technological.mean,
        ],
    });
    let legend = ["clear control", "documents", "waited and moved"];
    let components: Vec<Bar> = components.collect();
    bars(
        &folder.join("components.svg"),
        "Mean minutes at the post",
        &legend,
        &components,
    )?;
    let p90 = reports.iter().map(|it| Bar {
        name: it.name.clone(),
        parts: vec![it.minutes.whole.p90],
    });
    let p90: Vec<Bar> = p90.collect();
    bars(
        &folder.join("p90.svg"),
        "Nine of ten trucks are through in so many minutes",
        &["p90"],
        &p90,
    )?;
    let whole = first.minutes.whole.mean;
    let waited = first.waited_for.iter().take(BARS_MAX).map(|it| Bar {
        name: it.whom.clone(),
        parts: vec![it.share * whole],
    });
    let waited: Vec<Bar> = waited.collect();
    bars(
        &folder.join("waited_for.svg"),
        "Minutes of a mean truck, by whom it waits for",
        &["minutes"],
        &waited,
    )?;
    let seats = first.seats.iter().map(|it| Bar {
        name: format!("{} ({})", it.agency, it.seats),
        parts: vec![it.busy_share * 100.0],
    });
    let seats: Vec<Bar> = seats.collect();
    bars(
        &folder.join("seats.svg"),
        "Seats busy, per cent",
        &["busy"],
        &seats,
    )?;
    day(&folder.join("day.svg"), first)
}

/// Bars that lie, so that their names can be read.
fn bars(path: &Path, title: &str, legend: &[&str], bars: &[Bar]) -> anyhow::Result<()> {
    let height = 170 + 26 * bars.len() as u32;
    let root = SVGBackend::new(path, (SIZE.0, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let sum = |it: &Bar| it.parts.iter().sum::<f64>();
    let room = if legend.len() > 1 { 1.45 } else { 1.12 };
    let most = bars.iter().map(sum).fold(1.0, f64::max) * room;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 19))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(330)
        .build_cartesian_2d(0.0..most, (0..bars.len()).into_segmented())?;
    let names = |at: &SegmentValue<usize>| match at {
        SegmentValue::CenterOf(at) => {
            let at = bars.len().checked_sub(1 + at);
            at.and_then(|at| bars.get(at))
                .map_or(String::new(), |it| it.name.clone())
        }
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(bars.len() + 1)
        .y_label_formatter(&names)
        .label_style(FONT)
        .draw()?;
    for (part, name) in legend.iter().enumerate() {
        let colour = COLOURS[part % COLOURS.len()];
        let drawn = bars.iter().rev().enumerate().map(|(row, it)| {
            let from: f64 = it.parts[..part].iter().sum();
            let at = SegmentValue::Exact(row);
            let to = SegmentValue::Exact(row + 1);
            let mut bar =
                Rectangle::new([(from, at), (from + it.parts[part], to)], colour.filled());
            bar.set_margin(4, 4, 0, 0);
            bar
        });
        chart
            .draw_series(drawn)?
            .label(*name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
    }
    let figures = bars.iter().rev().enumerate().map(|(row, it)| {
        let figure = format!(" {:.1}", sum(it));
        Text::new(figure, (sum(it), SegmentValue::CenterOf(row)), FONT)
    });
    chart.draw_series(figures)?;
    if legend.len() > 1 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE)
            .label_font(FONT)
            .draw()?;
    }
    root.present().with_context(|| path.display().to_string())
}

/// The hours of the first seed, warm-up included.
fn day(path: &Path, it: &Report) -> anyhow::Result<()> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    type Of = fn(&sim::twin::Hour) -> u64;
    let lines: [(&str, Of); 4] = [
        ("trucks inside", |it| it.inside),
        ("trucks before the gates", |it| it.before_gates),
        ("cases that wait for a seat", |it| it.cases_waiting),
        ("seats busy", |it| it.seats_busy),
    ];
    let all = lines.iter().flat_map(|(_, of)| it.hours.iter().map(of));
    let most = all.max().unwrap_or(0).max(10) as f64 * 1.1;
    let mut chart = ChartBuilder::on(&root)
        .caption(&it.name, ("sans-serif", 19))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..it.hours.len().max(1) as f64, 0.0..most)?;
    chart
        .configure_mesh()
        .x_desc("hours from Monday 0:00, Astana")
        .label_style(FONT)
        .draw()?;
    for (number, (name, of)) in lines.into_iter().enumerate() {
        let colour = COLOURS[number];
        let points = it.hours.iter().enumerate();
        let points = points.map(|(at, it)| ((at + 1) as f64, of(it) as f64));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .label_font(FONT)
        .draw()?;
    root.present().with_context(|| path.display().to_string())
}
