//! An engine on a sandbox in the same process: files are put before it, the account is changed by hand beside it, and its
//! cycles run one by one.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tracing_subscriber::fmt::MakeWriter;

use crate::engine::{Engine, Wiring, new_status};
use crate::files::{File, Files, FilesError, Problem};
use crate::iam::{Calls, Session, Target};
use crate::matrix::Overrides;
use crate::reconcile::Reconciler;
use crate::sandbox::{Account, Conditions, Sandbox, Setup};
use crate::status::{CycleOutcome, Status};
use crate::testing::ACCOUNT;
use crate::watch::Loaded;

pub(super) struct Desk {
    pub(super) engine: Engine,
    files: watch::Sender<Loaded>,
    status: watch::Receiver<Arc<Status>>,
    sandbox: Sandbox,
    log: Log,
    _logging: tracing::subscriber::DefaultGuard,
    _stop: watch::Sender<bool>,
    _requests: mpsc::Sender<crate::request::Request>,
}

impl Desk {
    /// An account with these users and nothing else, and an engine that has read these files. `conditions`: what happens
    /// to which call.
    pub(super) async fn new((operator, matrix): (&str, &str), conditions: &str) -> Self {
        let users = "users: { ann: {}, bob: {}, cat: {} }";
        let account = Account::from_yaml(&format!("account: \"{ACCOUNT}\"\n{users}\n")).unwrap();
        let setup = Setup { conditions: Conditions::from_yaml(conditions).unwrap(), ..Setup::default() };
        let sandbox = Sandbox::start_with("127.0.0.1:0".parse().unwrap(), account, setup).await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let session = Session::connect(&Target::Sandbox(sandbox.endpoint()), Calls::default(), stopping.clone()).await;
        let (files, loaded) = watch::channel(Ok(files(operator, matrix)));
        let (asks, requests) = mpsc::channel(1);
        let (status, statuses) = new_status(crate::clock::now());
        let wiring = Wiring { files: loaded, requests, status, beat: watch::channel(()).0, stop: stopping };
        let log = Log::default();
        let logging = tracing::subscriber::set_default(
            tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).without_time().finish(),
        );
        let mut engine = Engine::new(Reconciler::new(session), Overrides::default(), wiring);
        engine.take_files();
        Desk { engine, files, status: statuses, sandbox, log, _logging: logging, _stop: stop, _requests: asks }
    }

    /// The same, with an account that is as the files say.
    pub(super) async fn in_sync(files: (&str, &str), conditions: &str) -> Self {
        let mut desk = Desk::new(files, conditions).await;
        assert_eq!(desk.cycle().await, CycleOutcome::Changed, "{}", desk.log.text());
        desk.settled().await;
        assert_eq!(desk.cycle().await, CycleOutcome::InSync, "{}", desk.log.text());
        desk
    }

    /// Other files lie there now.
    pub(super) fn put(&self, operator: &str, matrix: &str) {
        drop(self.files.send_replace(Ok(files(operator, matrix))));
    }

    /// The matrix is not there, and the settings are.
    pub(super) fn put_without_matrix(&self, operator: &str) {
        let operator = Some(File { name: "operator.yaml".to_owned(), text: operator.to_owned() });
        let error = FilesError { path: "matrix.yaml".to_owned(), problem: Problem::Missing, operator };
        drop(self.files.send_replace(Err(Arc::new(error))));
    }

    pub(super) async fn cycle(&mut self) -> CycleOutcome {
        self.engine.cycle().await;
        self.status().last_cycle.as_ref().unwrap().outcome
    }

    pub(super) fn status(&self) -> Arc<Status> {
        self.status.borrow().clone()
    }

    /// Waits until what was made must be visible.
    pub(super) async fn settled(&self) {
        tokio::time::sleep(Duration::from_millis(1_050)).await;
    }

    /// So often the log has these words.
    pub(super) fn said(&self, words: &str) -> usize {
        self.log.text().matches(words).count()
    }

    /// A call to IAM by somebody else; the answer.
    pub(super) async fn by_hand(&self, call: &str) -> String {
        let body = format!("Version=2010-05-08&Action={call}");
        let mut stream = TcpStream::connect(self.sandbox.address()).await.unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=hand/20260101/us-east-1/iam/aws4_request\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    pub(super) async fn join(&self, user: &str, group: &str) {
        let answer = self.by_hand(&format!("AddUserToGroup&UserName={user}&GroupName={group}")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    pub(super) async fn leave(&self, user: &str, group: &str) {
        let answer = self.by_hand(&format!("RemoveUserFromGroup&UserName={user}&GroupName={group}")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Who is in a group, in the order of names; nobody where there is no such group.
    pub(super) async fn members(&self, group: &str) -> Vec<&'static str> {
        let answer = self.by_hand(&format!("GetGroup&GroupName={group}")).await;
        let is_in = |user: &&str| answer.contains(&format!("<UserName>{user}</UserName>"));
        ["ann", "bob", "cat"].into_iter().filter(is_in).collect()
    }
}

fn files(operator: &str, matrix: &str) -> Arc<Files> {
    Arc::new(Files::from_memory(operator, matrix, []))
}

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}
