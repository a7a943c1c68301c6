-- +goose Up
-- What was asked for, in the order in which it is forgotten.
CREATE INDEX moment_pointer_settled ON moment_pointer (created_at) WHERE NOT waiting;
