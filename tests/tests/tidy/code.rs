//! Rust source, taken apart as far as these rules need it: code without text, comments without code.

/// A source file in two layers with the same lines.
#[derive(Default)]
pub(crate) struct Layers {
    /// Without comments, and with empty string and character literals.
    pub(crate) code: String,
    /// Only the comments.
    pub(crate) comments: String,
}

impl Layers {
    pub(crate) fn of(text: &str) -> Self {
        let mut layers = Self::default();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let taken = match token(rest, layers.code.chars().last()) {
                Token::Comment(length) => layers.comment(&rest[..length]),
                Token::Literal(length) => layers.literal(&rest[..length]),
                Token::Code => layers.plain(next),
            };
            rest = &rest[taken..];
        }
        layers
    }

    fn comment(&mut self, text: &str) -> usize {
        self.comments.push_str(text);
        self.lines_of(text);
        text.len()
    }

    fn literal(&mut self, text: &str) -> usize {
        self.code.push_str("\"\"");
        self.lines_of(text);
        self.comments
            .extend(text.chars().filter(|next| *next == '\n'));
        text.len()
    }

    fn lines_of(&mut self, text: &str) {
        self.code.extend(text.chars().filter(|next| *next == '\n'));
    }

    fn plain(&mut self, next: char) -> usize {
        self.code.push(next);
        if next == '\n' {
            self.comments.push('\n');
        }
        next.len_utf8()
    }
}

enum Token {
    Comment(usize),
    Literal(usize),
    Code,
}

fn token(rest: &str, before: Option<char>) -> Token {
    if rest.starts_with("//") {
        return Token::Comment(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Token::Comment(rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    let in_name = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
    let raw = (!in_name).then(|| raw_string(rest)).flatten();
    raw.or_else(|| string(rest))
        .or_else(|| character(rest))
        .map_or(Token::Code, Token::Literal)
}

fn raw_string(rest: &str) -> Option<usize> {
    let marked = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = marked.len() - marked.trim_start_matches('#').len();
    let inside = marked[hashes..].strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let opening = rest.len() - inside.len();
    Some(
        inside
            .find(&closing)
            .map_or(rest.len(), |end| opening + end + closing.len()),
    )
}

fn string(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('"')?;
    let mut escaped = false;
    for (at, next) in inside.char_indices() {
        if next == '"' && !escaped {
            return Some(at + 2);
        }
        escaped = next == '\\' && !escaped;
    }
    Some(rest.len())
}

/// Not a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    if let Some(escape) = inside.strip_prefix('\\') {
        let kind = escape.chars().next()?.len_utf8();
        return escape[kind..].find('\'').map(|end| end + kind + 3);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(first + 2)
}

/// The paths that begin with `start`, such as `crate::`, groups in braces taken apart.
pub(crate) fn paths(code: &str, start: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(start) {
        let in_name = code[..at].ends_with(|last: char| last.is_alphanumeric() || last == '_');
        if !in_name {
            tree("", &code[at + start.len()..], &mut found);
        }
    }
    found
}

/// Reads one path or group; returns how much of the text it took.
fn tree(prefix: &str, text: &str, found: &mut Vec<String>) -> usize {
    let name: String = text
        .chars()
        .take_while(|next| next.is_alphanumeric() || *next == '_' || *next == ':')
        .collect();
    let taken = name.len();
    let path = format!("{prefix}{name}");
    if !text[taken..].starts_with('{') {
        found.push(path.trim_end_matches(':').to_owned());
        return taken;
    }
    let mut at = taken + 1;
    while !text[at..].starts_with('}') && at < text.len() {
        let space = text[at..].len() - text[at..].trim_start_matches([' ', '\n', ',', '*']).len();
        at += space;
        if text[at..].starts_with('}') || text[at..].is_empty() {
            break;
        }
        let step = tree(&path, &text[at..], found);
        // An alias, or anything else that is no path.
        at += step.max(text[at..].chars().next().map_or(1, char::len_utf8));
        if step > 0 {
            at += text[at..].find([',', '}']).unwrap_or(0);
        }
    }
    (at + 1).min(text.len())
}

#[test]
fn text_and_comments_are_told_from_code() {
    let source = "let a = \"// \\\" no\"; // yes 'x\nlet b: &'a str = r#\"/* \"no\" */\"#; /* two\nlines */ '\\''.f('\"')";
    let layers = Layers::of(source);
    assert_eq!(
        layers.code,
        "let a = \"\"; \nlet b: &'a str = \"\"; \n \"\".f(\"\")"
    );
    assert_eq!(layers.comments, "// yes 'x\n/* two\nlines */");
}

#[test]
fn groups_of_a_path_are_taken_apart() {
    let code = "use crate::{a::{b, c as d}, e,\n};\nuse crate::f::*; fn g(x: crate::h::I, y: xcrate::j) {}";
    assert_eq!(paths(code, "crate::"), ["a::b", "a::c", "e", "f", "h::I"]);
}
