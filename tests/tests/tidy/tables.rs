//! Tables in the project's prose that these tests hold the code to.

/// The cells of each row of the tables under this heading, markup left out, head and rule of each
/// table not counted.
pub(crate) fn rows(markdown: &str, heading: &str) -> Vec<Vec<String>> {
    let mut lines = markdown.lines();
    let level = heading.chars().take_while(|next| *next == '#').count();
    assert!(
        lines.any(|line| line == heading),
        "the heading `{heading}` is missing"
    );
    let ends = |line: &&str| {
        let marks = line.chars().take_while(|next| *next == '#').count();
        marks == 0 || marks > level
    };
    let section: Vec<&str> = lines.take_while(ends).collect();
    let rule = |line: &str| line.starts_with("| -");
    let body = |at: usize| {
        section[at].starts_with('|')
            && !rule(section[at])
            && !section.get(at + 1).is_some_and(|next| rule(next))
    };
    let rows = (0..section.len()).filter(|at| body(*at));
    rows.map(|at| cells(section[at])).collect()
}

fn cells(line: &str) -> Vec<String> {
    let inside = line.trim().trim_matches('|');
    inside
        .split('|')
        .map(|cell| cell.replace('`', "").trim().to_owned())
        .collect()
}

/// The items of a cell; a dash stands for none.
pub(crate) fn list(cell: &str) -> Vec<String> {
    cell.split([',', ' '])
        .filter(|item| !item.is_empty() && *item != "-")
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_table_is_read_without_its_head() {
    let text = "# A\n## B\n| x | y |\n| - | - |\n| `a` | b, c |\n### C\n| p |\n| - |\n| d |\n## D\n| z |\n";
    assert_eq!(rows(text, "## B"), [vec!["a", "b, c"], vec!["d"]]);
    assert_eq!(list("b, c"), ["b", "c"]);
    assert!(list("-").is_empty());
}
