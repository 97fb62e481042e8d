-- An empty vocabulary, for an application that has none (vocabulary = create): the shape of the reference.

create table taxonomy_facets (
    id                     serial       not null,
    code                   varchar(255) not null,
    name                   varchar(255) not null,
    description            text,
    cardinality            varchar(255) not null default 'single',
    max_labels_per_entity  integer,
    sort                   integer,
    status                 varchar(255) not null default 'active',
    constraint taxonomy_facets_pkey primary key (id),
    constraint taxonomy_facets_code_key unique (code)
);

comment on table  taxonomy_facets                       is 'Facets: each is one question that a label answers.';
comment on column taxonomy_facets.id                    is 'Number of the facet.';
comment on column taxonomy_facets.code                  is 'Code of the facet.';
comment on column taxonomy_facets.name                  is 'Name for people.';
comment on column taxonomy_facets.description           is 'The question.';
comment on column taxonomy_facets.cardinality           is 'single or multiple.';
comment on column taxonomy_facets.max_labels_per_entity is 'How many labels of the facet one entity may carry; null: any number.';
comment on column taxonomy_facets.sort                  is 'Order on screens.';
comment on column taxonomy_facets.status                is 'draft, active or retired; labels of a draft facet are no vocabulary yet.';

create table taxonomy (
    id           serial       not null,
    code         varchar(255) not null,
    name         varchar(255) not null,
    name_en      varchar(255),
    facet_id     integer      not null,
    parent_id    integer,
    depth        integer      not null default 0,
    status       varchar(255) not null default 'active',
    replaced_by  varchar(255),
    sort         integer,
    constraint taxonomy_pkey primary key (id),
    constraint taxonomy_code_key unique (code),
    constraint taxonomy_facet_exists foreign key (facet_id) references taxonomy_facets (id),
    constraint taxonomy_parent_exists foreign key (parent_id) references taxonomy (id),
    constraint taxonomy_status_known check ((status in ('active', 'deprecated')) is true)
);

comment on table  taxonomy             is 'Labels, by facet.';
comment on column taxonomy.id          is 'Number of the label.';
comment on column taxonomy.code        is 'Code of the label.';
comment on column taxonomy.name        is 'Name for people.';
comment on column taxonomy.name_en     is 'Name in English.';
comment on column taxonomy.facet_id    is 'Its facet.';
comment on column taxonomy.parent_id   is 'The label above it.';
comment on column taxonomy.depth       is 'Levels above it.';
comment on column taxonomy.status      is 'active or deprecated.';
comment on column taxonomy.replaced_by is 'Code of the label that follows a deprecated one.';
comment on column taxonomy.sort        is 'Order on screens.';

create table label_rules (
    id            serial       not null,
    name          varchar(255) not null,
    facet_id      integer,
    rule_type     varchar(255) not null,
    condition     jsonb        not null,
    result_label  varchar(255) not null,
    priority      integer      not null default 100,
    status        varchar(255) not null default 'active',
    constraint label_rules_pkey primary key (id),
    constraint label_rules_facet_exists foreign key (facet_id) references taxonomy_facets (id),
    constraint label_rules_type_known check ((rule_type in ('collection', 'keyword')) is true),
    constraint label_rules_status_known check ((status in ('active', 'inactive')) is true)
);

comment on table  label_rules              is 'Rules that put labels on entities.';
comment on column label_rules.id           is 'Number of the rule.';
comment on column label_rules.name         is 'Name for people.';
comment on column label_rules.facet_id     is 'The facet it answers.';
comment on column label_rules.rule_type    is 'collection or keyword.';
comment on column label_rules.condition    is '{"collection": …} or {"name_pattern": …}.';
comment on column label_rules.result_label is 'Code of the label that it gives.';
comment on column label_rules.priority     is 'Lower comes first.';
comment on column label_rules.status       is 'active or inactive; an inactive rule makes no label.';

-- No foreign keys on label_code and rule_id: labels outlive their vocabulary and their rules, and a drift
-- detector finds those that do.
create table entity_labels (
    id           serial       not null,
    entity_code  varchar(255) not null,
    label_code   varchar(255) not null,
    assigned_by  varchar(255),
    rule_id      integer,
    assigned_at  timestamp    not null default (now() at time zone 'UTC'),
    constraint entity_labels_pkey primary key (id),
    constraint entity_labels_said_once unique (entity_code, label_code)
);

create index entity_labels_rule_id_index on entity_labels (rule_id);

-- The walk over the labels in use needs it: one probe a label in place of a scan of all rows.
create index entity_labels_label_code_index on entity_labels (label_code);

comment on table  entity_labels             is 'Labels on entities.';
comment on column entity_labels.id          is 'Number of the row.';
comment on column entity_labels.entity_code is 'The entity.';
comment on column entity_labels.label_code  is 'The label.';
comment on column entity_labels.assigned_by is 'Who or what put it there.';
comment on column entity_labels.rule_id     is 'The rule that made it.';
comment on column entity_labels.assigned_at is 'When, in UTC.';

grant select on taxonomy_facets, taxonomy, label_rules, entity_labels to one_roof_reader, one_roof_operator;

do $$
begin
    if exists (select from taxonomy_facets)
        or exists (select from taxonomy)
        or exists (select from label_rules)
        or exists (select from entity_labels)
    then
        raise exception 'labels: a new table is not empty' using errcode = 'P0001';
    end if;
end
$$;
