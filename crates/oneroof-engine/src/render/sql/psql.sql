\set ON_ERROR_STOP on
\set ON_ERROR_ROLLBACK off
\set AUTOCOMMIT on
\set QUIET on
\set SHOW_CONTEXT never
\pset pager off
\pset footer off
set client_encoding = 'UTF8';
set standard_conforming_strings = on;
set client_min_messages = 'notice';
