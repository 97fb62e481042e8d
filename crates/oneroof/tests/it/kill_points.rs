//! The points of a release run at which it can be killed: found in what an unbroken run sent to its server,
//! after the engine's order (`oneroof-engine/src/execute/forward.rs`).

use crate::proxy::{Moment, Place, Sent};

const BEGIN: &str = "begin transaction isolation level read committed";
const COMMIT: &str = "commit";
const LAST_STATEMENT_IS_DONE: &str = "set constraints all immediate";
const CONFIRM: &str = include_str!("../../../oneroof-pg/src/run/lock_confirm.sql");
const APPEND: &str = include_str!("../../../oneroof-pg/src/ledger/append.sql");
/// The read on the watcher after each commit.
pub(crate) const READ_BACK: &str = include_str!("../../../oneroof-pg/src/ledger/newest_hash.sql");

/// A tier that the unbroken run applied.
#[derive(Debug)]
pub(crate) struct AppliedTier {
    pub(crate) id: String,
    /// The text of its file.
    pub(crate) text: String,
    /// Statements in it.
    pub(crate) statements: usize,
}

/// A point at which a run is killed.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Where it is, in words.
    pub(crate) name: String,
    /// Where it is for the proxy.
    pub(crate) place: Place,
    /// Entries that the run has in the ledger then.
    pub(crate) entries: usize,
}

/// All steps of all transactions of the run, in their order.
pub(crate) fn points(log: &[Sent], tiers: &[AppliedTier]) -> Vec<Point> {
    let transactions: Vec<usize> = (0..log.len()).filter(|at| log[*at].text == BEGIN).collect();
    let mut points = Points {
        log,
        found: Vec::new(),
        entries: 0,
    };
    let mut tiers = tiers;
    for (number, begin) in transactions.iter().enumerate() {
        let own = points.own(*begin);
        if own.iter().any(|at| log[*at].text == CONFIRM) {
            let unit = points.unit(&own, tiers);
            tiers = &tiers[unit..];
        } else {
            let what = if number == 0 {
                "first ledger entry"
            } else {
                "last ledger entry"
            };
            points.add(what, "before `begin`", own[0], Moment::Unsent);
            points.end(what, &own, 1);
        }
    }
    assert!(tiers.is_empty(), "no transaction of {tiers:?}");
    points.found
}

/// Every message of the run, before the server has seen it; of the simple protocol also when it is done and not
/// answered. The questions who blocks the run come when they come, and are left out.
pub(crate) fn messages(log: &[Sent]) -> Vec<Point> {
    const BLOCKERS: &str = include_str!("../../../oneroof-pg/src/run/blockers.sql");
    let mut found = Vec::new();
    for (at, sent) in log.iter().enumerate() {
        if sent.text == BLOCKERS {
            continue;
        }
        let before = log[..at].iter();
        let occurrence = before.filter(|other| other.text == sent.text).count();
        let moments: &[Moment] = match sent.is_simple {
            true => &[Moment::Unsent, Moment::Unanswered],
            false => &[Moment::Unsent],
        };
        found.extend(moments.iter().map(|moment| Point {
            name: format!("message {at} ({moment:?}: {})", sent.text),
            place: Place {
                text: sent.text.clone(),
                occurrence,
                moment: *moment,
            },
            entries: 0,
        }));
    }
    found
}

/// The steps of a rollback, which is one transaction that brings so many entries.
pub(crate) fn rollback_points(log: &[Sent], entries: usize) -> Vec<Point> {
    let mut begins = (0..log.len()).filter(|at| log[*at].text == BEGIN);
    let begin = begins.next().expect("the run never began");
    assert_eq!(begins.next(), None, "a rollback is one transaction");
    let mut points = Points {
        log,
        found: Vec::new(),
        entries: 0,
    };
    let own = points.own(begin);
    let what = "rollback";
    points.add(what, "before `begin`", begin, Moment::Unsent);
    let confirm = points.find(&own, CONFIRM);
    points.add(
        what,
        "before the lock is confirmed",
        own[confirm],
        Moment::Unsent,
    );
    let append = points.find(&own, APPEND);
    // What the database is changed by: files of the package and generated drops.
    let changes = own[confirm + 1..append].iter().copied().filter(|at| {
        let text = log[*at].text.trim_start();
        ["drop ", "delete ", "truncate ", "with gone "]
            .iter()
            .any(|word| text.starts_with(word))
    });
    let changes: Vec<usize> = changes.collect();
    assert!(changes.len() > 2, "the rollback changes too little");
    for (number, at) in changes.iter().enumerate() {
        let step = format!("before change {}", number + 1);
        points.add(what, &step, *at, Moment::Unsent);
        let step = format!("change {} done and not answered", number + 1);
        points.add(what, &step, *at, Moment::Unanswered);
    }
    points.end(what, &own, entries);
    points.found
}

struct Points<'a> {
    log: &'a [Sent],
    found: Vec<Point>,
    /// Entries of the transactions before.
    entries: usize,
}

impl Points<'_> {
    /// The statements of the transaction that begins there. Its connection may have others before and behind it.
    fn own(&self, begin: usize) -> Vec<usize> {
        let connection = self.log[begin].connection;
        let from_here = (begin..self.log.len()).filter(|at| self.log[*at].connection == connection);
        let mut own: Vec<usize> = from_here.collect();
        if let Some(commit) = own.iter().position(|at| self.text(*at) == COMMIT) {
            own.truncate(commit + 1);
        }
        own
    }

    fn text(&self, at: usize) -> &str {
        &self.log[at].text
    }

    fn find(&self, own: &[usize], text: &str) -> usize {
        let found = own.iter().rposition(|at| self.text(*at) == text);
        found.unwrap_or_else(|| panic!("the run never sent: {text}"))
    }

    fn add(&mut self, what: &str, step: &str, at: usize, moment: Moment) {
        let sent = &self.log[at];
        let before = self.log[..at].iter();
        self.found.push(Point {
            name: format!("{what}, {step}"),
            place: Place {
                text: sent.text.clone(),
                occurrence: before.filter(|other| other.text == sent.text).count(),
                moment,
            },
            entries: self.entries,
        });
    }

    /// The steps of a unit; gives how many of `tiers` it has.
    fn unit(&mut self, own: &[usize], tiers: &[AppliedTier]) -> usize {
        let confirm = self.find(own, CONFIRM);
        let done = self.find(own, LAST_STATEMENT_IS_DONE);
        // The query of a metric may stand in a tier too, but it is prepared first, in the same words; that of
        // declared rows is made by the engine.
        let mut statements: &[usize] = &own[confirm + 1..done]
            .iter()
            .zip(&own[confirm..])
            .filter(|(at, before)| {
                self.log[**at].is_simple && self.text(**at) != self.text(**before)
            })
            .filter(|(at, _)| tiers.iter().any(|tier| tier.text.contains(self.text(**at))))
            .map(|(at, _)| *at)
            .collect::<Vec<_>>();
        let first = &tiers[0].id;
        let head = format!("tier {first}");
        self.add(&head, "before `begin`", own[0], Moment::Unsent);
        self.add(&head, "after `begin`", own[1], Moment::Unsent);
        self.add(
            &head,
            "before the lock is confirmed",
            own[confirm],
            Moment::Unsent,
        );
        self.add(
            &head,
            "after the lock was confirmed",
            own[confirm + 1],
            Moment::Unsent,
        );
        let mut count = 0;
        while !statements.is_empty() {
            let tier = &tiers[count];
            let what = format!("tier {}", tier.id);
            assert!(
                statements.len() >= tier.statements,
                "{what}: too few statements"
            );
            let (its, rest) = statements.split_at(tier.statements);
            assert!(
                its.iter().all(|at| tier.text.contains(self.text(*at))),
                "statements of {what}"
            );
            let (middle, last) = (its[its.len() / 2], its[its.len() - 1]);
            self.add(&what, "before the first statement", its[0], Moment::Unsent);
            if its.len() > 1 {
                let step = "between two statements";
                self.add(&what, step, middle, Moment::Unsent);
            }
            let step = "a statement done and not answered";
            self.add(&what, step, middle, Moment::Unanswered);
            let after = own.iter().copied().find(|at| *at > last).unwrap();
            self.add(&what, "after the last statement", after, Moment::Unsent);
            statements = rest;
            count += 1;
        }
        let what = format!("tier {}", tiers[count - 1].id);
        let measured = own[usize::midpoint(done + 1, self.find(own, APPEND))];
        self.add(
            &what,
            "in the measurement of effects",
            measured,
            Moment::Unsent,
        );
        self.end(&what, own, count);
        count
    }

    /// The steps at the end of each transaction, which brings so many entries.
    fn end(&mut self, what: &str, own: &[usize], entries: usize) {
        let append = own[self.find(own, APPEND)];
        let commit = own[self.find(own, COMMIT)];
        self.add(what, "before the ledger entry", append, Moment::Unsent);
        self.add(what, "before `commit`", commit, Moment::Unsent);
        self.entries += entries;
        let step = "`commit` done and not answered";
        self.add(what, step, commit, Moment::Unanswered);
        let read_back = (commit..self.log.len()).find(|at| self.text(*at) == READ_BACK);
        let read_back = read_back.unwrap_or_else(|| panic!("{what} was not read back"));
        self.add(what, "before it is read back", read_back, Moment::Unsent);
    }
}
