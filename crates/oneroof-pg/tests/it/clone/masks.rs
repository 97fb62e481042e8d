//! Masked columns.

use super::*;

#[tokio::test]
async fn masked_columns_never_leave_the_source() {
    let project = Project::new().await;
    let source = project
        .source(
            "create table person (id integer primary key, email text unique, phone varchar(20), name text not null, born date, note text,
                                  key uuid unique, secret bytea, upper_name text generated always as (upper(name)) stored);
             insert into person select g, 'p' || g || '@example.com', '+84 (0)' || g || '-123 456', 'Name ' || g, date '1990-05-17' + g, 'n' || g,
                                       md5(g::text)::uuid, convert_to('s' || g, 'UTF8') from generate_series(1, 50) g;
             update person set email = null, phone = null, note = null where id = 7;
             create table visit (person_key uuid references person (key), email text references person (email), at date) partition by range (at);
             create table visit_all partition of visit default;
             insert into visit select key, email, '2026-01-01' from person",
        )
        .await;
    let rule = |column: &str, rule: MaskRule| ColumnMask {
        column: column.to_owned(),
        rule,
    };
    let masks = vec![
        rule("public.person.email", MaskRule::Hash),
        rule("public.visit.email", MaskRule::Hash),
        rule("public.person.phone", MaskRule::Digits),
        rule(
            "public.person.name",
            MaskRule::Fixed("it's nobody".to_owned()),
        ),
        rule(
            "public.person.born",
            MaskRule::Expression("date_trunc('year', born)".to_owned()),
        ),
        rule("public.person.note", MaskRule::Null),
        rule("public.person.key", MaskRule::Hash),
        rule("public.visit.person_key", MaskRule::Hash),
        rule("public.person.secret", MaskRule::Hash),
    ];
    let options = CloneOptions {
        masks,
        ..project.options()
    };
    let clone = make(&source, &options).await.unwrap();
    let there = admin_of(&clone).await;
    for (query, expected) in [
        (
            "select count(*) from person where email ~ '^[0-9a-f]{64}$'",
            "49",
        ),
        ("select count(distinct email) from person", "49"),
        (
            "select email is null and phone is null and note is null from person where id = 7",
            "t",
        ),
        (
            "select count(*) from person join visit on visit.email = person.email and visit.person_key = person.key",
            "49",
        ),
        (
            "select count(*) from person where phone ~ '^[+][0-9]{2} [(][0-9][)][0-9]+-[0-9]{3} [0-9]{3}$'",
            "49",
        ),
        (
            "select count(*) from person where phone like '+84 (0)%-123 456'",
            "0",
        ),
        (
            "select string_agg(distinct name || upper_name, ',') from person",
            "it's nobodyIT'S NOBODY",
        ),
        (
            "select string_agg(distinct born::text, ',') from person",
            "1990-01-01",
        ),
        (
            "select count(*) from person where note is not null or secret = convert_to('s' || id, 'UTF8')",
            "0",
        ),
        (
            "select count(*) from pg_constraint where not convalidated",
            "0",
        ),
    ] {
        let answer = there.simple(query).await.unwrap();
        assert_eq!(answer.rows[0][0].as_deref(), Some(expected), "{query}");
    }
    let masked = &clone.report().masks.masked;
    assert_eq!(masked.len(), 9);
    assert_eq!(masked[0], "public.person.email: hash");
    assert!(
        clone.report().masks.unmasked.is_empty(),
        "{:?}",
        clone.report().masks
    );
    there.close().await;

    // Without masks they are warned about.
    let plain = make(&source, &project.options()).await.unwrap();
    assert_eq!(
        plain.report().masks.unmasked,
        [
            "public.person.email",
            "public.person.phone",
            "public.person.secret",
            "public.visit.email"
        ]
    );

    // What cannot be done is told at once, before anything is made.
    let options = CloneOptions {
        masks: vec![
            rule("public.person.nothing", MaskRule::Null),
            rule("person.email", MaskRule::Hash),
            rule("public.person.name", MaskRule::Null),
            rule("public.person.born", MaskRule::Hash),
            rule("public.person.upper_name", MaskRule::Hash),
            rule("public.person.note", MaskRule::Hash),
            rule("public.person.note", MaskRule::Null),
        ],
        ..project.options()
    };
    let error = make(&source, &options).await.unwrap_err();
    let CloneError::Masks { faults } = &error else {
        panic!("{error:?}")
    };
    let words = faults.join("\n");
    for part in [
        "public.person.nothing: there is none",
        "person.email: there is none",
        "public.person.name: it cannot be null",
        "public.person.born: only text, uuid and bytea",
        "public.person.upper_name: it is computed",
        "public.person.note: it has two masks",
    ] {
        assert!(words.contains(part), "{part} in {words}");
    }
}
