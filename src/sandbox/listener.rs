//! A sandbox from its start to its end: what listens, what keeps the account, and how all of it stops.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

use super::{
    account::Account,
    admin,
    conditions::Conditions,
    limits,
    save::{SaveError, SaveFile},
    service::Service,
    wire::Wire,
};
use crate::doors::{Doors, Full, GRACE, Rules};

/// The sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("the sandbox cannot listen on {address}: {source}; choose another address, or port 0 for any free one")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The account cannot be kept.
    #[error(transparent)]
    Save(#[from] SaveError),
}

/// What a sandbox is started with besides its account.
#[derive(Debug)]
pub struct Setup {
    /// What makes it harder to live with.
    pub conditions: Conditions,
    /// Where the account is kept.
    pub save: Option<SaveFile>,
    /// Where the admin listener listens.
    pub admin: Option<SocketAddr>,
    /// How many connections are served at a time.
    pub connections: usize,
}

impl Default for Setup {
    fn default() -> Self {
        Self { conditions: Conditions::default(), save: None, admin: None, connections: limits::CONNECTIONS }
    }
}

/// A running sandbox. Dropping it ends it.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    admin: Option<SocketAddr>,
    end: Option<watch::Sender<()>>,
    task: Option<JoinHandle<Result<(), SaveError>>>,
    save: Option<SaveFile>,
    saved: Result<(), SaveError>,
}

impl Sandbox {
    /// Starts to serve an account on an address; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(listen: SocketAddr, account: Account) -> Result<Self, StartError> {
        Self::start_with(listen, account, Setup::default()).await
    }

    /// The same with more than an account.
    ///
    /// # Errors
    /// When an address cannot be listened on, or the account cannot be saved.
    pub async fn start_with(listen: SocketAddr, account: Account, setup: Setup) -> Result<Self, StartError> {
        let (listener, address) = bind(listen)?;
        let (admin_listener, admin) = setup.admin.map(bind).transpose()?.unzip();
        let (state, requests) = account.into_parts();
        let service = Service::new(state, requests, setup.conditions);
        let service = Arc::new(if admin.is_some() { service.watched() } else { service });
        if let Some(file) = &setup.save {
            // What cannot be written is said now, not when it is lost.
            file.write(&service).await?;
        }
        let save = setup.save.clone();
        let (end, ended) = watch::channel(());
        let rules =
            Rules { most: setup.connections, full: Full::Refuse, quiet: limits::QUIET, head: limits::REQUEST_HEAD };
        let doors = Doors::new(Arc::new(Wire::new(Arc::clone(&service))), rules, ended.clone());
        let task = tokio::spawn(async move {
            let asked = serve_admin(admin_listener, Arc::clone(&service), ended.clone());
            tokio::join!(doors.keep(listener), asked, keep(setup.save.as_ref(), &service, ended));
            match &setup.save {
                Some(file) => file.write(&service).await,
                None => Ok(()),
            }
        });
        Ok(Self { address, admin, end: Some(end), task: Some(task), save, saved: Ok(()) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its admin listener listens, if it has one.
    #[must_use]
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// The URL to give to a client, as in `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it: no new connections, open requests are finished, the account is saved.
    ///
    /// # Errors
    /// When the account could not be saved.
    pub async fn stop(mut self) -> Result<(), SaveError> {
        self.end.take();
        self.finished().await;
        self.saved
    }

    /// Resolves when the server has ended. May be called again afterwards.
    pub async fn finished(&mut self) {
        if let Some(task) = &mut self.task {
            // A task that was aborted or panicked has ended too, without saving anything.
            self.saved = task.await.unwrap_or_else(|error| match &self.save {
                Some(file) => Err(file.unwritten(io::Error::other(error))),
                None => Ok(()),
            });
            self.task = None;
        }
    }
}

async fn serve_admin(listener: Option<TcpListener>, service: Arc<Service>, ended: watch::Receiver<()>) {
    let Some(listener) = listener else { return };
    let too_late = {
        let mut ended = ended.clone();
        async move {
            let _ = ended.changed().await;
            sleep(GRACE).await;
        }
    };
    tokio::select! {
        () = admin::serve(listener, service, ended) => {}
        () = too_late => {}
    }
}

async fn keep(file: Option<&SaveFile>, service: &Service, ended: watch::Receiver<()>) {
    if let Some(file) = file {
        file.keep(service, ended).await;
    }
}

/// Listens with a queue that holds many who knock at once: the system makes whoever finds it full wait for seconds.
fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = listen_on(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (bound, listener) = bound.map_err(|source| StartError::Listen { address, source })?;
    Ok((listener, bound))
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // An address that a sandbox has just left can be taken at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(limits::QUEUED_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
        time::Duration,
    };

    use super::*;

    const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

    async fn started() -> Sandbox {
        Sandbox::start(ANY, Account::empty("123456789012")).await.unwrap()
    }

    const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

    /// Sends one request with this body.
    fn send(stream: &mut TcpStream, kind: &str, body: &str) {
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: sandbox\r\nAuthorization: AWS4 Credential=test/1/us-east-1/iam\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
    }

    /// Sends one request with this body and reads the head of the answer.
    fn head(stream: &mut TcpStream, kind: &str, body: &str) -> String {
        send(stream, kind, body);
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }

    fn list_users(stream: &mut TcpStream) -> String {
        head(stream, FORM, "Action=ListUsers&Version=2010-05-08")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_connection_serves_many_requests() {
        let sandbox = started().await;
        let mut stream = TcpStream::connect(sandbox.address()).unwrap();
        for _ in 0..3 {
            let answer = list_users(&mut stream);
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
            assert!(answer.contains("content-type: text/xml") && answer.contains("x-amzn-requestid: "));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_body_that_is_no_form_holds_no_action() {
        let sandbox = started().await;
        let mut stream = TcpStream::connect(sandbox.address()).unwrap();
        let answer = head(&mut stream, "application/json", "Action=ListUsers&Version=2010-05-08");
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("<Code>MissingAction</Code>"), "{answer}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_body_beyond_the_limit_is_refused() {
        let sandbox = started().await;
        let mut stream = TcpStream::connect(sandbox.address()).unwrap();
        let length = 2 * 1024 * 1024;
        let request = format!("POST / HTTP/1.1\r\nHost: sandbox\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_stops_even_while_a_connection_is_idle_and_frees_its_address() {
        let mut sandbox = started().await;
        let address = sandbox.address();
        let _idle = TcpStream::connect(address).unwrap();
        assert_eq!(sandbox.endpoint(), format!("http://{address}"));
        sandbox.end.take();
        sandbox.finished().await;
        sandbox.finished().await;
        sandbox.stop().await.unwrap();
        assert!(TcpStream::connect(address).is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_connection_too_many_hears_why_and_the_place_of_one_that_leaves_is_free_again() {
        let account = Account::empty("123456789012");
        let setup = Setup { connections: 2, ..Setup::default() };
        let sandbox = Sandbox::start_with(ANY, account, setup).await.unwrap();
        let connect = || TcpStream::connect(sandbox.address()).unwrap();
        let mut served = [connect(), connect()];
        for stream in &mut served {
            assert!(list_users(stream).starts_with("HTTP/1.1 200 OK"));
        }
        for _ in 0..20 {
            let mut refused = connect();
            let answer = list_users(&mut refused);
            assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("connection: close"), "{answer}");
            assert!(
                answer.contains("<Code>ServiceUnavailable</Code>") && answer.contains("No more than 2"),
                "{answer}"
            );
            assert_eq!(refused.read(&mut [0; 16]).unwrap(), 0, "it is closed");
        }
        let [stays, leaves] = &mut served;
        assert!(list_users(stays).starts_with("HTTP/1.1 200 OK"));
        leaves.shutdown(std::net::Shutdown::Both).unwrap();
        while !list_users(&mut connect()).starts_with("HTTP/1.1 200 OK") {}
        sandbox.stop().await.unwrap();
    }

    async fn with_rules(rules: &str) -> Sandbox {
        let conditions = Conditions::from_yaml(rules).unwrap();
        let setup = Setup { conditions, ..Setup::default() };
        Sandbox::start_with(ANY, Account::empty("123456789012"), setup).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_that_a_rule_cuts_ends_without_a_byte_and_the_next_is_answered() {
        let sandbox = with_rules("rules: [{ action: ListUsers, then: cut }]").await;
        let mut stream = TcpStream::connect(sandbox.address()).unwrap();
        assert_eq!(list_users(&mut stream), "");
        let mut stream = TcpStream::connect(sandbox.address()).unwrap();
        assert!(list_users(&mut stream).starts_with("HTTP/1.1 200 OK"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_call_that_a_rule_delays_holds_nobody_else_up() {
        let sandbox = with_rules("rules: [{ action: GetUser, then: { delay: 1h } }]").await;
        let [mut delayed, mut other] = [0, 1].map(|_| TcpStream::connect(sandbox.address()).unwrap());
        send(&mut delayed, FORM, "Action=GetUser&Version=2010-05-08");
        delayed.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        for _ in 0..3 {
            assert!(list_users(&mut other).starts_with("HTTP/1.1 200 OK"));
            assert!(delayed.read(&mut [0; 16]).is_err(), "it is not answered for an hour");
        }
    }

    #[tokio::test]
    async fn an_account_that_a_panic_lost_is_not_said_to_be_saved() {
        let folder = tempfile::tempdir().unwrap();
        let file = SaveFile::open(folder.path().join("account.json")).unwrap();
        let of = |save| Sandbox {
            address: ANY,
            admin: None,
            end: None,
            task: Some(tokio::spawn(async { panic!("lost") })),
            save,
            saved: Ok(()),
        };
        let error = of(Some(file)).stop().await.unwrap_err().to_string();
        assert!(error.contains("account.json: the account cannot be saved"), "{error}");
        of(None).stop().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_admin_listener_on_every_address_answers_no_name_that_was_bent_to_it() {
        let setup = Setup { admin: "0.0.0.0:0".parse().ok(), ..Setup::default() };
        let sandbox = Sandbox::start_with(ANY, Account::empty("123456789012"), setup).await.unwrap();
        for (host, status) in [("evil.example", 403), ("192.0.2.1", 200)] {
            let mut stream = TcpStream::connect(("127.0.0.1", sandbox.admin().unwrap().port())).unwrap();
            write!(stream, "GET /conditions HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_is_taken_is_named_with_a_way_out() {
        let sandbox = started().await;
        let error = Sandbox::start(sandbox.address(), Account::empty("123456789012")).await.unwrap_err();
        assert!(error.to_string().contains("choose another address, or port 0"));
    }
}
