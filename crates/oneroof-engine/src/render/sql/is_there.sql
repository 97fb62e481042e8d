select count(*) = count(to_regclass(relation.name)) as oneroof_is_there
from unnest({{relations}}) as relation (name) \gset
