-- Stands in for the application's approval row, on a marked clone only. It says that it is simulated,
-- so it opens nothing anywhere else, not after a restore either.
insert into public.os_proposal_approvals (status, metadata)
values ('simulated', '{"simulated": true}');
