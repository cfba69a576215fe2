//! A wire between the program and IAM that is listened to, and that can be held. It knows what was called, whatever
//! the program says about itself.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use super::DEADLINE;

#[derive(Default)]
struct Heard {
    actions: Mutex<Vec<String>>,
    held: Mutex<bool>,
    /// How many calls are heard before they are held.
    budget: Mutex<Option<usize>>,
    cut: AtomicBool,
    released: Condvar,
}

impl Heard {
    /// One call fewer may pass; the first that may not is held, and all that follow.
    fn spend(&self) {
        let mut budget = self.budget.lock().unwrap();
        match *budget {
            Some(0) => {
                *budget = None;
                *self.held.lock().unwrap() = true;
            }
            Some(calls) => *budget = Some(calls - 1),
            None => {}
        }
    }
}

pub struct Wire {
    pub endpoint: String,
    heard: Arc<Heard>,
}

impl Wire {
    /// Lays a wire to an endpoint.
    pub fn to(endpoint: &str) -> Self {
        let target = endpoint.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Wire { endpoint: format!("http://{}", listener.local_addr().unwrap()), heard: Arc::default() };
        let heard = Arc::clone(&wire.heard);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (heard, target) = (Arc::clone(&heard), target.clone());
                // A connection that breaks is the program's to notice.
                std::thread::spawn(move || relay(client, &target, &heard));
            }
        });
        wire
    }

    /// What was called since the last time, in order.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.actions.lock().unwrap())
    }

    /// What was called since the last time and may have changed something.
    pub fn take_writes(&self) -> Vec<String> {
        self.take().into_iter().filter(|action| is_write(action)).collect()
    }

    pub fn calls(&self) -> usize {
        self.heard.actions.lock().unwrap().len()
    }

    /// The connection breaks in the middle of every call, until it is mended.
    pub fn cut(&self, cut: bool) {
        self.heard.cut.store(cut, Ordering::Relaxed);
    }

    /// Calls are heard and not passed on, until released.
    pub fn hold(&self, held: bool) {
        *self.heard.budget.lock().unwrap() = None;
        *self.heard.held.lock().unwrap() = held;
        self.heard.released.notify_all();
    }

    /// Holds every call after so many more, until released.
    pub fn hold_after(&self, calls: usize) {
        *self.heard.budget.lock().unwrap() = Some(calls);
    }

    pub fn is_held(&self) -> bool {
        *self.heard.held.lock().unwrap()
    }
}

pub fn is_write(action: &str) -> bool {
    action != "GenerateCredentialReport" && !action.starts_with("Get") && !action.starts_with("List")
}

fn relay(client: TcpStream, target: &str, heard: &Heard) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    let (mut back, mut answers) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        let copied = io::copy(&mut answers, &mut back);
        // The program hears that nothing more comes.
        let _ = back.shutdown(Shutdown::Both);
        copied
    });
    let (mut requests, mut server) = (BufReader::new(client), server);
    while let Some(request) = request(&mut requests)? {
        heard.actions.lock().unwrap().push(action(&request));
        heard.spend();
        let held = heard.held.lock().unwrap();
        drop(heard.released.wait_timeout_while(held, DEADLINE, |held| *held).unwrap());
        if heard.cut.load(Ordering::Relaxed) {
            return server.shutdown(Shutdown::Both);
        }
        server.write_all(&request)?;
    }
    server.shutdown(Shutdown::Write)
}

/// One request, head and body; none when the client has closed.
fn request(from: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let (mut request, mut length) = (Vec::new(), 0);
    loop {
        let begin = request.len();
        if from.read_until(b'\n', &mut request)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&request[begin..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            let mut body = vec![0; length];
            from.read_exact(&mut body)?;
            request.extend(body);
            return Ok(Some(request));
        }
    }
}

/// The action that the form names.
fn action(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request);
    let form = text.split_once("\r\n\r\n").map_or("", |(_, form)| form);
    let action = form.split('&').find_map(|field| field.strip_prefix("Action="));
    action.unwrap_or("no action").to_owned()
}
