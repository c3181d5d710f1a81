//! The generator of the load: one thread, a few dozen keep-alive connections, prepared bytes, one write and one read
//! per request. It must cost less than the servers that it measures, and tells how much it did cost.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rustix::event::{Timespec, epoll};

use crate::server::thread_cpu;
use graadmeter_tests::requests::Requests;

/// How long an answer may take at the end of a run before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// When requests are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// On each connection as soon as the last one is answered: as many as the server can take.
    Saturating,
    /// At random times, so many a second, whether or not the server keeps up (an open loop). A latency counts from
    /// the time when its request was due, so that a stall counts for every request that it delays.
    PerSecond {
        /// How many a second.
        rate: f64,
        /// Whether the generator has a core for itself and never sleeps.
        spins: bool,
    },
}

/// When a run ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    /// After this time.
    Time(Duration),
    /// After so many requests.
    Requests(u64),
}

/// What a run saw.
#[derive(Debug)]
pub(crate) struct Report {
    /// Requests that were answered 204.
    pub(crate) accepted: u64,
    /// Requests that were answered otherwise, or not at all.
    pub(crate) failed: u64,
    /// The first answer that was not 204.
    pub(crate) first_failure: Option<String>,
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// CPU time of the generator itself.
    pub(crate) own_cpu: Duration,
    /// Time to answer, in µs; empty when saturating.
    pub(crate) latency_us: Histogram<u64>,
}

impl Report {
    /// Answers a second.
    #[must_use]
    pub(crate) fn rate(&self) -> f64 {
        self.accepted as f64 / self.took.as_secs_f64()
    }

    /// Share of a core that the generator used.
    #[must_use]
    pub(crate) fn own_share(&self) -> f64 {
        self.own_cpu.as_secs_f64() / self.took.as_secs_f64()
    }

    /// The latency at a quantile, in ms.
    #[must_use]
    pub(crate) fn latency_ms(&self, quantile: f64) -> f64 {
        self.latency_us.value_at_quantile(quantile) as f64 / 1e3
    }

    /// Panics if any request was not answered 204.
    pub(crate) fn assert_clean(&self) {
        assert!(
            self.failed == 0,
            "{} of {} requests failed; the first: {:?}",
            self.failed,
            self.failed + self.accepted,
            self.first_failure
        );
    }

    /// Adds another run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.failed += other.failed;
        self.took += other.took;
        self.own_cpu += other.own_cpu;
        self.first_failure = self.first_failure.take().or_else(|| other.first_failure.clone());
        self.latency_us.add(&other.latency_us).expect("the same bounds");
    }

    /// A run without any request.
    #[must_use]
    pub(crate) fn empty() -> Self {
        let latency_us = Histogram::new_with_bounds(1, 60_000_000, 3).expect("valid bounds");
        Self {
            accepted: 0,
            failed: 0,
            first_failure: None,
            took: Duration::ZERO,
            own_cpu: Duration::ZERO,
            latency_us,
        }
    }
}

/// One connection; at most one request is under way on it.
struct Connection {
    stream: TcpStream,
    /// When the request that is under way was due.
    due: Option<Instant>,
    received: Vec<u8>,
}

/// A set of open connections to one server.
pub(crate) struct Load {
    to: SocketAddr,
    epoll: OwnedFd,
    connections: Vec<Connection>,
    idle: VecDeque<usize>,
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Load({}, {} connections)", self.to, self.connections.len())
    }
}

impl Load {
    /// Opens so many connections.
    #[must_use]
    pub(crate) fn new(to: SocketAddr, connections: usize) -> Self {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("an epoll");
        let mut load = Self { to, epoll, connections: Vec::new(), idle: (0..connections).collect() };
        for number in 0..connections {
            let connection = load.open(number).unwrap_or_else(|error| panic!("{to}: {error}"));
            load.connections.push(connection);
        }
        load
    }

    fn open(&self, number: usize) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.to)?;
        stream.set_nodelay(true)?;
        // Whatever the system prefers: a method that paces would delay requests by timers of its own.
        rustix::net::sockopt::set_tcp_congestion(&stream, "reno")?;
        stream.set_nonblocking(true)?;
        epoll::add(&self.epoll, &stream, epoll::EventData::new_u64(number as u64), epoll::EventFlags::IN)?;
        Ok(Connection { stream, due: None, received: Vec::with_capacity(1024) })
    }

    /// Sends requests at a pace until the end, and waits for the last answers.
    pub(crate) fn run(&mut self, requests: &mut Requests, pace: Pace, length: Length) -> Report {
        let mut report = Report::empty();
        let (began, own_cpu) = (Instant::now(), thread_cpu());
        match pace {
            Pace::Saturating => self.saturate(requests, length, &mut report),
            Pace::PerSecond { rate, spins } => self.keep_to(requests, rate, spins, length, &mut report),
        }
        report.took = began.elapsed();
        report.own_cpu = thread_cpu().saturating_sub(own_cpu);
        report
    }

    fn saturate(&mut self, requests: &mut Requests, length: Length, report: &mut Report) {
        let began = Instant::now();
        let (until, most) = match length {
            Length::Time(time) => (began + time, u64::MAX),
            Length::Requests(most) => (began + Duration::from_hours(24), most),
        };
        let mut sent = 0;
        let mut now = began;
        while now < until && sent < most {
            while sent < most
                && let Some(number) = self.idle.pop_front()
            {
                self.send(number, requests.next_request(), now, report);
                sent += 1;
            }
            now = self.receive(Some(PATIENCE), report, false);
        }
        self.finish(report, false);
    }

    fn keep_to(
        &mut self,
        requests: &mut Requests,
        rate: f64,
        spins: bool,
        length: Length,
        report: &mut Report,
    ) {
        let Length::Time(time) = length else { panic!("an open loop has a time") };
        let mut random = SmallRng::seed_from_u64(rate.to_bits());
        let began = Instant::now();
        let (mut next, mut now) = (began, began);
        while now < began + time {
            while next <= now
                && let Some(number) = self.idle.pop_front()
            {
                self.send(number, requests.next_request(), next, report);
                // Exponential gaps: arrivals that know nothing of each other.
                next += Duration::from_secs_f64(-(1.0 - random.random::<f64>()).ln() / rate);
            }
            let pause = match next.checked_duration_since(now) {
                _ if spins => Duration::ZERO,
                Some(pause) => pause,
                // Late, with every connection busy: an answer is the next thing to happen.
                None => PATIENCE,
            };
            now = self.receive(Some(pause), report, true);
        }
        self.finish(report, true);
    }

    /// Waits for what is under way.
    fn finish(&mut self, report: &mut Report, timed: bool) {
        let began = Instant::now();
        while self.idle.len() < self.connections.len() {
            if began.elapsed() > PATIENCE {
                let missing = self.connections.len() - self.idle.len();
                self.fail(report, missing as u64, "no answer");
                panic!("{missing} requests to {} were not answered within {PATIENCE:?}", self.to);
            }
            self.receive(Some(PATIENCE), report, timed);
        }
    }

    fn send(&mut self, number: usize, request: &[u8], due: Instant, report: &mut Report) {
        let connection = &mut self.connections[number];
        connection.due = Some(due);
        // The socket's buffer is empty and larger than a request, so one write takes it all.
        match connection.stream.write(request) {
            Ok(written) if written == request.len() => {}
            Ok(written) => self.broke(number, &format!("only {written} bytes were taken"), report),
            Err(error) => self.broke(number, &error.to_string(), report),
        }
    }

    /// Takes the answers that are there, after at most this time; says what time it then is.
    fn receive(&mut self, wait: Option<Duration>, report: &mut Report, timed: bool) -> Instant {
        let timeout = wait.map(|wait| Timespec {
            tv_sec: wait.as_secs().cast_signed(),
            tv_nsec: wait.subsec_nanos().into(),
        });
        let mut events =
            [epoll::Event { flags: epoll::EventFlags::empty(), data: epoll::EventData::new_u64(0) }; 128];
        let count = match epoll::wait(&self.epoll, &mut events[..], timeout.as_ref()) {
            Ok(count) => count,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => panic!("epoll: {error}"),
        };
        let now = Instant::now();
        for event in &events[..count] {
            let number = event.data.u64() as usize;
            self.read(number, now, report, timed);
        }
        now
    }

    fn read(&mut self, number: usize, now: Instant, report: &mut Report, timed: bool) {
        // Longer than any answer, and short, since it is cleared each time.
        let mut buffer = [0; 512];
        let connection = &mut self.connections[number];
        let bytes = match connection.stream.read(&mut buffer) {
            Ok(0) => return self.broke(number, "closed without an answer", report),
            Ok(bytes) => &buffer[..bytes],
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => return self.broke(number, &error.to_string(), report),
        };
        connection.received.extend_from_slice(bytes);
        if !connection.received.ends_with(b"\r\n\r\n") && connection.received.starts_with(b"HTTP/1.1 204") {
            return;
        }
        let Some(due) = connection.due.take() else {
            return self.broke(number, "an answer to nothing", report);
        };
        if !connection.received.starts_with(b"HTTP/1.1 204") {
            let answer = String::from_utf8_lossy(&connection.received).into_owned();
            connection.due = Some(due);
            return self.broke(number, &answer, report);
        }
        let closes = says_close(&connection.received);
        connection.received.clear();
        report.accepted += 1;
        if timed {
            report.latency_us.saturating_record(now.saturating_duration_since(due).as_micros() as u64);
        }
        if closes {
            self.reopen(number);
        }
        self.idle.push_back(number);
    }

    /// A connection without a proper answer: counted, and replaced by a new one.
    fn broke(&mut self, number: usize, why: &str, report: &mut Report) {
        let was_busy = self.connections[number].due.take().is_some();
        self.reopen(number);
        if was_busy {
            self.fail(report, 1, why);
            self.idle.push_back(number);
        }
    }

    fn fail(&self, report: &mut Report, requests: u64, why: &str) {
        report.failed += requests;
        report.first_failure.get_or_insert_with(|| format!("{}: {why}", self.to));
    }

    fn reopen(&mut self, number: usize) {
        self.connections[number] =
            self.open(number).unwrap_or_else(|error| panic!("can't connect to {} again: {error}", self.to));
    }
}

/// Whether a server ends the connection with this answer, as it may after many.
fn says_close(answer: &[u8]) -> bool {
    answer.windows(6).any(|part| part.eq_ignore_ascii_case(b" close"))
}
