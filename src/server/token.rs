//! The token file: which tokens open, read anew for each request, so that a token is changed without a restart.
//!
//! One token a line; a second line is for the time in which both the old and the new one count. Must not: know what a
//! token opens.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

/// Characters that a token has at least; what is shorter can be guessed, and opens nothing. `openssl rand -hex 32` has 64.
const SHORTEST: usize = 16;
/// Bytes of the file that are read at most: room for many tokens.
const MOST_BYTES: u64 = 64 * 1024;

/// A file with tokens.
#[derive(Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    /// What was last said about it in the log, so that each thing is said once.
    told: Mutex<Option<String>>,
}

impl TokenFile {
    pub(super) fn new(path: PathBuf) -> Self {
        TokenFile { path, told: Mutex::default() }
    }

    /// Whether what was sent is one of the tokens. A file without any opens nothing, and the log says so once.
    pub(super) async fn opens(&self, sent: &str) -> bool {
        let path = self.path.clone();
        let read =
            tokio::task::spawn_blocking(move || read(&path)).await.unwrap_or_else(|error| Err(error.to_string()));
        let (tokens, problem) = match &read {
            Ok(text) => judge(text),
            Err(problem) => (Vec::new(), Some(problem.clone())),
        };
        self.tell(problem);
        is_one_of(&tokens, sent.trim())
    }

    fn tell(&self, problem: Option<String>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == problem {
            return;
        }
        let file = self.path.display();
        if let Some(problem) = &problem {
            tracing::error!("tokenFile {file}: {problem}");
        } else {
            tracing::info!("tokenFile {file}: every line is a token again");
        }
        *told = problem;
    }
}

fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| format!("cannot be read, so no token is right: {error}"))?;
    file.take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read, so no token is right: {error}"))?;
    Ok(text)
}

/// The tokens in the file, and what is wrong with it.
fn judge(text: &str) -> (Vec<&str>, Option<String>) {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let tokens: Vec<&str> = lines().filter(|line| line.chars().count() >= SHORTEST).collect();
    let short = lines().count() - tokens.len();
    let problem = match (tokens.len(), short) {
        (_, 0) if !tokens.is_empty() => None,
        (0, 0) => {
            Some("is empty, so no token is right; write one into it, as `openssl rand -hex 32` makes it".to_owned())
        }
        (good, short) => Some(format!(
            "{short} of its {} lines have fewer than {SHORTEST} characters, which can be guessed; they open nothing",
            good + short
        )),
    };
    (tokens, problem)
}

/// Compares digests, so that all are equally long, each with each and to the last bit: the time it takes tells nothing.
fn is_one_of(tokens: &[&str], sent: &str) -> bool {
    let sent = Sha256::digest(sent);
    let compare = |token: &&str| Sha256::digest(token).as_slice().ct_eq(sent.as_slice());
    tokens.iter().map(compare).fold(Choice::from(0), |found, equal| found | equal).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "0123456789abcdef-old";
    const NEW: &str = "0123456789abcdef-new";

    #[test]
    fn a_line_is_a_token_and_a_line_end_is_not_part_of_it() {
        for (text, opened) in [
            (format!("{OLD}\n"), vec![OLD]),
            (format!("{OLD}\r\n\n"), vec![OLD]),
            (format!("{NEW}\n{OLD}"), vec![NEW, OLD]),
            (format!("short\n{OLD}\n"), vec![OLD]),
            ("short\n".to_owned(), vec![]),
            (" \n\n".to_owned(), vec![]),
        ] {
            let (tokens, _) = judge(&text);
            for sent in [OLD, NEW, "short", "", &OLD[..19], &format!("{OLD}x"), &format!("{NEW}\n{OLD}")] {
                assert_eq!(is_one_of(&tokens, sent), opened.contains(&sent), "{text:?} {sent:?}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_the_file_says_how_to_mend_it() {
        assert_eq!(judge(&format!("{OLD}\n{NEW}\n")).1, None);
        assert!(judge("\n").1.unwrap().contains("openssl rand"));
        assert!(judge(&format!("{OLD}\nabc\n")).1.unwrap().starts_with("1 of its 2 lines"));
        assert!(read(Path::new("/does/not/exist")).unwrap_err().contains("No such file"));
    }

    #[tokio::test]
    async fn a_new_token_counts_at_once_and_the_old_no_more() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let tokens = TokenFile::new(file.path().to_owned());
        assert!(!tokens.opens("").await);
        for (text, old, new) in
            [(OLD.to_owned(), true, false), (format!("{NEW}\n{OLD}\n"), true, true), (NEW.to_owned(), false, true)]
        {
            std::fs::write(file.path(), &text).unwrap();
            assert_eq!((tokens.opens(OLD).await, tokens.opens(NEW).await), (old, new), "{text}");
        }
    }
}
