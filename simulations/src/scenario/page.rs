//! A scenario file while it is read: tables, keys and lines, and all that is wrong with them.
use super::value::{Range, Unit};
use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong in a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, counted from 1.
    pub line: usize,
    /// What.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The file.
pub(super) struct Page<'a> {
    text: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Page<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            problems: RefCell::default(),
        }
    }

    /// Reads the file as TOML as far as it goes.
    pub(super) fn parse(&self) -> DeTable<'a> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.complain(self.line(at), error.message().trim());
        }
        table.into_inner()
    }

    pub(super) fn complain(&self, line: usize, what: impl Into<String>) {
        let what = what.into();
        self.problems.borrow_mut().push(Problem { line, what });
    }

    /// All problems in the order of their lines.
    pub(super) fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.line);
        problems.dedup();
        problems
    }

    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        1 + before.matches('\n').count()
    }
}

/// A table of the file, whose keys are taken one by one; what is left over is unknown.
pub(super) struct Section<'p, 'a> {
    page: &'p Page<'a>,
    /// As messages name it: `[cast]`.
    name: String,
    /// Where it begins.
    pub(super) line: usize,
    table: Option<&'p DeTable<'a>>,
    known: Vec<&'static str>,
}

impl<'p, 'a> Section<'p, 'a> {
    pub(super) fn new(
        page: &'p Page<'a>,
        (name, line): (&str, usize),
        table: Option<&'p DeTable<'a>>,
    ) -> Self {
        Self {
            page,
            name: name.into(),
            line,
            table,
            known: Vec::new(),
        }
    }

    fn take(&mut self, key: &'static str) -> Option<&'p Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.table?.get(key)
    }

    /// Where a key stands, or else where its table begins.
    pub(super) fn line_of(&self, key: &str) -> usize {
        let value = self.table.and_then(|table| table.get(key));
        value.map_or(self.line, |value| self.page.line(value.span().start))
    }

    pub(super) fn complain(&self, key: &str, what: impl fmt::Display) {
        let line = self.line_of(key);
        self.page
            .complain(line, format!("{} `{key}`: {what}", self.name));
    }

    /// A number, a time or a chance, or a range of it.
    pub(super) fn range(
        &mut self,
        key: &'static str,
        (unit, bounds): (Unit, RangeInclusive<u64>),
        default: Range,
    ) -> Range {
        let Some(value) = self.take(key) else {
            return default;
        };
        let text = match value.get_ref() {
            DeValue::Integer(number) => number.as_str(),
            DeValue::String(text) => text,
            _ => "this",
        };
        Range::parse(text, unit, &bounds).unwrap_or_else(|what| {
            self.complain(key, what);
            default
        })
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'p str> {
        let value = self.take(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.complain(key, "a text in quotes is needed");
        }
        text
    }

    /// One of these words; a default where nothing is said.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
        default: Option<T>,
    ) -> Option<T> {
        let there_are = || {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            format!("there are {}", words.join(", "))
        };
        if self.table.and_then(|table| table.get(key)).is_none() {
            self.known.push(key);
            if default.is_none() {
                self.complain(key, format_args!("is missing; {}", there_are()));
            }
            return default;
        }
        let text = self.text(key)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.complain(key, format_args!("there is no `{text}`; {}", there_are()));
        }
        found.map(|(_, value)| *value).or(default)
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        let Some(value) = self.take(key) else {
            return false;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.complain(key, "true or false is needed");
            false
        })
    }

    /// A table within.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'p, 'a> {
        let name = format!("[{key}]");
        let Some(value) = self.take(key) else {
            return Section::new(self.page, (&name, 1), None);
        };
        let line = self.page.line(value.span().start);
        let DeValue::Table(table) = value.get_ref() else {
            self.complain(key, "a table is needed");
            return Section::new(self.page, (&name, line), None);
        };
        Section::new(self.page, (&name, line), Some(table))
    }

    /// Tables of a list.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<Section<'p, 'a>> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value.get_ref() else {
            self.complain(key, "a list of tables is needed: [[story]]");
            return Vec::new();
        };
        let one = |(number, item): (usize, &'p Spanned<DeValue<'a>>)| {
            let line = self.page.line(item.span().start);
            let name = format!("{key} {}", number + 1);
            match item.get_ref() {
                DeValue::Table(table) => Some(Section::new(self.page, (&name, line), Some(table))),
                _ => {
                    self.page
                        .complain(line, format!("{name}: a table is needed"));
                    None
                }
            }
        };
        array.iter().enumerate().filter_map(one).collect()
    }

    /// Complains about every key that nobody took.
    pub(super) fn finish(self) {
        for key in self.table.into_iter().flat_map(DeTable::keys) {
            if !self.known.contains(&key.get_ref().as_ref()) {
                let line = self.page.line(key.span().start);
                let what = format!(
                    "{}: unknown key `{}`; there are {}",
                    self.name,
                    key.get_ref(),
                    self.known.join(", ")
                );
                self.page.complain(line, what);
            }
        }
    }
}
