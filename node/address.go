package node

import (
	"context"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Settings of the database that say who the node is. They are written once.
const (
	settingURL           = "node.url"
	settingAccountDomain = "node.account-domain"
)

// settleAddress completes a configuration with what the database says about the node's address, or
// tells the database, if it is new. The address is part of every id that other servers remember, so
// a database never gets another one. The fault is Conflict.
func settleAddress(ctx context.Context, store *storage.Store, config Config) (Config, error) {
	known, err := readSetting(ctx, store, settingURL)
	if err != nil {
		return Config{}, err
	}
	if config.URL == "" && config.Domain == "" {
		config.URL = known
	}
	asked, err := config.Complete()
	if err != nil {
		return Config{}, err
	}
	if err := claimSetting(ctx, store, settingURL, asked.URL, "--url"); err != nil {
		return Config{}, err // before the other setting, which would be refused for what the first one is
	}
	if config.AccountDomain == "" && known != "" {
		if config.AccountDomain, err = readSetting(ctx, store, settingAccountDomain); err != nil {
			return Config{}, err
		}
	}
	if config, err = config.Complete(); err != nil {
		return Config{}, err
	}
	return config, claimSetting(ctx, store, settingAccountDomain, config.AccountDomain, "--account-domain")
}

func readSetting(ctx context.Context, store *storage.Store, key string) (string, error) {
	value, err := store.Setting(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return string(value), err
}

// claimSetting writes a setting that was never written, and refuses another value than the written
// one.
func claimSetting(ctx context.Context, store *storage.Store, key, value, flag string) error {
	var kept []byte
	err := store.Tx(ctx, func(tx *storage.Tx) (err error) {
		kept, err = tx.CreateSetting(ctx, key, []byte(value))
		return err
	})
	if err != nil {
		return err
	}
	if string(kept) == value {
		return nil
	}
	again := "start it with that, or choose another --data-dir for " + value
	if logins, err := store.Logins(ctx, 0, 1); err == nil && len(logins) == 0 {
		again = "nobody has an account yet, so you may remove the database and begin anew with " + value
	}
	return fault.New(fault.Conflict, "this database belongs to %s %s, which is part of every id that other servers remember; %s", flag, kept, again)
}
