//! The account in a file, kept across runs.
//!
//! Written whole, beside the old one, and put in its place at once: a reader finds the old account or the new one.
//! It holds secrets, so only its owner may read it; and it belongs to one sandbox at a time.

mod check;

use std::{
    fmt::Display,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::sleep};

use super::{account::Account, ids::Ids, service::Service, state::State};

/// What the file says first; another number when the form changes.
const FORMAT: &str = "iamatrix-sandbox/1";
/// How long changes are collected before they are written.
const COLLECT: Duration = Duration::from_secs(1);

/// A file that the account is kept in. No other sandbox can keep one there while this or a copy of it lives.
#[derive(Debug, Clone)]
pub struct SaveFile {
    path: PathBuf,
    /// Locked. Beside the file, which is another one after each writing; and left there, because whoever has just opened
    /// it would lock what nobody else finds.
    _lock: Arc<File>,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// It cannot be read.
    #[error("{}: cannot be read: {cause}; allow it, or name another file", .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It belongs to another sandbox.
    #[error("{}: another running sandbox keeps its account there; end that one, or name another file", .path.display())]
    Taken {
        /// Which file.
        path: PathBuf,
    },
    /// It does not hold a saved account.
    #[error("{}: {problem}; it is left as it is: name another file, or move it away to begin anew", .path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// It cannot be written.
    #[error("{}: the account cannot be saved: {cause}; see that its folder exists and takes files, or name another", .path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    format: String,
    requests: Ids,
    account: State,
}

/// As much of it as tells what it is.
#[derive(Debug, Deserialize)]
struct Head {
    format: String,
}

impl Saved {
    /// What there is to save.
    pub(super) fn of(service: &Service) -> Self {
        let (account, requests) = service.snapshot();
        Self { format: FORMAT.to_owned(), requests, account }
    }

    fn read(text: &str) -> Result<Self, String> {
        let head: Head =
            serde_json::from_str(text).map_err(|error| format!("this is no saved account of a sandbox ({error})"))?;
        if head.format != FORMAT {
            return Err(format!("its format is `{}`, and this version reads `{FORMAT}`", head.format));
        }
        let damaged = |how: &dyn Display| format!("the saved account is damaged ({how})");
        let saved: Self = serde_json::from_str(text).map_err(|error| damaged(&error))?;
        check::check(&saved.account).map_err(|problem| damaged(&problem))?;
        Ok(saved)
    }

    fn into_account(self) -> Account {
        Account::resumed(self.account, self.requests)
    }
}

/// The account of a text that was saved; nothing when the text is of another kind.
pub(super) fn account(text: &str) -> Option<Result<Account, String>> {
    serde_json::from_str::<Head>(text).ok()?;
    Some(Saved::read(text).map(Saved::into_account))
}

impl SaveFile {
    /// A file at this path, which need not exist yet.
    ///
    /// # Errors
    /// When another sandbox has it, or nothing can be written beside it.
    pub fn open(path: PathBuf) -> Result<Self, SaveError> {
        let lock = beside(&path, ".lock")
            .and_then(|lock| OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(lock));
        let unwritten = |cause| SaveError::Write { path: path.clone(), cause };
        let lock = lock.map_err(unwritten)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: Arc::new(lock) }),
            Err(TryLockError::WouldBlock) => Err(SaveError::Taken { path }),
            Err(TryLockError::Error(cause)) => Err(unwritten(cause)),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The account that it holds, if it exists.
    ///
    /// # Errors
    /// When it exists and holds no account that this version can go on from.
    pub fn read(&self) -> Result<Option<Account>, SaveError> {
        let path = self.path.clone();
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(SaveError::Broken {
                    path,
                    problem: "this is no saved account of a sandbox (no text)".into(),
                });
            }
            Err(cause) => return Err(SaveError::Read { path, cause }),
        };
        let saved = Saved::read(&text).map_err(|problem| SaveError::Broken { path, problem })?;
        Ok(Some(saved.into_account()))
    }

    /// The account was not saved.
    pub(super) fn unwritten(&self, cause: io::Error) -> SaveError {
        SaveError::Write { path: self.path.clone(), cause }
    }

    /// Writes the account as it is now.
    pub(super) async fn write(&self, service: &Service) -> Result<(), SaveError> {
        let (saved, file) = (Saved::of(service), self.clone());
        let written = tokio::task::spawn_blocking(move || file.replace(&saved)).await;
        written.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|cause| self.unwritten(cause))
    }

    /// Writes the account after changes, until the end. Whoever ends it writes a last time.
    pub(super) async fn keep(&self, service: &Service, mut ended: watch::Receiver<()>) {
        let mut saved = true;
        loop {
            tokio::select! {
                _ = ended.changed() => return,
                () = service.changed.notified() => {}
            }
            tokio::select! {
                _ = ended.changed() => return,
                () = sleep(COLLECT) => {}
            }
            let written = self.write(service).await;
            match &written {
                Err(error) if saved => tracing::error!("{error}; it is tried again every second"),
                Ok(()) if !saved => tracing::info!("{}: the account is saved again", self.path.display()),
                _ => {}
            }
            saved = written.is_ok();
            if !saved {
                // The disk may have room again before the next change comes.
                service.changed.notify_one();
            }
        }
    }

    fn replace(&self, saved: &Saved) -> io::Result<()> {
        let beside = beside(&self.path, ".new")?;
        // What a run before left behind, or somebody put there as a trap, is never written through.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(&serde_json::to_vec(saved)?)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// The path beside this one whose name ends so.
fn beside(path: &Path, end: &str) -> io::Result<PathBuf> {
    let mut name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
    name.push(end);
    Ok(path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::sandbox::conditions::Conditions;

    fn service(account: Account) -> Service {
        let (state, requests) = account.into_parts();
        Service::new(state, requests, Conditions::default())
    }

    #[tokio::test]
    async fn an_account_comes_back_as_it_was_readable_to_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = SaveFile::open(folder.path().join("account.json")).unwrap();
        assert!(file.read().unwrap().is_none());
        let example = Account::from_yaml(include_str!("../../config/sandbox-account.yaml")).unwrap();
        let service = service(example);
        file.write(&service).await.unwrap();
        let before = fs::read_to_string(file.path()).unwrap();
        assert!(before.starts_with(r#"{"format":"iamatrix-sandbox/1","#));
        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        for account in [file.read().unwrap().unwrap(), Account::from_yaml(&before).unwrap()] {
            file.write(&self::service(account)).await.unwrap();
            assert_eq!(fs::read_to_string(file.path()).unwrap(), before);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "only the lock is left beside it");
    }

    #[test]
    fn two_sandboxes_cannot_keep_their_accounts_in_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let open = || SaveFile::open(folder.path().join("account.json"));
        let first = open().unwrap();
        let copy = first.clone();
        drop(first);
        let error = open().unwrap_err().to_string();
        assert!(error.contains("account.json: another running sandbox") && error.contains("end that one"), "{error}");
        drop(copy);
        open().unwrap();
    }

    #[tokio::test]
    async fn what_lies_where_the_new_file_is_made_is_never_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let file = SaveFile::open(folder.path().join("account.json")).unwrap();
        let (other, trap) = (folder.path().join("other"), folder.path().join("account.json.new"));
        fs::write(&other, "do not lose me").unwrap();
        let service = service(Account::empty("123456789012"));
        std::os::unix::fs::symlink(&other, &trap).unwrap();
        file.write(&service).await.unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "do not lose me");
        fs::write(&trap, "left behind").unwrap();
        fs::set_permissions(&trap, fs::Permissions::from_mode(0o644)).unwrap();
        file.write(&service).await.unwrap();
        assert_eq!(fs::symlink_metadata(file.path()).unwrap().permissions().mode(), 0o100_600);
    }

    #[tokio::test]
    async fn a_policy_of_aws_is_saved_by_its_arn() {
        let account = "account: \"123456789012\"\ngroups: {G: {policies: [ReadOnlyAccess]}}";
        let saved = Saved::of(&service(Account::from_yaml(account).unwrap()));
        let json = serde_json::to_string(&saved).unwrap();
        assert!(json.contains(r#""attached":["arn:aws:iam::aws:policy/ReadOnlyAccess"]"#), "{json}");
        let gone = json.replace("ReadOnlyAccess", "NeverThere");
        assert!(Saved::read(&gone).unwrap_err().contains("no AWS managed policy arn:aws:iam::aws:policy/NeverThere"));
    }

    #[test]
    fn what_is_no_saved_account_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = SaveFile::open(folder.path().join("account.json")).unwrap();
        let cases: [(&[u8], &str); 6] = [
            (b"", "no saved account"),
            (b"users: {}", "no saved account"),
            (b"\xff\xfe{}", "no saved account"),
            (b"{}", "no saved account"),
            (br#"{"format":"iamatrix-sandbox/9"}"#, "its format is `iamatrix-sandbox/9`, and this version reads"),
            (br#"{"format":"iamatrix-sandbox/1","requests":{}}"#, "is damaged"),
        ];
        for (text, said) in cases {
            fs::write(file.path(), text).unwrap();
            let error = file.read().unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("account.json: "), "{error}");
            assert!(error.ends_with("name another file, or move it away to begin anew"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/account.json");
        let error = SaveFile::open(path.clone()).unwrap_err().to_string();
        assert!(error.contains("missing/account.json: the account cannot be saved"), "{error}");
        fs::create_dir(path.parent().unwrap()).unwrap();
        let file = SaveFile::open(path).unwrap();
        fs::remove_dir_all(folder.path().join("missing")).unwrap();
        let error = file.write(&service(Account::empty("123456789012"))).await.unwrap_err().to_string();
        assert!(error.contains("missing/account.json: the account cannot be saved"), "{error}");
    }
}
