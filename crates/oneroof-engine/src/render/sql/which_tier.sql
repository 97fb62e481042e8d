\if :{?tier}
\else
\set tier ''
\endif
set oneroof_run.tier = :'tier';
