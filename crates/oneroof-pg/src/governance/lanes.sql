-- Objects in the official and in the candidate lane.
select to_jsonb(l)
from v_ui_lane as l
order by l.lane desc
