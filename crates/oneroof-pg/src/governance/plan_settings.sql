-- For this transaction only: room to sort thirty thousand cells in memory, and no compiling of queries that take
-- a tenth of a second, which costs more than it saves.
select
    set_config('work_mem', '32MB', true),
    set_config('jit', 'off', true)
