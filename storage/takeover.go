package storage

import "context"

// TakeOver frees what a process had leased that was killed, so that the next one goes on at once
// instead of after LeaseFor. It is called once by a process that is about to work, before it leases
// anything.
//
// It does so on SQLite, where one process works on a database: a holder that is not this process
// is gone. On PostgreSQL others may be alive, so leases end by themselves. Should two processes
// share a SQLite file after all, the one whose leases are taken notices when it gives them back.
func (s *Store) TakeOver(ctx context.Context) error {
	if s.engine == postgres {
		return nil
	}
	return s.Tx(ctx, func(tx *Tx) error {
		for _, table := range []string{`lane`, `destination`} {
			if _, err := tx.exec(ctx, `UPDATE `+table+` SET lease_until = 0, holder = '' WHERE lease_until > 0`); err != nil {
				return err
			}
		}
		return nil
	})
}
