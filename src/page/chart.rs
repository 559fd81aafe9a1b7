//! Bars of counts over time, stacked by level: inline SVG, with a table that says the same.

use super::moment::Moment;

/// The counts of one bar: errors, warnings and everything else.
pub type Counts = [i64; 3];

/// The space for the numbers at the left, and for the times below.
const MARGIN: f64 = 34.0;

/// The part of a bar's width that is a gap.
const GAP: f64 = 0.25;

/// At most so many times stand below the bars.
const LABELS: usize = 6;

/// The width that a time needs.
const LABEL: f64 = 120.0;

/// The CSS classes of the levels, in the order of [`Counts`].
const CLASSES: [&str; 3] = ["b-e", "b-w", "b-i"];

/// Bars over time.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The bars, oldest first.
    pub bars: Vec<Bar>,
    /// The width and height of the drawing, in its own units.
    pub size: (f64, f64),
    /// Whether numbers and times stand beside the bars.
    pub has_axes: bool,
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// When it begins.
    pub at: Moment,
    /// Whether it is a day, of UTC; otherwise an hour.
    pub is_day: bool,
    /// How many were recorded.
    pub counts: Counts,
    /// Where it leads: the same page, filtered.
    pub href: String,
}

/// A bar as it is drawn.
#[derive(Debug)]
pub struct Column<'a> {
    /// The bar.
    pub bar: &'a Bar,
    /// Its left edge.
    pub x: f64,
    /// Its width.
    pub width: f64,
    /// Its parts from below, each with its class, upper edge and height.
    pub parts: Vec<(&'static str, f64, f64)>,
}

impl Column<'_> {
    /// Whether it leads anywhere: empty bars have nothing to show.
    pub fn leads(&self) -> bool {
        !self.bar.href.is_empty() && self.bar.total() > 0
    }
}

impl Bar {
    /// The number of all levels.
    pub fn total(&self) -> i64 {
        self.counts.iter().sum()
    }

    /// Returns its start as the page shows it without a script.
    pub fn label(&self) -> String {
        if self.is_day {
            self.at.day()
        } else {
            self.at.exact()
        }
    }

    /// Returns its start for programs; of a day without a time, which belongs to UTC.
    pub fn machine(&self) -> String {
        if self.is_day {
            self.at.day()
        } else {
            self.at.machine()
        }
    }
}

impl Chart {
    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.bars.iter().all(|bar| bar.total() == 0)
    }

    /// The sum of all bars.
    pub fn totals(&self) -> Counts {
        self.bars.iter().fold([0; 3], |[e, w, i], bar| {
            [e + bar.counts[0], w + bar.counts[1], i + bar.counts[2]]
        })
    }

    /// The highest bar.
    pub fn peak(&self) -> Option<&Bar> {
        self.bars.iter().max_by_key(|bar| bar.total())
    }

    /// The lines of the scale, each with its number and height.
    pub fn lines(&self) -> Vec<(i64, f64)> {
        let step = step(self.most());
        let lines = (0..=self.most() / step).map(|line| (line * step, self.y(line * step)));
        lines.filter(|_| self.has_axes).collect()
    }

    /// The bars as they are drawn.
    pub fn columns(&self) -> Vec<Column<'_>> {
        let slot = self.slot();
        let columns = self.bars.iter().zip(0_u32..).map(|(bar, index)| {
            let mut below = 0;
            // The most serious level on top.
            let parts = CLASSES
                .iter()
                .zip(bar.counts)
                .rev()
                .filter(|(_, count)| *count > 0);
            Column {
                bar,
                x: round(self.left() + slot * f64::from(index)),
                width: round(slot * (1.0 - GAP)),
                parts: parts
                    .map(|(class, count)| {
                        let (foot, top) = (self.y(below), self.y(below + count));
                        below += count;
                        (*class, top, round(foot - top))
                    })
                    .collect(),
            }
        });
        columns.collect()
    }

    /// The times below the bars, each with its left edge.
    pub fn labels(&self) -> Vec<(&Bar, f64)> {
        let every = self.bars.len().div_ceil(LABELS).max(1);
        let columns = self.columns().into_iter().step_by(every);
        columns
            .filter(|column| self.has_axes && column.x + LABEL <= self.size.0)
            .map(|column| (column.bar, column.x))
            .collect()
    }

    /// The left edge of the first bar.
    pub fn left(&self) -> f64 {
        if self.has_axes { MARGIN } else { 0.0 }
    }

    /// The height at which the bars stand.
    pub fn foot(&self) -> f64 {
        self.y(0)
    }

    fn slot(&self) -> f64 {
        let count = u32::try_from(self.bars.len().max(1)).unwrap_or(u32::MAX);
        (self.size.0 - self.left()) / f64::from(count)
    }

    fn most(&self) -> i64 {
        self.peak().map_or(1, Bar::total).max(1)
    }

    #[expect(clippy::cast_precision_loss, reason = "a pixel is coarser")]
    fn y(&self, count: i64) -> f64 {
        let (head, foot) = if self.has_axes {
            (8.0, self.size.1 - 24.0)
        } else {
            (0.0, self.size.1)
        };
        round(foot - (foot - head) * count as f64 / self.most() as f64)
    }
}

/// The distance between the lines of a scale up to `most`: two to five lines at round numbers.
fn step(most: i64) -> i64 {
    let mut step = 1;
    while most / step >= 5 {
        step = if step.to_string().starts_with('2') {
            step / 2 * 5
        } else {
            step * 2
        };
    }
    step
}

/// To a tenth of a unit, which suffices for the eye and keeps pages small.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(totals: &[i64]) -> Chart {
        let bars = totals.iter().map(|total| Bar {
            at: Moment { at: 0, now: 0 },
            is_day: false,
            counts: [*total, 0, 0],
            href: String::new(),
        });
        Chart {
            bars: bars.collect(),
            size: (134.0, 132.0),
            has_axes: true,
        }
    }

    #[test]
    fn a_scale_has_few_lines_at_round_numbers() {
        for (most, expected) in [
            (1, 1),
            (4, 1),
            (5, 2),
            (9, 2),
            (10, 5),
            (24, 5),
            (25, 10),
            (1_000, 500),
        ] {
            assert_eq!(step(most), expected, "{most}");
        }
        assert_eq!(chart(&[0]).lines().len(), 2);
    }

    #[test]
    fn bars_stand_on_the_foot_and_the_highest_reaches_the_head() {
        let chart = chart(&[5, 10, 0, 1]);
        let columns = chart.columns();
        assert_eq!(columns.len(), 4);
        assert_eq!(columns[1].parts, [("b-e", 8.0, 100.0)]);
        assert_eq!(columns[0].parts, [("b-e", 58.0, 50.0)]);
        assert!(columns[2].parts.is_empty());
        assert_eq!((columns[0].x, columns[1].x), (34.0, 59.0));
        assert_eq!(chart.totals(), [16, 0, 0]);
    }

    #[test]
    fn an_empty_chart_has_nothing_to_draw() {
        assert!(chart(&[]).is_empty() && chart(&[]).columns().is_empty());
    }
}
