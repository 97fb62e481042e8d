select jsonb_build_object('export', {{name}}, 'row', to_jsonb(answer)) as row
from (
{{query}}
) as answer;
