//! A recovery as a message sequence, drawn as one SVG file.
//!
//! Columns are machines, time runs down, but not to scale: each arrow has a row. A dashed arrow is a
//! reply. What the ledger admits stands across as a band. Repetitions and ledger traffic are left out.
use kith_protocol::time::Millis;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Most rows: a picture that is longer is not looked at.
const ROWS: usize = 400;
const MARGIN: usize = 84;
const COLUMN: usize = 132;
const ROW: usize = 22;
const HEAD: usize = 74;

/// What is drawn.
#[derive(Default)]
pub(crate) struct Sequence {
    rows: Vec<Row>,
    seen: BTreeSet<(String, bool)>,
    /// What follows is of no interest any more.
    over: bool,
}

struct Row {
    since: Millis,
    what: What,
}

enum What {
    Arrow {
        from: String,
        to: String,
        label: String,
        reply: bool,
    },
    Band(String),
}

impl Sequence {
    /// A message, or the reply to it, arrived; the first time counts.
    pub(super) fn arrow(
        &mut self,
        (since, id): (Millis, &str),
        (from, to): (&str, &str),
        (label, reply): (String, bool),
    ) {
        if self.seen.insert((id.to_owned(), reply)) {
            let (from, to) = (from.to_owned(), to.to_owned());
            self.push(
                since,
                What::Arrow {
                    from,
                    to,
                    label,
                    reply,
                },
            );
        }
    }

    /// Something that concerns all.
    pub(super) fn band(&mut self, since: Millis, label: &str) {
        self.push(since, What::Band(label.to_owned()));
    }

    /// Begins anew: only what follows is of interest.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.over = false;
    }

    /// Ends here.
    pub(super) fn end(&mut self) {
        self.over = true;
    }

    fn push(&mut self, since: Millis, what: What) {
        if self.rows.len() < ROWS && !self.over {
            self.rows.push(Row { since, what });
        }
    }

    /// Whoever says and hears most stands first: that is who recovers. The others in their order.
    fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<(&str, usize)> = Vec::new();
        for row in &self.rows {
            if let What::Arrow { from, to, .. } = &row.what {
                for name in [from, to] {
                    match columns.iter_mut().find(|(known, _)| known == name) {
                        Some((_, count)) => *count += 1,
                        None => columns.push((name, 1)),
                    }
                }
            }
        }
        let busiest = columns
            .iter()
            .enumerate()
            .max_by_key(|(_, (_, count))| *count);
        if let Some((place, _)) = busiest {
            columns[..=place].rotate_right(1);
        }
        columns.into_iter().map(|(name, _)| name).collect()
    }

    /// The drawing.
    pub(crate) fn svg(&self, title: &str) -> String {
        let columns = self.columns();
        let width = MARGIN + COLUMN * columns.len().max(2);
        let height = HEAD + ROW * (self.rows.len() + 2);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <title>{0}</title>\n\
             <defs><marker id=\"tip\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" orient=\"auto\">\
             <path d=\"M0,0 L8,4 L0,8 z\" fill=\"#222\"/></marker></defs>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
             <text x=\"8\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{0}</text>\n",
            escaped(title)
        );
        for (place, name) in columns.iter().enumerate() {
            let x = middle(place);
            let bottom = height - ROW;
            let _ = write!(
                svg,
                "<text x=\"{x}\" y=\"48\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>\n\
                 <line x1=\"{x}\" y1=\"56\" x2=\"{x}\" y2=\"{bottom}\" stroke=\"#999\" stroke-width=\"1\"/>\n",
                escaped(name)
            );
        }
        for (number, row) in self.rows.iter().enumerate() {
            row.draw(&mut svg, HEAD + ROW * (number + 1), (&columns, width));
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn middle(place: usize) -> usize {
    MARGIN + COLUMN * place + COLUMN / 2
}

impl Row {
    fn draw(&self, svg: &mut String, y: usize, (columns, width): (&[&str], usize)) {
        let seconds = self.since.0 as f64 / 1000.0;
        let _ = writeln!(
            svg,
            "<text x=\"70\" y=\"{y}\" text-anchor=\"end\" fill=\"#555\">{seconds:.1} s</text>"
        );
        match &self.what {
            What::Band(label) => band(svg, y, (label, width)),
            What::Arrow {
                from,
                to,
                label,
                reply,
            } => {
                let place = |name: &str| columns.iter().position(|known| *known == name);
                if let (Some(from), Some(to)) = (place(from), place(to)) {
                    arrow(svg, (middle(from), middle(to), y), (label, *reply));
                }
            }
        }
    }
}

fn band(svg: &mut String, y: usize, (label, width): (&str, usize)) {
    let top = y - 14;
    let wide = width - MARGIN;
    let _ = write!(
        svg,
        "<rect x=\"{MARGIN}\" y=\"{top}\" width=\"{wide}\" height=\"19\" fill=\"#eee\" stroke=\"#bbb\"/>\n\
         <text x=\"{}\" y=\"{y}\" font-style=\"italic\">{}</text>\n",
        MARGIN + 8,
        escaped(label)
    );
}

fn arrow(svg: &mut String, (from, to, y): (usize, usize, usize), (label, reply): (&str, bool)) {
    let dashes = if reply {
        " stroke-dasharray=\"5 4\""
    } else {
        ""
    };
    let (start, end) = if from < to {
        (from + 2, to - 2)
    } else {
        (from - 2, to + 2)
    };
    // At the end where the arrow begins, so that labels of crossing arrows do not meet in the middle.
    let (x, anchor) = if from < to {
        (from + 6, "start")
    } else {
        (from - 6, "end")
    };
    let line = y + 3;
    let label = escaped(label);
    // A white edge first, so that lifelines do not run through the letters.
    let text = |look: &str| {
        format!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"11\"{look}>{label}</text>\n"
        )
    };
    let _ = write!(
        svg,
        "<line x1=\"{start}\" y1=\"{line}\" x2=\"{end}\" y2=\"{line}\" stroke=\"#222\"{dashes} \
         marker-end=\"url(#tip)\"/>\n{}{}",
        text(" fill=\"#fff\" stroke=\"#fff\" stroke-width=\"3\""),
        text("")
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_is_drawn_once_and_names_cannot_break_the_picture() {
        let mut sequence = Sequence::default();
        for _ in 0..2 {
            let label = ("share <b>".to_owned(), false);
            sequence.arrow((Millis(5), "id"), ("Alice", "Bob & co"), label);
        }
        sequence.band(Millis(6), "the ledger admits a request");
        let svg = sequence.svg("a < b");
        assert_eq!(svg.matches("marker-end").count(), 1);
        assert!(
            svg.contains("share &lt;b&gt;")
                && svg.contains("Bob &amp; co")
                && svg.contains("a &lt; b")
        );
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }
}
