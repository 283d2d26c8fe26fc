//! Columns of plain text.

/// Lays out rows in columns, two spaces apart, the first row being the heading.
#[must_use]
pub fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heading.map(width);
    for row in rows {
        for (most, cell) in widths.iter_mut().zip(row) {
            *most = width(cell).max(*most);
        }
    }
    let heading = heading.map(str::to_owned);
    let lines = std::iter::once(&heading).chain(rows);
    let lines: Vec<String> = lines.map(|row| lay_out(row, &widths)).collect();
    lines.join("\n")
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

fn lay_out<const N: usize>(row: &[String; N], widths: &[usize; N]) -> String {
    let cells = row.iter().zip(widths);
    let cells = cells.map(|(cell, most)| format!("{cell:<most$}"));
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            ["Bob".to_owned(), "verified".to_owned()],
            ["Zoë the Great".to_owned(), String::new()],
        ];
        assert_eq!(
            table(["NAME", "STATE"], &rows),
            "NAME           STATE\nBob            verified\nZoë the Great"
        );
    }
}
