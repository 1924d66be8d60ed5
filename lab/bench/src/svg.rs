//! Charts as SVG, light or dark like the page around them.

use std::fmt::Write;

const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 11px; fill: #57606a }
.axis { stroke: #8c959f; stroke-width: 1 }
.grid { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 2 4; opacity: .6 }
.c0 { fill: #cf5a1d; stroke: #cf5a1d } .c1 { fill: #3d77c2; stroke: #3d77c2 } .c2 { fill: #4b9a5a; stroke: #4b9a5a }
.c3 { fill: #8a63b8; stroke: #8a63b8 } .c4 { fill: #b8912c; stroke: #b8912c } .c5 { fill: #6e7781; stroke: #6e7781 }
.c6 { fill: #2a9d9d; stroke: #2a9d9d }
path { fill: none !important; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 }
}";

/// A chart that is being drawn.
pub(crate) struct Picture {
    width: f64,
    height: f64,
    elements: String,
}

impl Picture {
    /// An empty chart of this size in pixels.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self { width, height, elements: String::new() }
    }

    /// Adds text at this position. `anchor` is `start`, `middle` or `end`.
    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: &str, class: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.add(format_args!(r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" class="{class}">{text}</text>"#));
    }

    /// Adds a filled rectangle.
    pub(crate) fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        self.add(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" class="{class}"/>"#
        ));
    }

    /// Adds a straight line.
    pub(crate) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        self.add(format_args!(r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" class="{class}"/>"#));
    }

    /// Adds a line through points, with a mark on each.
    pub(crate) fn curve(&mut self, points: &[(f64, f64)], class: &str) {
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        self.add(format_args!(r#"<path d="M {}" class="{class}"/>"#, path.join(" L ")));
        for (x, y) in points {
            self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" class="{class}"/>"#));
        }
    }

    /// The chart as an SVG document.
    pub(crate) fn finish(self) -> String {
        let Self { width, height, elements } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\">\n<style>{STYLE}\n</style>\n{elements}</svg>\n"
        )
    }

    fn add(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.elements, "{element}");
    }
}
