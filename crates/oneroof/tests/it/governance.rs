//! The governance schema, read: topics, reconciling, owners.

use serde_json::Value;

use crate::governed::Governed;

#[test]
fn topics_labels_and_owners_of_the_reference() {
    let governed = Governed::one_roof();
    let topics = governed.done("topic list --target directus");
    assert_eq!(codes(&topics, "topic").len(), 8, "{topics:#}");
    let rows = governed.done("reconcile list --target directus");
    assert_eq!(codes(&rows, "collection").len(), 6, "{rows:#}");
    let owners = governed.done("owner list --target directus --object agents");
    assert_eq!(codes(&owners["effective"], "scope").len(), 6, "{owners:#}");
}

fn codes(rows: &Value, member: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    let texts = rows.iter().map(|row| row[member].as_str().unwrap());
    texts.map(str::to_owned).collect()
}
