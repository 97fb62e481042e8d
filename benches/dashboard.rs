//! The dashboard under load, and the hub with 5,000 documents, asked over HTTP as a browser asks.
//!
//! Hub: from the start of the program until it answers, until the first search is answered, then searches of each
//! kind, pages and lists; and a search right after a document was published. Status: 200 requests a second for 30
//! seconds, sent when they are due, whatever became of those before; and the memory of the process. Matrix: 5,000
//! objects by 6 scopes.
//! Run: `cargo bench -p oneroof --bench dashboard`, with `-- hub`, `-- load` or `-- matrix` for one of them. Needs PostgreSQL's
//! programs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot have its server must fail loudly"
)]
#![expect(
    dead_code,
    reason = "the tests' world has more than the benchmark needs"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dashboard::Dashboard;
use governed::Governed;
use sandbox::Sandbox;

#[path = "../crates/oneroof/tests/it/dashboard.rs"]
mod dashboard;
#[path = "../crates/oneroof/tests/it/governed.rs"]
mod governed;
#[path = "../crates/oneroof/tests/it/sandbox.rs"]
mod sandbox;
#[path = "../crates/oneroof/tests/it/world.rs"]
mod world;

const DOCUMENTS: usize = 5_000;
const WORDS_A_DOCUMENT: usize = 800;
const VOCABULARY: usize = 20_000;
const ROUNDS: usize = 20;

const REQUESTS_A_SECOND: usize = 200;
const SECONDS: usize = 30;
const SENDERS: usize = 16;

fn main() {
    let wanted = std::env::args()
        .nth(1)
        .filter(|word| !word.starts_with('-'));
    let is_wanted = |name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    if is_wanted("hub") {
        hub();
    }
    if is_wanted("load") {
        load();
    }
    if is_wanted("matrix") {
        matrix();
    }
}

fn hub() {
    let sandbox = Sandbox::with_config(
        "format = 1\n[targets.gone]\nread = \"host=127.0.0.1 port=1 dbname=x user=y\"\n",
    );
    let mut random = Random(7);
    let mut bytes = 0;
    for number in 0..DOCUMENTS {
        let text = document(number, &mut random);
        bytes += text.len();
        sandbox.write(&format!("hub/{}", path(number)), &text);
        let card = format!(
            "{{\"format\":1,\"title\":\"Document {number}\",\"revision\":1,\"tags\":[\"tag-{}\"],\"published_at\":\"2026-11-22T00:00:00Z\",\"published_by\":\"bench\"}}",
            number % 50
        );
        sandbox.write(&format!("hub/{}.card.json", path(number)), &card);
    }
    println!(
        "hub: {DOCUMENTS} documents, {} MB of Markdown",
        bytes / 1_000_000
    );
    let began = Instant::now();
    let dashboard = Dashboard::start(&sandbox, &[]);
    println!("{:>32} {:>7.0} ms", "listens after", ms(began.elapsed()));
    let first = dashboard.get("/api/v1/hub?q=word17");
    assert_eq!(first.status, 200);
    println!(
        "{:>32} {:>7.0} ms",
        "first search answered after",
        ms(began.elapsed())
    );
    println!("{:>32} {:>10} {:>10}", "", "median", "max");
    for (name, path) in [
        ("search, a frequent word", "/api/v1/hub?q=word1"),
        ("search, a rare word", "/api/v1/hub?q=word19876"),
        ("search, three words", "/api/v1/hub?q=word1+word2+word30"),
        ("search, a beginning", "/api/v1/hub?q=wor"),
        ("search, a phrase", "/api/v1/hub?q=%22the+second+apply%22"),
        ("search, word in a tag", "/api/v1/hub?q=word5+tag:tag-7"),
        ("search, word in a path", "/api/v1/hub?q=word5+path:part-3/"),
        ("search, page", "/hub?q=word1"),
        ("list, page", "/hub"),
        ("document, page", "/hub/knowledge/part-7/document-42.md"),
    ] {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|round| {
                // What was read is shown for a second: each address is asked once.
                let sign = if path.contains('?') { '&' } else { '?' };
                let address = format!("{path}{sign}tag=&page={}", 1 + round % 2);
                let began = Instant::now();
                let reply = dashboard.get(&address);
                assert_eq!(reply.status, 200, "{address}: {}", reply.body);
                std::thread::sleep(Duration::from_millis(if round % 2 == 1 {
                    1_000
                } else {
                    0
                }));
                ms(began.elapsed()) - if round % 2 == 1 { 1_000.0 } else { 0.0 }
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{name:>32} {:>7.1} ms {:>7.1} ms",
            times[ROUNDS / 2],
            times[ROUNDS - 1]
        );
    }
    sandbox.write("hub/knowledge/new.md", "# Fresh xylophone");
    std::thread::sleep(Duration::from_millis(1_100));
    let began = Instant::now();
    let found = dashboard.get("/api/v1/hub?q=xylophone").json();
    assert_eq!(found["hits_in_all"], 1);
    println!(
        "{:>32} {:>7.1} ms",
        "search that finds a new one",
        ms(began.elapsed())
    );
    println!(
        "{:>32} {:>7} MB",
        "memory at most",
        dashboard.memory_max_kb() / 1024
    );
}

fn path(number: usize) -> String {
    format!("knowledge/part-{}/document-{number}.md", number % 35)
}

fn document(number: usize, random: &mut Random) -> String {
    let mut text = format!("# Document {number}\n\n");
    for word in 0..WORDS_A_DOCUMENT {
        match word % 200 {
            0 => text.push_str("\n\n## A part\n\n| a | b |\n|---|---|\n| `one` | *two* |\n\n"),
            100 => text
                .push_str("\n\n```sql\nselect relname from pg_class where relkind = 'r';\n```\n\n"),
            150 => text.push_str(&format!(
                "[see](../{}) ",
                path(random.below(DOCUMENTS)).trim_start_matches("knowledge/")
            )),
            _ => text.push_str(&format!("word{} ", random.seldom(VOCABULARY))),
        }
    }
    if number.is_multiple_of(100) {
        text.push_str("Here the second apply is refused.");
    }
    text
}

fn load() {
    let governed = Governed::one_roof();
    governed.configure("[targets.directus.readonly]\naccept = [\"temp-right\"]");
    let dashboard = Dashboard::start(&governed.sandbox, &[]);
    let began = Instant::now();
    assert_eq!(dashboard.get("/").status, 200);
    println!("status: the first page after {:.0} ms", ms(began.elapsed()));
    let (next, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let in_all = REQUESTS_A_SECOND * SECONDS;
    let began = Instant::now();
    let mut times: Vec<f64> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut times = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= in_all {
                            return times;
                        }
                        let due = began
                            + Duration::from_secs(1) * number as u32 / REQUESTS_A_SECOND as u32;
                        std::thread::sleep(due.saturating_duration_since(Instant::now()));
                        let reply = std::panic::catch_unwind(|| dashboard.get("/"));
                        let is_whole = reply.is_ok_and(|reply| {
                            reply.status == 200 && reply.body.ends_with("</html>")
                        });
                        let _ = lost.fetch_add(usize::from(!is_whole), Ordering::SeqCst);
                        // From when it was due: a sender that is late is part of the waiting.
                        times.push(ms(due.elapsed()));
                    }
                })
            })
            .collect();
        senders
            .into_iter()
            .flat_map(|sender| sender.join().unwrap())
            .collect()
    });
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    println!(
        "status: {in_all} requests in {:.1} s, {} lost; median {:.1} ms, 99 % {:.1} ms, max {:.1} ms; memory at most {} MB",
        began.elapsed().as_secs_f64(),
        lost.load(Ordering::SeqCst),
        at(0.5),
        at(0.99),
        at(1.0),
        dashboard.memory_max_kb() / 1024
    );
}

fn matrix() {
    let governed = Governed::one_roof();
    governed.configure("[targets.directus.readonly]\naccept = [\"temp-right\"]");
    let copied = governed.value(
        "directus",
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
         where attrelid = 'public.collection_registry'::regclass and attnum > 0 and not attisdropped
           and attidentity = '' and attgenerated = '' and not atthasdef and attname not in ('id', 'collection_name')",
    );
    governed.sql(
        "directus",
        &format!(
            "insert into public.collection_registry (collection_name, {copied})
                 select 'many_' || n, {copied}
                 from public.collection_registry, generate_series(1, 4965) as n
                 where collection_name = 'agents';
             analyze"
        ),
    );
    let dashboard = Dashboard::start(&governed.sandbox, &[]);
    for path in [
        "/coverage/matrix",
        "/coverage/matrix?page=50",
        "/coverage",
        "/coverage/by-object",
    ] {
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                // What was read is shown for a second.
                std::thread::sleep(Duration::from_millis(1_050));
                let began = Instant::now();
                assert_eq!(dashboard.get(path).status, 200);
                ms(began.elapsed())
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{path:>32} {:>7.1} ms {:>7.1} ms", times[2], times[4]);
    }
    println!(
        "{:>32} {:>7} MB",
        "memory at most",
        dashboard.memory_max_kb() / 1024
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The same numbers in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    /// Small numbers often, large ones seldom, as words are.
    fn seldom(&mut self, limit: usize) -> usize {
        let first = self.below(limit);
        let second = self.below(limit);
        first * second / limit
    }
}
