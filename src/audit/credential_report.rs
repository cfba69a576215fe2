//! The credential report: a line of CSV for each user and for the root user.
//!
//! Owns: [`CredentialReport`] and its reader, which takes every spelling that is met: `true` and `TRUE`, `N/A`,
//! `no_information`, `not_supported` (IAM user guide, credential reports). Must not: fetch it, or judge.

use std::collections::BTreeMap;

use csv::StringRecord;
use jiff::Timestamp;

use crate::name::Name;

/// The line of the root user.
const ROOT: &str = "<root_account>";

/// Everybody's credentials as they were at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialReport {
    /// When AWS made it; up to four hours ago.
    pub made: Timestamp,
    /// The root user's line, if there is one.
    pub root: Option<Credentials>,
    /// The users' lines.
    pub users: BTreeMap<Name, Credentials>,
}

/// What a user signs in with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// When the user was made.
    pub created: Option<Timestamp>,
    /// Whether there is a password. Of the root user some reports do not tell.
    pub password: bool,
    /// When the password was last used; none: never, or longer ago than AWS remembers.
    pub password_used: Option<Timestamp>,
    /// When the password was set.
    pub password_changed: Option<Timestamp>,
    /// Whether there is an MFA device of any kind.
    pub mfa: bool,
    /// The two access keys.
    pub keys: [Key; 2],
}

/// An access key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Key {
    /// Whether there is one and it works.
    pub active: bool,
    /// When it was made, or made active again.
    pub made: Option<Timestamp>,
    /// When it was last used; none: never, or longer ago than AWS remembers.
    pub used: Option<Timestamp>,
}

impl Credentials {
    /// The keys that work, with their numbers.
    pub fn active_keys(&self) -> impl Iterator<Item = (usize, Key)> {
        (1..).zip(self.keys).filter(|(_, key)| key.active)
    }

    /// When anything of it was last used.
    #[must_use]
    pub fn last_used(&self) -> Option<Timestamp> {
        self.keys.iter().map(|key| key.used).chain([self.password_used]).max().flatten()
    }
}

/// Why a text is no credential report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It is no CSV.
    #[error("line {line} is no CSV: {what}")]
    Csv {
        /// Which line, from one.
        line: u64,
        /// What the reader says.
        what: String,
    },
    /// Something every report has is not there.
    #[error("there is no column `{0}`")]
    Column(&'static str),
}

/// Reads a report that AWS made at `made`.
///
/// # Errors
/// When it is no CSV, or lacks a column that the answer depends on.
pub fn read(text: &str, made: Timestamp) -> Result<CredentialReport, ReportError> {
    let mut lines = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let broken = |error: &csv::Error| ReportError::Csv {
        line: error.position().map_or(1, csv::Position::line),
        what: error.to_string(),
    };
    let columns = Columns(lines.headers().map_err(|error| broken(&error))?.clone());
    for needed in ["user", "password_enabled", "mfa_active", "access_key_1_active"] {
        columns.position(needed).ok_or(ReportError::Column(needed))?;
    }
    let mut report = CredentialReport { made, root: None, users: BTreeMap::new() };
    for line in lines.records() {
        let line = line.map_err(|error| broken(&error))?;
        let credentials = columns.credentials(&line);
        match columns.cell(&line, "user") {
            ROOT => report.root = Some(credentials),
            user => drop(report.users.insert(Name::new(user), credentials)),
        }
    }
    Ok(report)
}

/// The names of the columns, which tell a cell's meaning; their order does not.
struct Columns(StringRecord);

impl Columns {
    fn position(&self, column: &str) -> Option<usize> {
        self.0.iter().position(|name| name == column)
    }

    fn cell<'l>(&self, line: &'l StringRecord, column: &str) -> &'l str {
        self.position(column).and_then(|position| line.get(position)).unwrap_or_default()
    }

    fn is_true(&self, line: &StringRecord, column: &str) -> bool {
        self.cell(line, column).eq_ignore_ascii_case("true")
    }

    /// Whatever is no time says that there is none.
    fn time(&self, line: &StringRecord, column: &str) -> Option<Timestamp> {
        self.cell(line, column).parse().ok()
    }

    fn key(&self, line: &StringRecord, number: usize) -> Key {
        Key {
            active: self.is_true(line, &format!("access_key_{number}_active")),
            made: self.time(line, &format!("access_key_{number}_last_rotated")),
            used: self.time(line, &format!("access_key_{number}_last_used_date")),
        }
    }

    fn credentials(&self, line: &StringRecord) -> Credentials {
        Credentials {
            created: self.time(line, "user_creation_time"),
            password: self.is_true(line, "password_enabled"),
            password_used: self.time(line, "password_last_used"),
            password_changed: self.time(line, "password_last_changed"),
            mfa: self.is_true(line, "mfa_active"),
            keys: [self.key(line, 1), self.key(line, 2)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

    fn of(lines: &str) -> CredentialReport {
        read(&format!("{HEAD}\n{lines}"), Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn every_spelling_of_truth_and_of_nothing_is_taken() {
        let report = of("<root_account>,arn:aws:iam::1:root,2015-02-06T18:39:46+00:00,not_supported,no_information,\
             not_supported,not_supported,TRUE,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n\
             ann,arn:aws:iam::1:user/ann,2026-01-02T03:04:05+00:00,true,2026-02-02T03:04:05Z,2026-01-02T03:04:05+00:00,\
             N/A,False,true,2026-01-03T00:00:00+00:00,N/A,N/A,N/A,FALSE,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n");
        let root = report.root.unwrap();
        assert!(root.mfa && !root.password && root.last_used().is_none());
        let ann = &report.users[&"Ann".into()];
        assert!(ann.password && !ann.mfa);
        assert_eq!(ann.last_used().unwrap().to_string(), "2026-02-02T03:04:05Z");
        let keys: Vec<_> = ann.active_keys().collect();
        assert_eq!((keys.len(), keys[0].0, keys[0].1.used), (1, 1, None));
    }

    #[test]
    fn names_with_commas_and_quotes_stay_whole_and_a_short_line_is_read_as_far_as_it_goes() {
        let report = of("\"last,first\",\"arn:aws:iam::1:user/a\"\"b/last,first\",2026-01-02T03:04:05+00:00,true\n");
        let user = &report.users[&"last,first".into()];
        assert!(user.password && !user.mfa && !user.keys[0].active);
    }

    #[test]
    fn columns_are_found_by_their_names_whatever_their_order() {
        let text = "mfa_active,user,extra,access_key_1_active,password_enabled\ntrue,ann,x,true,false\n";
        let report = read(text, Timestamp::UNIX_EPOCH).unwrap();
        let ann = &report.users[&"ann".into()];
        assert!(ann.mfa && !ann.password && ann.keys[0].active);
    }

    #[test]
    fn what_is_no_report_is_refused_and_not_taken_for_an_empty_one() {
        let table = [("", "user"), ("<html>\n</html>", "user"), ("user,arn\nann,x", "password_enabled")];
        for (text, column) in table {
            assert_eq!(read(text, Timestamp::UNIX_EPOCH), Err(ReportError::Column(column)), "{text}");
        }
    }
}
