//! The same without cargo-fuzz: statements of the guard's test data, cut, joined, repeated and spoilt at random.
//! Arguments: number of executions, seed. A verdict for each, or the process ends.

use oneroof_model::readonly::TrustedNames;

const HONEST: &str = include_str!("../../crates/oneroof-sql/tests/data/guard-honest.sql");
const REFUSED: &str = include_str!("../../crates/oneroof-sql/tests/data/guard-refused.txt");

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let executions = arguments.next().and_then(Result::ok).unwrap_or(100_000);
    let mut random = Random(arguments.next().and_then(Result::ok).unwrap_or(1) | 1);
    let refused: Vec<&str> = REFUSED
        .lines()
        .filter_map(|line| line.split_once(" | "))
        .map(|(_, sql)| sql)
        .collect();
    let seeds: Vec<&str> = HONEST.lines().chain(refused.iter().copied()).collect();
    let words: Vec<&str> = seeds
        .iter()
        .flat_map(|sql| sql.split_inclusive([' ', '(', ')', ',']))
        .collect();
    let trusted = TrustedNames::default();
    let (mut allowed, mut rejected) = (0_u64, 0_u64);
    for _ in 0..executions {
        let text = mutated(&mut random, &seeds, &words);
        match oneroof_sql::guard::admit_bytes(&text, &trusted) {
            Ok(_) => allowed += 1,
            Err(refusal) => {
                assert_ne!(
                    refusal.rule.as_str(),
                    "internal-error",
                    "{}: {refusal}",
                    String::from_utf8_lossy(&text)
                );
                rejected += 1;
            }
        }
    }
    println!("{executions} executions: {allowed} allowed, {rejected} refused");
}

fn mutated(random: &mut Random, seeds: &[&str], words: &[&str]) -> Vec<u8> {
    let mut text = seeds[random.below(seeds.len())].as_bytes().to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        match random.below(9) {
            0 => text.truncate(at),
            1 => {
                text.insert(at, (random.below(256)) as u8);
            }
            2 => {
                let word = words[random.below(words.len())];
                text.splice(at..at, word.bytes());
            }
            3 => {
                let other = seeds[random.below(seeds.len())];
                text.splice(at..at, format!("({other})").into_bytes());
            }
            4 => {
                let other = seeds[random.below(seeds.len())];
                text.extend(format!(" union all {other}").bytes());
            }
            5 if !text.is_empty() => {
                let from = random.below(text.len());
                let to = (from + random.below(12)).min(text.len());
                text.drain(from..to);
            }
            6 => {
                let open = ["(select ", "case when true then ", "f(", "1+", "-", "array[", "not ", "(", "with a as (select "];
                let depth = 1 << random.below(13);
                let open = open[random.below(open.len())].repeat(depth);
                text.splice(at..at, open.bytes());
            }
            7 => {
                let word = words[random.below(words.len())];
                let many = word.repeat(1 << random.below(12));
                text.splice(at..at, many.bytes());
            }
            _ => {
                let other = seeds[random.below(seeds.len())];
                text = format!("with x as ({other}) {}", String::from_utf8_lossy(&text)).into_bytes();
            }
        }
        text.truncate(70_000);
    }
    text
}
