package storage

import (
	"context"
	"errors"
	"net/url"
	"regexp"

	"github.com/jmoiron/sqlx"

	"tulou/protocol/fault"
)

// databaseName is what a database made by us may be called, so that its name needs no quoting. 63
// bytes is PostgreSQL's limit of names.
var databaseName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// CreateDatabase makes an empty database beside the one at adminURL, a PostgreSQL URL, unless it is
// there already, and returns its URL.
func CreateDatabase(ctx context.Context, adminURL, name string) (databaseURL string, err error) {
	err = administrate(ctx, adminURL, name, func(db *sqlx.DB) error {
		var there bool
		if err := db.GetContext(ctx, &there, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name); err != nil || there {
			return err
		}
		_, err := db.ExecContext(ctx, `CREATE DATABASE `+name)
		return err
	})
	if err != nil {
		return "", err
	}
	u, err := url.Parse(adminURL)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "the database URL is not usable")
	}
	u.Path = "/" + name
	return u.String(), nil
}

// DropDatabase removes a database beside the one at adminURL with all that is in it, whoever is
// connected; one that is not there is no error.
func DropDatabase(ctx context.Context, adminURL, name string) error {
	return administrate(ctx, adminURL, name, func(db *sqlx.DB) error {
		_, err := db.ExecContext(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
		return err
	})
}

func administrate(ctx context.Context, adminURL, name string, fn func(*sqlx.DB) error) error {
	if !databaseName.MatchString(name) {
		return fault.New(fault.Invalid, "a database cannot be called %q", name)
	}
	db, err := sqlx.ConnectContext(ctx, "postgres", adminURL)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the database server does not answer")
	}
	return errors.Join(fn(db), db.Close())
}
