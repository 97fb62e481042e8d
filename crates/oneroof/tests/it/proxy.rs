//! A proxy between the real binary and its server. It reads what the binary sends, knows the text of every
//! statement, and stops before one of them is sent on, or before its answer comes back, until the test says
//! how it goes on.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often [`Proxy::watch`] looks whether the work has ended.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The start-up message of a request to cancel: it has no answer.
const CANCEL_REQUEST: [u8; 4] = 80_877_102_u32.to_be_bytes();

/// Listens on a free port of 127.0.0.1 as long as it lives.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    stops: Receiver<Stop>,
}

/// A statement on its way to the server: of a `Query` or a `Parse` message, or one that was prepared earlier.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Number of its connection.
    pub(crate) connection: usize,
    /// The statement as it was sent.
    pub(crate) text: String,
    /// Was it sent by the simple protocol?
    pub(crate) is_simple: bool,
}

/// Where to stop: at the `occurrence`-th statement of this text, counted from 0.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) text: String,
    pub(crate) occurrence: usize,
    pub(crate) moment: Moment,
}

/// Before or behind the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The server has not seen it.
    Unsent,
    /// The server has done it, and nobody has heard so. Only for the simple protocol.
    Unanswered,
}

/// What to look for.
#[derive(Debug, Clone)]
pub(crate) enum Watch {
    /// Nothing.
    Nothing,
    /// Each statement of this text, unsent.
    Each(String),
    /// One place.
    Once(Place),
}

/// A connection that waits.
pub(crate) struct Stop {
    /// The process of the server at its other end.
    pub(crate) backend: i32,
    reply: SyncSender<Go>,
}

/// How a connection that waited goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Go {
    /// The statement is sent on.
    On,
    /// Both ends are closed.
    Close,
}

struct Shared {
    socket: PathBuf,
    stops: Sender<Stop>,
    state: Mutex<State>,
}

struct State {
    watch: Watch,
    log: Vec<Sent>,
    /// Both ends of each connection, by number; `None` once it has ended.
    open: Vec<Option<(TcpStream, UnixStream)>>,
    is_cut: bool,
    is_over: bool,
}

impl Proxy {
    /// Begins to listen; everything goes on to the server behind this socket.
    pub(crate) fn to(socket: PathBuf) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, stops) = channel();
        let shared = Arc::new(Shared {
            socket,
            stops: sender,
            state: Mutex::new(State {
                watch: Watch::Nothing,
                log: Vec::new(),
                open: Vec::new(),
                is_cut: false,
                is_over: false,
            }),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { continue };
                let state = accepting.state();
                if state.is_over {
                    return;
                }
                if state.is_cut {
                    continue;
                }
                drop(state);
                let shared = Arc::clone(&accepting);
                // A connection that breaks is what the tests are about.
                thread::spawn(move || shared.serve(client).ok());
            }
        });
        Proxy {
            port,
            shared,
            stops,
        }
    }

    /// The port it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Does `work` and gives what it gives; `at_stop` says at each stop how that connection goes on.
    pub(crate) fn watch<T: Send>(
        &self,
        watch: Watch,
        work: impl FnOnce() -> T + Send,
        mut at_stop: impl FnMut(&Stop) -> Go,
    ) -> T {
        {
            let mut state = self.shared.state();
            state.watch = watch;
            state.log.clear();
            state.is_cut = false;
        }
        thread::scope(|scope| {
            let work = scope.spawn(work);
            loop {
                match self.stops.recv_timeout(LOOK_EVERY) {
                    // Who does not wait any more has gone with its connection.
                    Ok(stop) => drop(stop.reply.send(at_stop(&stop))),
                    Err(RecvTimeoutError::Timeout) if !work.is_finished() => {}
                    Err(_) => break,
                }
            }
            self.shared.state().watch = Watch::Nothing;
            work.join().unwrap()
        })
    }

    /// What was sent since the last [`Proxy::watch`] began, in its order.
    pub(crate) fn log(&self) -> Vec<Sent> {
        self.shared.state().log.clone()
    }

    /// Cuts all connections in both directions, and lets no new one in until the next [`Proxy::watch`] or
    /// [`Proxy::heal`].
    pub(crate) fn cut(&self) {
        let mut state = self.shared.state();
        state.is_cut = true;
        for (client, server) in state.open.iter_mut().filter_map(Option::take) {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections in again.
    pub(crate) fn heal(&self) {
        self.shared.state().is_cut = false;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.shared.state().is_over = true;
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// One connection, as its two threads see it.
#[derive(Default)]
struct Link {
    backend: AtomicI32,
    /// Answers are kept back from here on.
    holds: AtomicBool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(self: Arc<Self>, mut client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut server = UnixStream::connect(&self.socket)?;
        let number = {
            let mut state = self.state();
            state
                .open
                .push(Some((client.try_clone()?, server.try_clone()?)));
            state.open.len() - 1
        };
        let startup = read_body(&mut client)?;
        server.write_all(&framed(None, &startup))?;
        if startup.starts_with(&CANCEL_REQUEST) {
            // The server closes as soon as it has passed the signal on.
            let _ = server.read(&mut [0])?;
        } else {
            let link = Arc::new(Link::default());
            let answers = thread::spawn({
                let (shared, link) = (Arc::clone(&self), Arc::clone(&link));
                let (client, server) = (client.try_clone()?, server.try_clone()?);
                move || shared.answer(&link, server, client)
            });
            // The end of either direction is the end of this one.
            let _ = self.ask(number, &link, &client, &mut server);
            let _ = server.shutdown(Shutdown::Both);
            let _ = answers.join();
        }
        let _ = client.shutdown(Shutdown::Both);
        if let Some(ends) = self.state().open.get_mut(number) {
            *ends = None;
        }
        Ok(())
    }

    /// What the client says.
    fn ask(
        &self,
        number: usize,
        link: &Link,
        client: &TcpStream,
        server: &mut UnixStream,
    ) -> io::Result<()> {
        let mut client = BufReader::new(client);
        let mut prepared = Prepared::default();
        loop {
            let (kind, body) = read_message(&mut client)?;
            let text = match kind {
                b'Q' => Some(text_at(&body, 0)),
                b'P' => Some(prepared.prepare(&body)),
                b'B' => prepared.again(&body),
                _ => None,
            };
            let moment = text.and_then(|text| self.note(number, text, kind == b'Q'));
            if moment == Some(Moment::Unsent) && self.stop(link) == Go::Close {
                return Ok(());
            }
            if moment == Some(Moment::Unanswered) {
                link.holds.store(true, Ordering::SeqCst);
            }
            server.write_all(&framed(Some(kind), &body))?;
        }
    }

    /// What the server says.
    fn answer(&self, link: &Link, server: UnixStream, mut client: TcpStream) {
        let ended = server.try_clone();
        let mut server = BufReader::new(server);
        let mut is_done = false;
        while let Ok((kind, body)) = read_message(&mut server) {
            if link.holds.load(Ordering::SeqCst) {
                // An answer to what was sent before and not waited for (closing a statement) may come first.
                is_done |= matches!(kind, b'C' | b'E');
                if is_done && kind == b'Z' {
                    let _ = self.stop(link);
                    break;
                }
                continue;
            }
            if kind == b'K' {
                let pid = body.first_chunk().map_or(0, |pid| i32::from_be_bytes(*pid));
                link.backend.store(pid, Ordering::SeqCst);
            }
            if client.write_all(&framed(Some(kind), &body)).is_err() {
                break;
            }
        }
        if let Ok(server) = ended {
            let _ = server.shutdown(Shutdown::Both);
        }
        // What was said before still arrives.
        let _ = client.shutdown(Shutdown::Write);
    }

    /// Keeps a statement in mind, and says whether to stop at it.
    fn note(&self, connection: usize, text: String, is_simple: bool) -> Option<Moment> {
        let mut state = self.state();
        let before = state.log.iter().filter(|sent| sent.text == text).count();
        let moment = match &state.watch {
            Watch::Each(wanted) if *wanted == text => Some(Moment::Unsent),
            Watch::Once(place) if place.text == text && place.occurrence == before => {
                Some(place.moment)
            }
            _ => None,
        };
        state.log.push(Sent {
            connection,
            text,
            is_simple,
        });
        moment
    }

    /// Waits for the test.
    fn stop(&self, link: &Link) -> Go {
        let (reply, answer) = sync_channel(1);
        let stop = Stop {
            backend: link.backend.load(Ordering::SeqCst),
            reply,
        };
        match self.stops.send(stop) {
            Ok(()) => answer.recv().unwrap_or(Go::Close),
            Err(_) => Go::Close,
        }
    }
}

/// The prepared statements of one connection: text, and whether it was used.
#[derive(Default)]
struct Prepared(HashMap<String, (String, bool)>);

impl Prepared {
    /// A `Parse` message: name and text of the statement.
    fn prepare(&mut self, body: &[u8]) -> String {
        let name = text_at(body, 0);
        let text = text_at(body, name.len() + 1);
        self.0.insert(name, (text.clone(), false));
        text
    }

    /// A `Bind` message: portal and name of the statement. Its text if it was used before: the first use belongs to
    /// its `Parse`.
    fn again(&mut self, body: &[u8]) -> Option<String> {
        let name = text_at(body, text_at(body, 0).len() + 1);
        let (text, was_used) = self.0.get_mut(&name)?;
        std::mem::replace(was_used, true).then(|| text.clone())
    }
}

/// A message with its length in front, behind its type if it has one.
fn framed(kind: Option<u8>, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    let mut bytes: Vec<u8> = kind.into_iter().collect();
    bytes.extend(length.to_be_bytes());
    bytes.extend(body);
    bytes
}

fn read_message(from: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut kind = [0];
    from.read_exact(&mut kind)?;
    Ok((kind[0], read_body(from)?))
}

fn read_body(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut body = vec![0; (u32::from_be_bytes(length) as usize).saturating_sub(4)];
    from.read_exact(&mut body)?;
    Ok(body)
}

/// The text that begins there and ends with a zero byte.
fn text_at(body: &[u8], start: usize) -> String {
    let text = body.get(start..).unwrap_or_default();
    let end = text.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&text[..end.unwrap_or(text.len())]).into_owned()
}
