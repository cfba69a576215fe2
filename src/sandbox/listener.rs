//! The socket: starts, serves and ends. What is said over it is `wire`'s matter.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{
    account::Account,
    wire::{self, Service},
};

/// How long open requests may take once the end was asked for.
const GRACE: Duration = Duration::from_secs(2);

/// The sandbox could not start.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox cannot listen on {address}: {source}; choose another address, or port 0 for any free one")]
pub struct StartError {
    address: SocketAddr,
    source: std::io::Error,
}

/// A running sandbox. Dropping it ends it.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Starts to serve an account on an address; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(listen: SocketAddr, account: Account) -> Result<Self, StartError> {
        let refused = |source| StartError { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let service = Arc::new(Service::new(account.into_state()));
        let router = Router::new().fallback(wire::answer).with_state(service);
        let (end, ended) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let until = async move {
                // Either word or the sender's drop ends it.
                let _ = ended.await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
                tracing::error!(%error, "the sandbox ended");
            }
        });
        Ok(Self { address, end: Some(end), task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL to give to a client, as in `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it: no new connections, open requests are finished.
    pub async fn stop(mut self) {
        self.end.take();
        if tokio::time::timeout(GRACE, self.finished()).await.is_err() {
            self.task.abort();
        }
    }

    /// Resolves when the server has ended. May be called again afterwards.
    pub async fn finished(&mut self) {
        if !self.task.is_finished() {
            // A task that was aborted or panicked has ended too.
            let _ = (&mut self.task).await;
        }
    }
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

    /// Sends one request with this body and reads the head of the answer.
    fn head(stream: &mut TcpStream, kind: &str, body: &str) -> String {
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: sandbox\r\nAuthorization: AWS4 Credential=test/1/us-east-1/iam\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = vec![0; 4096];
        let read = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_connection_serves_many_requests() {
        let sandbox = started().await;
        let mut stream = TcpStream::connect(sandbox.address()).unwrap();
        for _ in 0..3 {
            let form = "application/x-www-form-urlencoded; charset=utf-8";
            let answer = head(&mut stream, form, "Action=ListUsers&Version=2010-05-08");
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
        sandbox.stop().await;
        assert!(TcpStream::connect(address).is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_is_taken_is_named_with_a_way_out() {
        let sandbox = started().await;
        let error = Sandbox::start(sandbox.address(), Account::empty("123456789012")).await.unwrap_err();
        assert!(error.to_string().contains("choose another address, or port 0"));
    }
}
