//! HTTP/1.1 by hand: what goes over the wire is exactly what a test says, right or wrong.

use std::io::{self, BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::DEADLINE;

/// One answer, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads one; none when the other side has closed without a word.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some(head) = head(from)? else { return Ok(None) };
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("no status: {head}")))?;
        let mut answer = Answer { status, head, body: Vec::new() };
        if answer.field("transfer-encoding") == Some("chunked") {
            answer.body = chunks(from)?;
        } else if let Some(length) = answer.field("content-length") {
            answer.body = vec![0; length.parse().map_err(io::Error::other)?];
            from.read_exact(&mut answer.body)?;
        } else {
            from.read_to_end(&mut answer.body)?;
        }
        Ok(Some(answer))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A field of the head; its name in small letters.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Whether another request may follow on the same connection.
    pub fn keeps_alive(&self) -> bool {
        self.head.starts_with("HTTP/1.1") && self.field("connection") != Some("close")
    }
}

/// The lines up to the empty one.
fn head(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if from.read_line(&mut head)? == 0 {
            let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, format!("the head is cut: {head}"));
            return if head.is_empty() { Ok(None) } else { Err(cut()) };
        }
    }
    Ok(Some(head))
}

fn chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; length + 2];
        from.read_exact(&mut chunk)?;
        chunk.truncate(length);
        body.append(&mut chunk);
        if length == 0 {
            return Ok(body);
        }
    }
}

/// A client that keeps its connection for as long as the server does.
pub struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub fn of(address: SocketAddr) -> Self {
        Client { address, stream: None }
    }

    /// Asks for an action of IAM; `rest` is the form behind it.
    pub fn ask(&mut self, action: &str, rest: &str) -> Answer {
        self.ask_as("test", action, rest)
    }

    /// The same with an access key.
    pub fn ask_as(&mut self, key: &str, action: &str, rest: &str) -> Answer {
        let request = post(&format!("Action={action}&Version=2010-05-08{rest}"));
        let request = request.replace("Credential=test/", &format!("Credential={key}/"));
        self.send(&request).unwrap_or_else(|error| panic!("{action}: {error}"))
    }

    fn send(&mut self, request: &str) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address)?,
        };
        stream.get_mut().write_all(request.as_bytes())?;
        let answer = Answer::read(&mut stream)?;
        let answer = answer.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        self.stream = answer.keeps_alive().then_some(stream);
        Ok(answer)
    }
}

/// A connection on which nobody waits for ever.
pub fn connect(address: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    Ok(BufReader::new(stream))
}

/// The credentials that every request carries.
pub const AUTHORIZATION: &str = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, \
                                 SignedHeaders=host;x-amz-date, Signature=0\r\nX-Amz-Date: 20260101T000000Z\r\n";

/// A request as the SDKs send it.
pub fn post(form: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: iam.amazonaws.com\r\n{AUTHORIZATION}\
         Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
}

/// A value as it stands in a form.
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
