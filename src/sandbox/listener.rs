//! The socket: starts, serves and ends. What is said over it is `wire`'s matter.
//!
//! Every connection ends: by its client, after a time without a request, or with the sandbox.

use std::{
    fs::File,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    account::Account,
    admin,
    conditions::Conditions,
    limits,
    save::{SaveError, SaveFile},
    service::Service,
    wire,
};

/// How long open requests may take once the end was asked for.
const GRACE: Duration = Duration::from_secs(2);
/// How long a connection may be without a request: to send one, to take the answer, or to wait between the two.
const QUIET: Duration = Duration::from_mins(1);
/// How long a connection that is one too many may take to send its request and to hear the refusal.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same when the machine has no room for it either, so that the next is waiting for this one to go.
const HASTE: Duration = Duration::from_millis(2);
/// How long to wait before the next try when the machine has nothing left to accept a connection with.
const BREATH: Duration = Duration::from_millis(50);

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
        let bound = setup.admin.map(bind).transpose()?;
        let admin = bound.as_ref().map(|(_, address)| *address);
        let (state, requests) = account.into_parts();
        let service = Service::new(state, requests, setup.conditions);
        let service = Arc::new(if admin.is_some() { service.watched() } else { service });
        if let Some(file) = &setup.save {
            // What cannot be written is said now, not when it is lost.
            file.write(&service).await?;
        }
        let (end, ended) = watch::channel(());
        let (places, most) = (Arc::new(Semaphore::new(setup.connections)), setup.connections);
        let doors = Doors { service: Arc::clone(&service), places, most, ended: ended.clone() };
        let task = tokio::spawn(async move {
            let asked = serve_admin(bound, Arc::clone(&service), ended.clone());
            tokio::join!(doors.keep(listener), asked, keep(setup.save.as_ref(), &service, ended));
            match &setup.save {
                Some(file) => file.write(&service).await,
                None => Ok(()),
            }
        });
        Ok(Self { address, admin, end: Some(end), task: Some(task), saved: Ok(()) })
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
            // A task that was aborted or panicked has ended too.
            self.saved = task.await.unwrap_or(Ok(()));
            self.task = None;
        }
    }
}

async fn serve_admin(bound: Option<(TcpListener, SocketAddr)>, service: Arc<Service>, ended: watch::Receiver<()>) {
    let Some((listener, address)) = bound else { return };
    let too_late = {
        let mut ended = ended.clone();
        async move {
            let _ = ended.changed().await;
            sleep(GRACE).await;
        }
    };
    tokio::select! {
        () = admin::serve(listener, address, service, ended) => {}
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

/// Lets connections in, and sees them out.
struct Doors {
    service: Arc<Service>,
    places: Arc<Semaphore>,
    most: usize,
    /// Changes, or loses its sender, at the end.
    ended: watch::Receiver<()>,
}

impl Doors {
    async fn keep(mut self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut spare = spare();
        loop {
            tokio::select! {
                _ = self.ended.changed() => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => self.admit(stream, &mut connections),
                    Err(error) if is_clients_fault(&error) => {}
                    Err(_) if spare.take().is_some() => {
                        // The file given up makes room for one connection, which hears the refusal and goes.
                        if let Ok(Ok((stream, _))) = timeout(HASTE, listener.accept()).await {
                            refuse(stream, self.most, HASTE).await;
                        }
                        spare = self::spare();
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the sandbox cannot take connections");
                        sleep(BREATH).await;
                        spare = self::spare();
                    }
                },
            }
        }
        drop(listener);
        // Those that take longer are dropped with the set.
        let _ = timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
    }

    fn admit(&self, stream: TcpStream, connections: &mut JoinSet<()>) {
        // Answers are small and written at once; waiting to fill a packet only slows them.
        let _ = stream.set_nodelay(true);
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => {
                let (service, ended) = (Arc::clone(&self.service), self.ended.clone());
                connections.spawn(async move {
                    serve(stream, service, ended).await;
                    drop(place);
                });
            }
            Err(_) => {
                connections.spawn(refuse(stream, self.most, PATIENCE));
            }
        }
    }
}

/// A file that can be given up when there are no more to be had.
fn spare() -> Option<File> {
    File::open("/dev/null").ok()
}

/// A connection that ended before it was accepted says nothing about the next.
fn is_clients_fault(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Serves one connection to its end.
async fn serve(stream: TcpStream, service: Arc<Service>, mut ended: watch::Receiver<()>) {
    let quiet = Quiet::default();
    let answer = service_fn(|request| async {
        quiet.breaks();
        let answer = wire::answer(&service, request).await;
        quiet.begins();
        answer
    });
    // Whoever says that no more comes may still be waiting for an answer.
    let http = http1::Builder::new().half_close(true).serve_connection(TokioIo::new(stream), answer);
    let mut connection = std::pin::pin!(http);
    // An error is a client that left or sent no HTTP, or a connection that was to be cut: all of them end it.
    tokio::select! {
        _ = &mut connection => return,
        () = quiet.lasted(QUIET) => return,
        _ = ended.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Since when a connection has been without a request.
struct Quiet(Mutex<Option<Instant>>);

impl Default for Quiet {
    fn default() -> Self {
        Self(Mutex::new(Some(Instant::now())))
    }
}

impl Quiet {
    fn begins(&self) {
        self.set(Some(Instant::now()));
    }

    fn breaks(&self) {
        self.set(None);
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// Resolves once there has been no request for so long.
    async fn lasted(&self, limit: Duration) {
        loop {
            let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let end = since.unwrap_or_else(Instant::now) + limit;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }
}

/// Says to a connection that it is one too many. What it has to say is heard first: a connection that is closed with
/// unread bytes takes the refusal down with it.
async fn refuse(mut stream: TcpStream, most: usize, patience: Duration) {
    let mut heard = [0; 4096];
    let _ = timeout(patience, stream.read(&mut heard)).await;
    let farewell = async {
        stream.write_all(&wire::too_many_connections(most)).await?;
        stream.shutdown().await?;
        while stream.read(&mut heard).await? > 0 {}
        Ok::<_, io::Error>(())
    };
    // Whoever does not listen is not waited for.
    let _ = timeout(patience, farewell).await;
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
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
        delayed.set_read_timeout(Some(BREATH)).unwrap();
        for _ in 0..3 {
            assert!(list_users(&mut other).starts_with("HTTP/1.1 200 OK"));
            assert!(delayed.read(&mut [0; 16]).is_err(), "it is not answered for an hour");
        }
    }

    #[tokio::test]
    async fn a_connection_is_quiet_for_a_time_only_and_never_while_it_is_answered() {
        let quiet = Quiet::default();
        quiet.lasted(Duration::ZERO).await;
        quiet.breaks();
        assert!(timeout(BREATH, quiet.lasted(Duration::from_millis(5))).await.is_err());
        quiet.begins();
        quiet.lasted(Duration::from_millis(5)).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_is_taken_is_named_with_a_way_out() {
        let sandbox = started().await;
        let error = Sandbox::start(sandbox.address(), Account::empty("123456789012")).await.unwrap_err();
        assert!(error.to_string().contains("choose another address, or port 0"));
    }
}
