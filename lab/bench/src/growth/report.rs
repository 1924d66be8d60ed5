//! The report of `just bench growth`: tables, and a chart as SVG.

use std::fmt::Write;

use serde::Serialize;

use crate::{
    measurement::Figures,
    report::{Machine, thousands},
    svg::Picture,
};

/// The figures of one kind of request by number of tasks.
#[derive(Debug, Serialize)]
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) points: Vec<(u64, Figures)>,
}

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) seconds: u64,
    pub(super) rounds: usize,
    pub(super) connections: usize,
    pub(super) by_tasks_in_all: Vec<Series>,
    pub(super) by_tasks_of_one_user: Vec<Series>,
}

impl Report {
    pub(super) fn tables(&self) -> String {
        let Self { machine, seconds, rounds, connections, .. } = self;
        format!(
            "{} cores ({}). {}. {connections} connections. Medians of {rounds} rounds of {seconds} s: requests a \
             second, and the p99 in ms.\n\n{}\n{}",
            machine.cores,
            machine.processor,
            machine.database(),
            table("tasks in all", &self.by_tasks_in_all),
            table("tasks of the user who asks", &self.by_tasks_of_one_user)
        )
    }

    pub(super) fn picture(&self) -> String {
        let mut picture = Picture::new(760.0, 330.0);
        let title = "Requests a second, in percent of the smallest table or list";
        picture.text((8.0, 22.0), "start", "title", title);
        let all: Vec<&Series> = self.by_tasks_in_all.iter().chain(&self.by_tasks_of_one_user).collect();
        let mut names: Vec<&str> = Vec::new();
        for series in &all {
            if !names.contains(&series.name) {
                names.push(series.name);
            }
        }
        let colour = |name: &str| format!("c{}", names.iter().position(|other| *other == name).unwrap_or_default());
        for (nth, name) in names.iter().enumerate() {
            let (column, row) = (nth % 3, nth / 3);
            let (x, y) = (52.0 + 230.0 * column as f64, 40.0 + 18.0 * row as f64);
            picture.bar((x, y), (11.0, 11.0), &colour(name));
            picture.text((x + 17.0, y + 10.0), "start", "", name);
        }
        let panels =
            [(52.0, "tasks in all", &self.by_tasks_in_all), (430.0, "tasks of one user", &self.by_tasks_of_one_user)];
        for (left, what, series) in panels {
            panel(&mut picture, left, what, series, colour);
        }
        picture.finish()
    }
}

/// Draws a diagram at this left edge: all series over the same numbers of tasks.
fn panel(picture: &mut Picture, left: f64, what: &str, series: &[Series], colour: impl Fn(&str) -> String) {
    let (top, width, height, most) = (96.0, 290.0, 180.0, 125.0);
    let mut sizes: Vec<u64> = series.iter().flat_map(|series| series.points.iter().map(|(tasks, _)| *tasks)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let x = |tasks: u64| {
        let at = sizes.iter().position(|size| *size == tasks).unwrap_or_default();
        left + 30.0 + at as f64 * (width - 60.0) / (sizes.len().max(2) - 1) as f64
    };
    let y = |percent: f64| top + height * (1.0 - percent.min(most) / most);
    for percent in [0.0, 25.0, 50.0, 75.0, 100.0] {
        let class = if percent > 0.0 { "grid" } else { "axis" };
        picture.line((left, y(percent)), (left + width, y(percent)), class);
        picture.text((left - 6.0, y(percent) + 4.0), "end", "small", &format!("{percent:.0} %"));
    }
    for tasks in &sizes {
        picture.text((x(*tasks), top + height + 18.0), "middle", "small", &thousands(*tasks as f64));
    }
    picture.text((left + width / 2.0, top + height + 38.0), "middle", "", what);
    // Later pages are compared with the first page of the shortest list.
    let page = series.iter().find(|series| series.name == "first page").and_then(|series| series.points.first());
    for one in series {
        let own = one.points.first().filter(|(tasks, _)| Some(tasks) == sizes.first());
        let Some((_, base)) = own.or(page) else { continue };
        let point = |(tasks, figures): &(u64, Figures)| (x(*tasks), y(100.0 * figures.per_second / base.per_second));
        picture.curve(&one.points.iter().map(point).collect::<Vec<_>>(), &colour(one.name));
    }
}

fn table(what: &str, series: &[Series]) -> String {
    let mut sizes: Vec<u64> = series.iter().flat_map(|series| series.points.iter().map(|(tasks, _)| *tasks)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let titles: Vec<String> = sizes.iter().map(|size| thousands(*size as f64)).collect();
    let mut text = format!("| {what} | {} |\n|---|{}\n", titles.join(" | "), "--:|".repeat(titles.len()));
    for series in series {
        let _ = write!(text, "| {} |", series.name);
        for size in &sizes {
            let point = series.points.iter().find(|(tasks, _)| tasks == size);
            let cell =
                point.map(|(_, figures)| format!("{} ({:.1})", thousands(figures.per_second), figures.p99_us / 1e3));
            let _ = write!(text, " {} |", cell.unwrap_or_default());
        }
        text.push('\n');
    }
    text
}
