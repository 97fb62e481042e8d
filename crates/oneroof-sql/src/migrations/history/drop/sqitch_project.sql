delete from "the schema".projects where project = "the project";
