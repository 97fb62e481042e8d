delete from public.os_proposal_approvals
where metadata ->> 'simulated' = 'true';
