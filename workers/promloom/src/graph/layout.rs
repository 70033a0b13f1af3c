//! Where boxes stand. In: sizes and arrows. Out: corners of boxes, points of lines. Never: knows what is in a
//! box.
//!
//! The layers of Sugiyama, Tagawa and Toda (1981) in their simplest form: rank, order by barycentre, pull
//! towards neighbours. An arrow that passes layers gets a waypoint in each.

/// The size of a box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// An arrow between two boxes, by index. Box 0 is where everything begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Where everything stands.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The upper left corner of each box.
    pub(super) places: Vec<(f64, f64)>,
    /// The points of each arrow.
    pub(super) lines: Vec<Vec<(f64, f64)>>,
}

const GAP_X: f64 = 26.0;
const GAP_Y: f64 = 44.0;
const ROUND: f64 = 22.0;
const SWEEPS: usize = 24;

/// A box or a waypoint.
struct Spot {
    shape: Shape,
    layer: usize,
    /// Its middle.
    x: f64,
    /// Its upper edge, and the lower edge of its layer.
    top: f64,
    floor: f64,
    above: Vec<usize>,
    below: Vec<usize>,
}

impl Spot {
    fn new(shape: Shape, layer: usize) -> Spot {
        Spot {
            shape,
            layer,
            x: 0.0,
            top: 0.0,
            floor: 0.0,
            above: Vec::new(),
            below: Vec::new(),
        }
    }

    fn left(&self) -> f64 {
        self.x - self.shape.width / 2.0
    }

    fn right(&self) -> f64 {
        self.x + self.shape.width / 2.0
    }
}

impl Layout {
    pub(super) fn of(shapes: &[Shape], arrows: &[Arrow]) -> Layout {
        let back = backward(shapes.len(), arrows);
        let ranks = ranks(shapes.len(), arrows, &back);
        let mut spots: Vec<Spot> = shapes
            .iter()
            .zip(&ranks)
            .map(|(shape, rank)| Spot::new(*shape, *rank))
            .collect();
        let chains: Vec<Vec<usize>> = arrows
            .iter()
            .zip(&back)
            .map(|(arrow, back)| chain(&mut spots, *arrow, *back))
            .collect();
        let mut layers: Vec<Vec<usize>> = vec![Vec::new(); 1 + ranks.iter().max().copied().unwrap_or(0)];
        for (index, spot) in spots.iter().enumerate() {
            layers[spot.layer].push(index);
        }
        place(&mut spots, &mut layers);
        let height = stack(&mut spots, &layers);
        let left = spots.iter().map(Spot::left).fold(f64::INFINITY, f64::min);
        for spot in &mut spots {
            spot.x -= left;
        }
        let mut width = spots.iter().map(Spot::right).fold(0.0, f64::max);

        let mut lines = Vec::new();
        for (chain, back) in chains.iter().zip(&back) {
            let (first, last) = (&spots[chain[0]], &spots[chain[chain.len() - 1]]);
            if *back {
                width += ROUND;
                lines.push(around(first, last, width));
            } else {
                let waypoints = chain[1..chain.len() - 1].iter().map(|waypoint| &spots[*waypoint]);
                let mut line = vec![(first.x, first.top + first.shape.height)];
                line.extend(waypoints.flat_map(|spot| [(spot.x, spot.top), (spot.x, spot.floor)]));
                line.push((last.x, last.top));
                lines.push(line);
            }
        }
        if back.contains(&true) {
            width += ROUND / 2.0;
        }
        let places = spots[..shapes.len()]
            .iter()
            .map(|spot| (spot.left(), spot.top))
            .collect();
        Layout {
            width,
            height,
            places,
            lines,
        }
    }
}

/// An arrow with a waypoint in each layer that it passes; the way back passes none.
fn chain(spots: &mut Vec<Spot>, arrow: Arrow, back: bool) -> Vec<usize> {
    if back {
        return vec![arrow.from, arrow.to];
    }
    let mut chain = vec![arrow.from];
    for layer in spots[arrow.from].layer + 1..spots[arrow.to].layer {
        chain.push(spots.len());
        spots.push(Spot::new(
            Shape {
                width: 6.0,
                height: 0.0,
            },
            layer,
        ));
    }
    chain.push(arrow.to);
    for pair in chain.windows(2) {
        spots[pair[0]].below.push(pair[1]);
        spots[pair[1]].above.push(pair[0]);
    }
    chain
}

/// From the right of one box round everything to the right of another above it.
fn around(from: &Spot, to: &Spot, outside: f64) -> Vec<(f64, f64)> {
    let (from_y, to_y) = (from.top + from.shape.height / 2.0, to.top + 14.0);
    vec![
        (from.right(), from_y),
        (outside, from_y),
        (outside, to_y),
        (to.right(), to_y),
    ]
}

/// Stacks the layers and says how high they are.
fn stack(spots: &mut [Spot], layers: &[Vec<usize>]) -> f64 {
    let mut top = 0.0;
    for layer in layers {
        let floor = top
            + layer
                .iter()
                .map(|spot| spots[*spot].shape.height)
                .fold(0.0, f64::max);
        for spot in layer {
            (spots[*spot].top, spots[*spot].floor) = (top, floor);
        }
        top = floor + GAP_Y;
    }
    top - GAP_Y
}

/// Which arrows lead back to a box that they come from.
fn backward(boxes: usize, arrows: &[Arrow]) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        Open,
        Done,
    }
    fn visit(at: usize, arrows: &[Arrow], seen: &mut [Seen], back: &mut [bool]) {
        seen[at] = Seen::Open;
        for (index, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from == at) {
            match seen[arrow.to] {
                Seen::Open => back[index] = true,
                Seen::Not => visit(arrow.to, arrows, seen, back),
                Seen::Done => {}
            }
        }
        seen[at] = Seen::Done;
    }
    let (mut seen, mut back) = (vec![Seen::Not; boxes], vec![false; arrows.len()]);
    for at in 0..boxes {
        if seen[at] == Seen::Not {
            visit(at, arrows, &mut seen, &mut back);
        }
    }
    back
}

/// Each box below everything that leads to it.
fn ranks(boxes: usize, arrows: &[Arrow], back: &[bool]) -> Vec<usize> {
    let mut ranks = vec![0; boxes];
    for _ in 0..boxes {
        for (arrow, _) in arrows.iter().zip(back).filter(|(_, back)| !**back) {
            ranks[arrow.to] = ranks[arrow.to].max(ranks[arrow.from] + 1);
        }
    }
    ranks
}

/// Orders each layer by where its neighbours stand, and moves everything towards them.
fn place(spots: &mut [Spot], layers: &mut [Vec<usize>]) {
    for layer in layers.iter() {
        spread(spots, layer);
    }
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let count = layers.len();
        for step in 0..count {
            let layer = &mut layers[if down { step } else { count - 1 - step }];
            for &index in layer.iter() {
                let both: Vec<usize> = if sweep + 4 >= SWEEPS {
                    spots[index]
                        .above
                        .iter()
                        .chain(&spots[index].below)
                        .copied()
                        .collect()
                } else if down {
                    spots[index].above.clone()
                } else {
                    spots[index].below.clone()
                };
                if !both.is_empty() {
                    #[expect(clippy::cast_precision_loss, reason = "a handful of neighbours")]
                    let count = both.len() as f64;
                    spots[index].x = both.iter().map(|other| spots[*other].x).sum::<f64>() / count;
                }
            }
            layer.sort_by(|a, b| spots[*a].x.total_cmp(&spots[*b].x));
            spread(spots, layer);
        }
    }
}

/// Moves the boxes of a layer apart where they overlap, in their order, about the middle that they had.
fn spread(spots: &mut [Spot], layer: &[usize]) {
    let middle = |spots: &[Spot]| layer.iter().map(|spot| spots[*spot].x).sum::<f64>();
    let before = middle(spots);
    for pair in layer.windows(2) {
        let apart = f64::midpoint(spots[pair[0]].shape.width, spots[pair[1]].shape.width) + GAP_X;
        spots[pair[1]].x = spots[pair[1]].x.max(spots[pair[0]].x + apart);
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of boxes")]
    let shift = (middle(spots) - before) / layer.len().max(1) as f64;
    for spot in layer {
        spots[*spot].x -= shift;
    }
}
