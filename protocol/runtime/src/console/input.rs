//! Texts that people hand over: as an argument, in a file, on standard input.
use super::{Console, Exit, Failure};
use kith_protocol::limits;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

impl Console {
    /// An argument that may be `-` for standard input.
    ///
    /// # Errors
    /// When standard input cannot be read, is no text, or holds more than a text of this kind.
    pub fn text_or_stdin(&self, argument: &str) -> Result<String, Failure> {
        if argument == "-" {
            return read("standard input", io::stdin().lock());
        }
        Ok(argument.trim().to_owned())
    }

    /// The text in a file, `-` for standard input.
    ///
    /// # Errors
    /// When it cannot be read, is no text, or holds more than a text of this kind.
    pub fn text_of_file(&self, path: &Path) -> Result<String, Failure> {
        if path.as_os_str() == "-" {
            return self.text_or_stdin("-");
        }
        let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
        read(&path.display().to_string(), file)
    }
}

fn read(from: &str, reader: impl Read) -> Result<String, Failure> {
    let mut text = String::new();
    let read = reader
        .take(limits::local::TEXT as u64 + 1)
        .read_to_string(&mut text);
    read.map_err(|error| Failure::error(format!("{from}: {error}")))?;
    if text.len() > limits::local::TEXT {
        let most = limits::local::TEXT;
        let message = format!("{from}: more than {most} bytes; is it the right one?");
        return Err(Failure::new(Exit::Error, message));
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_without_its_newline() {
        assert_eq!(read("x", &b"https://a/b\n"[..]).unwrap(), "https://a/b");
    }

    #[test]
    fn a_file_that_is_no_text_of_ours_is_refused() {
        let big = vec![b'x'; limits::local::TEXT + 1];
        assert!(read("x", &big[..]).is_err());
        assert!(read("x", &[0xff, 0xfe][..]).is_err());
    }
}
