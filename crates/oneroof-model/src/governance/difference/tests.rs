//! Two groups of one object each, two scopes, two agencies; then one thing is changed at a time.

use serde_json::{Value as Json, json};

use super::*;
use crate::governance::{Orders, container_changes};

fn wish() -> Json {
    json!({
        "inventory_provider": "catalog",
        "inventory_groups": [
            { "container": "films", "group": "FILMS" },
            { "container": "desk", "group": "DESK" },
        ],
        "agencies": [
            { "code": "GOV-A", "name": "A", "status": "active" },
            { "code": "GOV-B", "name": "B", "status": "active" },
        ],
        "relations": [],
        "scopes": [
            { "code": "audit", "description": "checks" },
            { "code": "policy", "description": "rules" },
        ],
        "owner_matrix": [{ "container": "FILMS", "owner": "GOV-A" }, { "container": "*", "owner": "GOV-B" }],
        "accept_draft_owners": [],
        "containment_owner_scope": "policy",
        "ratified_approval": "APR-1",
        "topic_seed": {},
    })
}

fn held() -> Json {
    let anchor = |id: i64, group: &str, scope: &str, owner: &str| {
        json!({
            "id": id, "object_type": "group", "object_ref": group, "scope": scope, "owner": owner,
            "kind": "accountable", "anchor": true, "ended": false, "future": false, "to": null,
        })
    };
    let value =
        |axis: &str, value: &str| json!({ "axis": axis, "value": value, "status": "active" });
    let assigned = |id: i64, name: &str, group: &str| {
        json!({
            "id": id, "object_type": "collection", "object_ref": name, "axis": "containment", "value": group,
        })
    };
    let owned = |id: i64, name: &str, group: &str, owner: &str| {
        json!({
            "id": id, "object_type": "collection", "object_ref": name, "axis": "containment", "value": group,
            "owner": owner, "kind": "accountable", "derived": true, "ended": false,
        })
    };
    json!({
        "agencies": [
            { "code": "GOV-A", "name": "A", "status": "active" },
            { "code": "GOV-B", "name": "B", "status": "active" },
        ],
        "relations": [],
        "scopes": [
            { "code": "audit", "description": "checks", "hint": null, "status": "active", "sort": 1 },
            { "code": "policy", "description": "rules", "hint": null, "status": "active", "sort": 2 },
        ],
        "containers": [
            { "container": "films", "group": "FILMS", "governed": true },
            { "container": "desk", "group": "DESK", "governed": true },
        ],
        "inventory": [member("films.film", Some("FILMS")), member("desk.rental", Some("DESK"))],
        "values": [
            value("responsibility", "audit"), value("responsibility", "policy"),
            value("containment", "FILMS"), value("containment", "DESK"),
        ],
        "containment_owner_scope": "policy",
        "assignments": [assigned(1, "films.film", "FILMS"), assigned(2, "desk.rental", "DESK")],
        "owners": [
            anchor(1, "FILMS", "audit", "GOV-A"), anchor(2, "FILMS", "policy", "GOV-A"),
            anchor(3, "DESK", "audit", "GOV-B"), anchor(4, "DESK", "policy", "GOV-B"),
        ],
        "axis_owners": [owned(11, "films.film", "FILMS", "GOV-A"), owned(12, "desk.rental", "DESK", "GOV-B")],
        "map": [],
    })
}

fn member(name: &str, group: Option<&str>) -> Json {
    json!({ "object_type": "collection", "object_ref": name, "required": true, "group": group })
}

/// A row of somebody's own in the base's store.
fn direct(id: i64, name: &str, scope: &str, owner: &str) -> Json {
    json!({
        "id": id, "object_type": "collection", "object_ref": name, "scope": scope, "owner": owner,
        "kind": "accountable", "anchor": false, "ended": false, "future": false, "to": null,
    })
}

/// The difference after `change` was made to wish and state.
fn after(orders: &str, change: impl FnOnce(&mut Json, &mut Json)) -> Difference {
    let (mut wish, mut held) = (wish(), held());
    change(&mut wish, &mut held);
    let mut read = Orders::default();
    read.add_file("governance.toml", orders).unwrap();
    let desired = Desired::read(&wish, &wish, read).unwrap();
    let actual: Actual = serde_json::from_value(held).unwrap();
    let containers = container_changes(&desired, &actual);
    difference(&desired, &actual, containers)
}

fn push(list: &mut Json, entry: Json) {
    list.as_array_mut().unwrap().push(entry);
}

impl Difference {
    /// The entries of an area.
    fn of(&self, area: SyncArea) -> Vec<&Json> {
        assert_eq!(self.refused, Vec::<String>::new());
        let entries = self.entries.iter().filter(|(other, _)| *other == area);
        entries.map(|(_, entry)| entry).collect()
    }

    /// The areas it writes, each once.
    fn areas(&self) -> Vec<SyncArea> {
        let mut areas: Vec<SyncArea> = self.entries.iter().map(|(area, _)| *area).collect();
        areas.dedup();
        areas
    }
}

#[track_caller]
fn has(entry: &Json, members: &[(&str, Json)]) {
    for (name, value) in members {
        assert_eq!(&entry[*name], value, "{name} of {entry:#}");
    }
}

#[test]
fn what_is_as_it_should_be_is_left_alone() {
    let difference = after("", |_, _| {});
    assert_eq!(difference, Difference::default());
    assert_eq!(difference.summary(), "nothing to do");
}

#[test]
fn a_new_scope_gets_its_anchors_and_nothing_else() {
    let difference = after("", |wish, _| {
        push(
            &mut wish["scopes"],
            json!({ "code": "render", "description": "shows", "sort": 3 }),
        );
    });
    assert_eq!(difference.areas(), [SyncArea::Scopes, SyncArea::Owners]);
    let owners = difference.of(SyncArea::Owners);
    assert_eq!(owners.len(), 2);
    has(
        owners[0],
        &[
            ("object_ref", json!("DESK")),
            ("scope", json!("render")),
            ("owner", json!("GOV-B")),
            ("anchor", json!(true)),
            ("approval_ref", json!("APR-1")),
        ],
    );
    has(
        owners[1],
        &[("object_ref", json!("FILMS")), ("owner", json!("GOV-A"))],
    );
    assert_eq!(
        difference.summary(),
        "follow governance.toml and the inventory: scopes 1, owners 2"
    );
}

#[test]
fn a_scope_that_somebody_wrote_by_hand_gets_its_value_and_anchors() {
    let difference = after("", |wish, held| {
        push(
            &mut wish["scopes"],
            json!({ "code": "render", "description": "shows", "sort": 3 }),
        );
        push(
            &mut held["scopes"],
            json!({ "code": "render", "description": "shows", "hint": null, "status": "active", "sort": 3 }),
        );
    });
    has(
        difference.of(SyncArea::Scopes)[0],
        &[("op", json!("value")), ("code", json!("render"))],
    );
    assert_eq!(difference.count(SyncArea::Owners), 2);
}

#[test]
fn what_is_only_absent_is_noted_and_what_is_retired_ends() {
    let absent = after("", |wish, _| {
        wish["scopes"].as_array_mut().unwrap().remove(0);
        wish["agencies"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "code": "GOV-C", "name": "C", "status": "draft" }));
        wish["inventory_groups"].as_array_mut().unwrap().remove(1);
    });
    assert_eq!(absent.areas(), [SyncArea::Agencies]);
    assert_eq!(absent.notes.len(), 2, "{:?}", absent.notes);

    let retired = after("[[retire]]\nscope = 'audit'\n", |wish, _| {
        wish["scopes"].as_array_mut().unwrap().remove(0);
        wish["scopes"][0]["sort"] = json!(2);
    });
    has(
        retired.of(SyncArea::Scopes)[0],
        &[("op", json!("retire")), ("code", json!("audit"))],
    );
    let closed: Vec<&Json> = retired
        .of(SyncArea::Owners)
        .iter()
        .map(|entry| &entry["close"][0])
        .collect();
    assert_eq!(
        closed,
        [
            &json!({ "id": 1, "as": "revoked" }),
            &json!({ "id": 3, "as": "revoked" })
        ]
    );

    let refused = after("[[retire]]\nscope = 'policy'\n", |wish, _| {
        wish["scopes"].as_array_mut().unwrap().remove(1);
    });
    assert!(
        refused.refused[0].contains("containment_owner_scope"),
        "{:?}",
        refused.refused
    );
}

#[test]
fn a_new_object_is_placed_and_owned() {
    let difference = after("", |_, held| {
        push(&mut held["inventory"], member("films.actor", Some("FILMS")))
    });
    let placed = difference.of(SyncArea::Objects);
    assert_eq!((difference.entries.len(), placed.len()), (1, 1));
    has(
        placed[0],
        &[
            ("op", json!("place")),
            ("group", json!("FILMS")),
            ("owner", json!("GOV-A")),
            ("scope", json!("policy")),
            ("assignment", Json::Null),
            ("ownerships", json!([])),
        ],
    );
}

#[test]
fn a_direct_owner_of_a_new_object_owns_its_place_too() {
    let difference = after("", |_, held| {
        push(&mut held["inventory"], member("films.actor", Some("FILMS")));
        push(
            &mut held["owners"],
            direct(9, "films.actor", "policy", "GOV-B"),
        );
    });
    has(
        difference.of(SyncArea::Objects)[0],
        &[("owner", json!("GOV-B"))],
    );
}

#[test]
fn an_object_without_group_is_shown_with_its_gap() {
    let difference = after("", |_, held| {
        push(&mut held["inventory"], member("stray", None));
        push(&mut held["owners"], direct(9, "stray", "policy", "GOV-B"));
    });
    assert!(difference.is_empty());
    assert!(
        difference.notes[0].contains("stray has no group") && difference.notes[0].contains("gap 1"),
        "{:?}",
        difference.notes
    );
}

#[test]
fn an_object_that_left_ends_with_its_owners() {
    let difference = after("", |_, held| {
        held["inventory"].as_array_mut().unwrap().remove(1);
        push(
            &mut held["owners"],
            direct(9, "desk.rental", "audit", "GOV-A"),
        );
    });
    has(
        difference.of(SyncArea::Objects)[0],
        &[
            ("op", json!("leave")),
            ("assignments", json!([2])),
            ("ownerships", json!([12])),
        ],
    );
    has(
        difference.of(SyncArea::Owners)[0],
        &[("close", json!([{ "id": 9, "as": "revoked" }]))],
    );
    assert_eq!(difference.notes, ["group DESK has no members"]);
}

#[test]
fn an_object_that_moved_follows_its_group() {
    let difference = after("", |_, held| held["inventory"][1]["group"] = json!("FILMS"));
    has(
        difference.of(SyncArea::Objects)[0],
        &[
            ("op", json!("place")),
            ("group", json!("FILMS")),
            ("owner", json!("GOV-A")),
            ("assignment", json!(2)),
            ("ownerships", json!([12])),
            ("from", Json::Null),
        ],
    );
    assert_eq!(difference.entries.len(), 1);
}

#[test]
fn names_are_paired_by_people_alone() {
    let renamed = |_: &mut Json, held: &mut Json| {
        held["inventory"][1]["object_ref"] = json!("desk.hire");
        push(
            &mut held["owners"],
            direct(9, "desk.rental", "policy", "GOV-A"),
        );
        push(
            &mut held["values"],
            json!({ "axis": "topic", "value": "money", "status": "active" }),
        );
        push(
            &mut held["assignments"],
            json!({ "id": 3, "object_type": "collection", "object_ref": "desk.rental", "axis": "topic", "value": "money" }),
        );
    };
    let alone = after("", renamed);
    assert!(
        alone.notes[0].contains("possible rename: desk.rental is gone and desk.hire is new"),
        "{:?}",
        alone.notes
    );
    has(
        alone.of(SyncArea::Owners)[0],
        &[("close", json!([{ "id": 9, "as": "revoked" }]))],
    );
    has(
        alone.of(SyncArea::Objects)[1],
        &[("op", json!("leave")), ("assignments", json!([2, 3]))],
    );

    let paired = after(
        "[[rename]]\nfrom = 'desk.rental'\nto = 'desk.hire'\n",
        renamed,
    );
    let objects = paired.of(SyncArea::Objects);
    assert_eq!(objects.len(), 2);
    has(
        objects[0],
        &[
            ("op", json!("place")),
            ("from", json!("desk.rental")),
            ("assignment", json!(2)),
            ("owner", json!("GOV-A")),
        ],
    );
    has(
        objects[1],
        &[
            ("op", json!("carry")),
            ("object_ref", json!("desk.hire")),
            ("assignment", json!(3)),
        ],
    );
    has(
        paired.of(SyncArea::Owners)[0],
        &[
            ("object_ref", json!("desk.hire")),
            ("owner", json!("GOV-A")),
            ("supersedes", json!(9)),
        ],
    );
    assert_eq!(paired.notes, Vec::<String>::new());

    // Once it is done the order says nothing more; one that does not fit is refused.
    let done = after("[[rename]]\nfrom = 'old'\nto = 'desk.rental'\n", |_, _| {});
    assert!(done.is_empty() && done.refused.is_empty());
    let wrong = after(
        "[[rename]]\nfrom = 'desk.rental'\nto = 'films.film'\n",
        |_, _| {},
    );
    assert!(
        wrong.refused[0].contains("still in the inventory"),
        "{:?}",
        wrong.refused
    );
}

#[test]
fn another_owner_in_the_matrix_supersedes_and_the_derived_cells_follow() {
    let difference = after("", |wish, _| {
        push(
            &mut wish["owner_matrix"],
            json!({ "container": "DESK", "owner": "GOV-A" }),
        );
    });
    let owners = difference.of(SyncArea::Owners);
    assert_eq!(owners.len(), 2);
    has(
        owners[0],
        &[
            ("owner", json!("GOV-A")),
            ("supersedes", json!(3)),
            ("close", json!([{ "id": 3, "as": "superseded" }])),
        ],
    );
    has(
        difference.of(SyncArea::Objects)[0],
        &[
            ("op", json!("own")),
            ("owner", json!("GOV-A")),
            ("ownership", json!(12)),
            ("scope", json!("policy")),
        ],
    );
}

#[test]
fn who_becomes_accountable_is_known_and_active_or_accepted() {
    let matrix = |owner: &str, status: &str, accepted: &[&str]| {
        after("", |wish, _| {
            push(
                &mut wish["agencies"],
                json!({ "code": "GOV-D", "name": "D", "status": status }),
            );
            wish["owner_matrix"][1]["owner"] = json!(owner);
            wish["accept_draft_owners"] = json!(accepted);
        })
    };
    assert!(matrix("GOV-X", "draft", &[]).refused[0].contains("GOV-X, which is no agency"));
    assert!(matrix("GOV-D", "draft", &[]).refused[0].contains("GOV-D, which is not active"));
    assert!(matrix("GOV-D", "retired", &["GOV-D"]).refused[0].contains("which is retired"));
    assert_eq!(
        matrix("GOV-D", "draft", &["GOV-D"]).refused,
        Vec::<String>::new()
    );
    let incomplete = after("", |wish, _| {
        wish["owner_matrix"].as_array_mut().unwrap().remove(1);
    });
    assert_eq!(
        incomplete.refused,
        [
            "owner_matrix has no owner for DESK/audit",
            "owner_matrix has no owner for DESK/policy"
        ]
    );
}

#[test]
fn an_agency_that_leaves_needs_a_successor_for_what_it_holds() {
    let leave = |orders: &str| {
        after(orders, |wish, held| {
            wish["agencies"].as_array_mut().unwrap().remove(1);
            wish["owner_matrix"][1]["owner"] = json!("GOV-A");
            push(
                &mut held["owners"],
                direct(9, "films.film", "audit", "GOV-B"),
            );
        })
    };
    // Not said: it stays.
    assert!(
        leave("").notes[0].contains("agency GOV-B is in the target and not in governance.toml")
    );
    let refused = leave("[[retire]]\nagency = 'GOV-B'\n").refused;
    assert_eq!(
        refused,
        [
            "agency GOV-B cannot be retired: it holds collection:films.film/audit and has no successor"
        ]
    );
    let difference = leave("[[retire]]\nagency = 'GOV-B'\nsuccessor = 'GOV-A'\n");
    has(
        difference.of(SyncArea::Agencies)[0],
        &[("op", json!("set")), ("status", json!("retired"))],
    );
    let handed = difference.of(SyncArea::Owners);
    assert_eq!(handed.len(), 3);
    has(
        handed[2],
        &[
            ("object_ref", json!("films.film")),
            ("owner", json!("GOV-A")),
            ("supersedes", json!(9)),
        ],
    );
    has(
        difference.of(SyncArea::Objects)[0],
        &[
            ("op", json!("own")),
            ("owner", json!("GOV-A")),
            ("ownership", json!(12)),
        ],
    );

    let to_nobody = leave("[[retire]]\nagency = 'GOV-B'\nsuccessor = 'GOV-B'\n");
    assert!(
        to_nobody.refused[0].contains("which is retired"),
        "{:?}",
        to_nobody.refused
    );
}

#[test]
fn rows_whose_time_is_over_are_closed_by_what_follows_them() {
    let difference = after("", |_, held| {
        held["owners"][0]["ended"] = json!(true);
        push(
            &mut held["owners"],
            direct(9, "films.film", "audit", "GOV-B"),
        );
        held["owners"][4]["ended"] = json!(true);
        held["axis_owners"][1]["ended"] = json!(true);
    });
    let owners = difference.of(SyncArea::Owners);
    has(
        owners[0],
        &[
            ("object_ref", json!("FILMS")),
            ("supersedes", json!(1)),
            ("close", json!([{ "id": 1, "as": "superseded" }])),
        ],
    );
    has(
        owners[1],
        &[
            ("close", json!([{ "id": 9, "as": "expired" }])),
            ("owner", Json::Null),
        ],
    );
    has(
        difference.of(SyncArea::Objects)[0],
        &[
            ("op", json!("own")),
            ("ownership", json!(12)),
            ("owner", json!("GOV-B")),
        ],
    );
}

#[test]
fn a_container_with_another_group_moves_its_members_and_ends_the_old_group() {
    let difference = after("", |wish, held| {
        wish["inventory_groups"][1]["group"] = json!("RENTALS");
        // The inventory is read with the new list in it.
        held["inventory"][1]["group"] = json!("RENTALS");
    });
    let ops: Vec<&str> = difference
        .of(SyncArea::Groups)
        .iter()
        .map(|entry| entry["op"].as_str().unwrap())
        .collect();
    assert_eq!(ops, ["set", "value", "retire"]);
    has(
        difference.of(SyncArea::Objects)[0],
        &[
            ("op", json!("place")),
            ("group", json!("RENTALS")),
            ("assignment", json!(2)),
        ],
    );
    let owners = difference.of(SyncArea::Owners);
    assert_eq!(
        owners
            .iter()
            .filter(|entry| entry["object_ref"] == "RENTALS")
            .count(),
        2
    );
    assert_eq!(
        owners
            .iter()
            .filter(|entry| entry["close"][0]["as"] == "revoked")
            .count(),
        2
    );
}

#[test]
fn topics_come_parents_first_with_their_labels_and_objects() {
    let difference = after("", |wish, held| {
        push(
            &mut held["values"],
            json!({ "axis": "topic", "value": "root", "status": "active" }),
        );
        wish["topic_seed"] = json!({
            "values": [
                { "value": "leaf", "kind": "human_designated", "parent": "stem" },
                { "value": "stem", "kind": "kg_provisional", "ratify": { "parent": "root", "by": "GOV-A" } },
                { "value": "root", "kind": "human_designated" },
                { "value": "held", "kind": "kg_provisional" },
            ],
            "map": [{ "value": "leaf", "label": "L-1", "map_kind": "direct" }],
            "assign": [
                { "collection": "films.film", "value": "leaf", "zone": "candidate", "confidence": 0.5, "kind": "human" },
                { "collection": "films.film", "value": "root", "zone": "candidate", "confidence": 0.5, "kind": "human" },
            ],
        });
    });
    let topics: Vec<(&str, &str)> = difference
        .of(SyncArea::Topics)
        .iter()
        .map(|entry| {
            (
                entry["op"].as_str().unwrap(),
                entry["value"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        topics,
        [
            ("propose", "stem"),
            ("ratify", "stem"),
            ("propose", "leaf"),
            ("ratify", "leaf"),
            ("propose", "held")
        ]
    );
    let map: Vec<&str> = difference
        .of(SyncArea::TopicMap)
        .iter()
        .map(|entry| entry["op"].as_str().unwrap())
        .collect();
    assert_eq!(map, ["map", "assign"]);

    let circle = after("", |wish, _| {
        wish["topic_seed"] =
            json!({ "values": [{ "value": "a", "kind": "human_designated", "parent": "a" }] });
    });
    assert!(
        circle.refused[0].contains("topic a cannot be added"),
        "{:?}",
        circle.refused
    );
}
