create schema reporting;

comment on schema reporting is 'what analysts may read; no personal data';
