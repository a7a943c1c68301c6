-- +goose Up
-- Who works on this database, where several may: a process that was killed stops renewing its row,
-- and then what it had leased is free. Times are those of the database's clock.
CREATE TABLE process (
  name        {{text}} PRIMARY KEY,    -- what the names of its leases (lane.holder) begin with
  alive_until BIGINT NOT NULL
) {{clustered}};
