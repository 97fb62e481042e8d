select v.value_code from axis_value as v where v.axis_code = 'topic' order by 1
