insert into "the schema".projects (project, uri, creator_name, creator_email)
values ("the project", "the uri", "the committer", "the committer email");
