//! What the read-only channel adds to a statement: guard, facts of the catalog, cursor, limits, audit; against the
//! bare driver on a connection of its own, in turn. Then 16 clients at once, and memory over many statements. The
//! targets: at most 1 ms above the bare driver; no error, and a fair share for each client; memory flat.
//!
//! Run: `cargo bench -p oneroof --bench readonly -- [STATEMENTS]` (100,000 for the figure of memory). Needs PostgreSQL's
//! programs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use oneroof_engine::SearchPlaces;
use oneroof_engine::context::{Context, TargetDatabase};
use oneroof_engine::readonly::{Answer, Channel, ChannelOptions, Limits, Question};
use oneroof_pg::testing::{TestDatabase, TestServer};

const ROUNDS: usize = 600;
const CLIENTS: usize = 16;
const STATEMENTS: [(&str, &str); 4] = [
    ("a constant", "select 1"),
    (
        "a row by key",
        "select id, name, amount from orders where id = 77",
    ),
    (
        "a join",
        "select o.id, c.name from orders o join customers c on c.id = o.customer where o.amount > 990 order by 1",
    ),
    ("a view", "select * from large_orders where id < 100"),
];

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let many = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(5_000);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir()?;
        let server = TestServer::shared().await;
        let database = server.database().await;
        prepare(&database).await?;
        let context = context(&database, folder.path());
        one_at_a_time(&context, &database).await?;
        all_at_once(&context).await?;
        memory(&context, many).await
    })
}

async fn prepare(database: &TestDatabase) -> Outcome<()> {
    database
        .run(
            "create role reader login;
             create table customers (id int primary key, name text);
             create table orders (id int primary key, customer int references customers, name text, amount numeric);
             insert into customers select g, 'customer ' || g from generate_series(1, 1000) g;
             insert into orders select g, 1 + g % 1000, 'order ' || g, g % 1000 from generate_series(1, 20000) g;
             create view large_orders as select * from orders where amount > 500;
             grant select on all tables in schema public to reader;
             analyze",
        )
        .await;
    Ok(())
}

fn context(database: &TestDatabase, root: &std::path::Path) -> Context {
    let target = TargetDatabase {
        name: "shop".to_owned(),
        read: Some(database.server().conninfo(database.name(), "reader")),
        ..TargetDatabase::default()
    };
    Context {
        root: root.to_owned(),
        targets: BTreeMap::from([("shop".to_owned(), target)]),
        search: SearchPlaces::usual(None),
        server_binaries: None,
        server_folder: None,
        runner_key: None,
        operator: "bench".to_owned(),
        events: Arc::new(|_| {}),
    }
}

fn channel(context: &Context, slots: usize) -> Outcome<Channel> {
    let options = ChannelOptions {
        verb: "query",
        slots,
        limits: Limits::default(),
    };
    Ok(Channel::open(context, "shop", options)?)
}

async fn ask(channel: &Channel, sql: &str) -> Outcome<usize> {
    let question = Question {
        principal: "bench",
        sql: sql.as_bytes(),
        parameters: &[],
    };
    match channel.query(&question).await? {
        Answer::Rows(report) => Ok(report.rows.len()),
        Answer::Refused(refusal) => Err(refusal.to_string().into()),
    }
}

async fn one_at_a_time(context: &Context, database: &TestDatabase) -> Outcome<()> {
    let channel = channel(context, 1)?;
    let bare = database.server().session(database.name(), "reader").await;
    println!("{ROUNDS} rounds, medians");
    println!(
        "{:>14} {:>12} {:>12} {:>12}",
        "statement", "bare driver", "channel", "added"
    );
    for (name, sql) in STATEMENTS {
        let (mut alone, mut through) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let rows = bare.query(sql, &[]).await?.len();
            alone.push(began.elapsed());
            let began = Instant::now();
            let same = ask(&channel, sql).await?;
            through.push(began.elapsed());
            assert!(rows == same || same == 500, "{rows} rows, {same} rows");
        }
        let (alone, through) = (median(alone), median(through));
        println!(
            "{name:>14} {:>9} µs {:>9} µs {:>9} µs",
            alone.as_micros(),
            through.as_micros(),
            through.saturating_sub(alone).as_micros()
        );
    }
    bare.close().await;
    let _ = channel.close().await;
    Ok(())
}

async fn all_at_once(context: &Context) -> Outcome<()> {
    let channel = Arc::new(channel(context, 4)?);
    let stop = Arc::new(AtomicBool::new(false));
    let counts: Arc<Vec<AtomicU64>> = Arc::new((0..CLIENTS).map(|_| AtomicU64::new(0)).collect());
    let errors = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (channel, stop, counts, errors) = (
                Arc::clone(&channel),
                Arc::clone(&stop),
                Arc::clone(&counts),
                Arc::clone(&errors),
            );
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let (_, sql) = STATEMENTS[number % STATEMENTS.len()];
                    if ask(&channel, sql).await.is_err() {
                        errors.fetch_add(1, Ordering::Relaxed);
                    }
                    counts[number].fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(10)).await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await?;
    }
    let counts: Vec<u64> = counts
        .iter()
        .map(|count| count.load(Ordering::Relaxed))
        .collect();
    let total: u64 = counts.iter().sum();
    println!(
        "{CLIENTS} clients, 4 slots: {} statements a second, {} errors; of one client at least {}, at most {}",
        total * 1000 / u64::try_from(began.elapsed().as_millis())?,
        errors.load(Ordering::Relaxed),
        counts.iter().min().unwrap_or(&0),
        counts.iter().max().unwrap_or(&0)
    );
    if let Ok(channel) = Arc::try_unwrap(channel) {
        let _ = channel.close().await;
    }
    Ok(())
}

async fn memory(context: &Context, many: usize) -> Outcome<()> {
    let channel = channel(context, 4)?;
    let mut seen = Vec::new();
    for number in 0..many {
        let (_, sql) = STATEMENTS[number % STATEMENTS.len()];
        let _ = ask(&channel, sql).await?;
        if number % (many / 10).max(1) == (many / 10).max(1) - 1 {
            seen.push(resident_kb()?);
        }
    }
    println!("{many} statements: resident memory, kB, at each tenth: {seen:?}");
    let _ = channel.close().await;
    Ok(())
}

/// Of this process, as the system says it.
fn resident_kb() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no VmRSS")?.parse()?)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
