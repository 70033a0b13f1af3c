//! The state machine as a picture. In: a definition. Out: SVG text, the same for the same definition.
//! Never: a graphics library; anything that the definition does not say.
//!
//! States stand in layers, each below all that lead to it; a `Map` is a frame around its own states. A way
//! back goes round on the right. An error that most states catch to the same place is written into their
//! boxes instead of drawn.
//!
//! | file | what |
//! |---|---|
//! | `layout.rs` | boxes and arrows -> where they stand |

mod layout;

use crate::engine::{Definition, Machine, State, Way};
use layout::{Arrow, Layout, Shape};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Draws a definition.
#[must_use]
pub fn svg(definition: &Definition) -> String {
    let picture = Picture::of(&definition.machine);
    let (width, height) = (
        picture.layout.width + 2.0 * MARGIN,
        picture.layout.height + 2.0 * MARGIN,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
        width=\"{width:.0}\" height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"13\">\n{STYLE}"
    );
    picture.draw(MARGIN, MARGIN, &mut out);
    out.push_str("</svg>\n");
    out
}

const MARGIN: f64 = 16.0;
const LINE: f64 = 17.0;
const CHARACTER: f64 = 7.8;
/// Of a label.
const SMALL_LINE: f64 = 11.0;
const SMALL_CHARACTER: f64 = 6.2;
/// Of a frame, above and around its states.
const TITLE: f64 = 26.0;
/// So many states that catch to the same place are written, not drawn.
const MANY: usize = 3;

const STYLE: &str = r##"<style>
  .paper { fill: #ffffff }
  .Task { fill: #dbeafe; stroke: #1d4ed8 } .Choice { fill: #fef9c3; stroke: #a16207 }
  .Pass { fill: #f3f4f6; stroke: #6b7280 } .Map { fill: #f8fafc; stroke: #64748b; stroke-dasharray: 2 3 }
  .Succeed { fill: #dcfce7; stroke: #15803d } .Fail { fill: #fee2e2; stroke: #b91c1c }
  .arrow { fill: none; stroke: #475569; stroke-width: 1.2 } .Catch { stroke: #b91c1c; stroke-dasharray: 5 3 }
  .label { font-size: 11px; fill: #475569; paint-order: stroke; stroke: #ffffff; stroke-width: 4px }
  .note { font-size: 11px; fill: #b91c1c } .name { font-weight: bold; fill: #0f172a }
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
  <path d="M0 0 L8 4 L0 8 z" fill="#475569"/></marker></defs>
<rect class="paper" width="100%" height="100%"/>
"##;

/// One machine: its states with their texts and frames, and where they stand.
struct Picture<'a> {
    states: Vec<Drawn<'a>>,
    layout: Layout,
    arrows: Vec<(Arrow, Way, String)>,
}

struct Drawn<'a> {
    name: &'a str,
    kind: &'static str,
    note: Option<String>,
    inner: Option<Picture<'a>>,
}

impl<'a> Picture<'a> {
    fn of(machine: &'a Machine) -> Picture<'a> {
        let names = machine.names_in_order();
        let index: BTreeMap<&str, usize> = names
            .iter()
            .enumerate()
            .map(|(index, (name, _))| (*name, index))
            .collect();
        let mut catchers: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, way) in names.iter().flat_map(|(_, state)| state.ways()) {
            *catchers.entry(name).or_default() += usize::from(way == Way::Catch);
        }
        let written =
            |name: &str, way: Way| way == Way::Catch && catchers.get(name).is_some_and(|many| *many >= MANY);
        let states: Vec<Drawn<'_>> = names
            .iter()
            .map(|(name, state)| Drawn {
                name,
                kind: state.kind(),
                note: state
                    .ways()
                    .iter()
                    .find(|(to, way)| written(to, *way))
                    .map(|(to, _)| format!("error: {to}")),
                inner: match state {
                    State::Map(map) => Some(Picture::of(&map.machine)),
                    _ => None,
                },
            })
            .collect();
        let mut arrows = Vec::new();
        for (from, (_, state)) in names.iter().enumerate() {
            for (way_index, (to, way)) in state.ways().into_iter().enumerate() {
                if let Some(&to) = index.get(to).filter(|_| !written(to, way)) {
                    arrows.push((Arrow { from, to }, way, state.label(way_index)));
                }
            }
        }
        let shapes: Vec<Shape> = states.iter().map(Drawn::shape).collect();
        let plain: Vec<Arrow> = arrows.iter().map(|(arrow, _, _)| *arrow).collect();
        Picture {
            layout: Layout::of(&shapes, &plain),
            states,
            arrows,
        }
    }

    fn draw(&self, left: f64, top: f64, out: &mut String) {
        for ((_, way, _), line) in self.arrows.iter().zip(&self.layout.lines) {
            let points: Vec<(f64, f64)> = line.iter().map(|(x, y)| (x + left, y + top)).collect();
            let class = if *way == Way::Catch {
                "arrow Catch"
            } else {
                "arrow"
            };
            put(
                out,
                format_args!(
                    "<path class=\"{class}\" marker-end=\"url(#head)\" d=\"{}\"/>\n",
                    curve(&points)
                ),
            );
        }
        for label in self.labels() {
            put(
                out,
                format_args!(
                    "<text class=\"label\" x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>\n",
                    label.x + left,
                    label.y + top + 3.0,
                    escape(label.text)
                ),
            );
        }
        for (state, (x, y)) in self.states.iter().zip(&self.layout.places) {
            state.draw(x + left, y + top, out);
        }
    }
}

/// What stands at an arrow, and where its middle is.
struct Label<'a> {
    text: &'a str,
    x: f64,
    y: f64,
}

impl Label<'_> {
    fn width(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a label is short")]
        let characters = self.text.chars().count() as f64;
        characters * SMALL_CHARACTER
    }

    fn lies_on(&self, other: &Label<'_>) -> bool {
        let is_beside = (self.x - other.x).abs() > f64::midpoint(self.width(), other.width());
        !is_beside && (self.y - other.y).abs() < SMALL_LINE
    }
}

impl Picture<'_> {
    /// Nearer to where an arrow leads, for the ways of a choice begin at one point; where one would lie on another, elsewhere on its arrow.
    fn labels(&self) -> Vec<Label<'_>> {
        let mut labels: Vec<Label<'_>> = Vec::new();
        for ((_, _, text), line) in self.arrows.iter().zip(&self.layout.lines) {
            let (false, [first, second, ..]) = (text.is_empty(), line.as_slice()) else {
                continue;
            };
            let at = |part: f64| Label {
                text,
                x: first.0 + part * (second.0 - first.0),
                y: first.1 + part * (second.1 - first.1),
            };
            let is_free = |label: &Label<'_>| !labels.iter().any(|other| label.lies_on(other));
            let free = [0.65, 0.35, 0.5, 0.8].map(at).into_iter().find(is_free);
            labels.push(free.unwrap_or_else(|| at(0.65)));
        }
        labels
    }
}

impl Drawn<'_> {
    fn shape(&self) -> Shape {
        let text = [Some(self.name), self.note.as_deref()]
            .into_iter()
            .flatten()
            .map(|text| text.chars().count())
            .max();
        #[expect(clippy::cast_precision_loss, reason = "a name is short")]
        let width = text.unwrap_or(0) as f64 * CHARACTER + 26.0;
        match &self.inner {
            Some(inner) => Shape {
                width: width.max(inner.layout.width + 2.0 * MARGIN),
                height: inner.layout.height + TITLE + MARGIN + self.notes_height(),
            },
            None => Shape {
                width,
                height: LINE + 13.0 + self.notes_height(),
            },
        }
    }

    fn notes_height(&self) -> f64 {
        if self.note.is_some() { LINE - 3.0 } else { 0.0 }
    }

    fn draw(&self, x: f64, y: f64, out: &mut String) {
        let Shape { width, height } = self.shape();
        let (kind, middle) = (self.kind, x + width / 2.0);
        let round = if kind == "Choice" { 14.0 } else { 4.0 };
        put(
            out,
            format_args!(
                "<rect class=\"{kind}\" x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"{round:.0}\"/>\n"
            ),
        );
        put(
            out,
            format_args!(
                "<text class=\"name\" x=\"{middle:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>\n",
                y + LINE + 2.0,
                escape(self.name)
            ),
        );
        if let Some(note) = &self.note {
            put(
                out,
                format_args!(
                    "<text class=\"note\" x=\"{middle:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>\n",
                    y + 2.0 * LINE,
                    escape(note)
                ),
            );
        }
        if let Some(inner) = &self.inner {
            inner.draw(
                x + (width - inner.layout.width) / 2.0,
                y + TITLE + self.notes_height(),
                out,
            );
        }
    }
}

/// A line through the points, soft at the bends.
fn curve(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    let mut before = None;
    for &(x, y) in points {
        match before {
            None => put(&mut path, format_args!("M{x:.0} {y:.0}")),
            Some((from_x, from_y)) if same(from_x, x) || same(from_y, y) => {
                put(&mut path, format_args!(" L{x:.0} {y:.0}"));
            }
            Some((from_x, from_y)) => {
                let bend = f64::midpoint(from_y, y);
                put(
                    &mut path,
                    format_args!(" C{from_x:.0} {bend:.0} {x:.0} {bend:.0} {x:.0} {y:.0}"),
                );
            }
        }
        before = Some((x, y));
    }
    path
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() < 0.5
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _infallible = out.write_fmt(text);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{Drawn, Picture, svg};

    fn assert_apart(picture: &Picture<'_>) {
        let boxes: Vec<_> = picture
            .states
            .iter()
            .map(Drawn::shape)
            .zip(&picture.layout.places)
            .collect();
        for (index, (a, (ax, ay))) in boxes.iter().enumerate() {
            let name = picture.states[index].name;
            assert!(
                *ax > -0.1 && ax + a.width < picture.layout.width + 0.1,
                "{name} sticks out"
            );
            for (b, (bx, by)) in &boxes[..index] {
                let beside = ax + a.width < bx + 0.1 || bx + b.width < ax + 0.1;
                let below = ay + a.height <= *by || by + b.height <= *ay;
                assert!(beside || below, "{name} lies on another");
            }
        }
        let labels = picture.labels();
        for (index, label) in labels.iter().enumerate() {
            let other = labels[..index].iter().find(|other| label.lies_on(other));
            assert!(other.is_none(), "{} lies on {}", label.text, other.unwrap().text);
        }
        for inner in picture.states.iter().filter_map(|state| state.inner.as_ref()) {
            assert_apart(inner);
        }
    }

    #[test]
    fn every_state_is_drawn_once_and_nothing_lies_on_another() {
        let definition = crate::config_reloader().unwrap();
        let drawn = svg(&definition);
        for name in [
            "Fetch",
            "Components",
            "Fragments",
            "Proven?",
            "RolledBackUnproven",
            "Outcome?",
        ] {
            assert_eq!(drawn.matches(&format!(">{name}</text>")).count(), 1, "{name}");
        }
        assert_eq!(drawn, svg(&definition));
        assert_apart(&Picture::of(&definition.machine));
    }
}
