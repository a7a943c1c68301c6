package node

import (
	"context"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Settings of the database that say who the node is. They are written once.
const (
	settingURL           = "node.url"
	settingAccountDomain = "node.account-domain"
)

// settleAddress completes a configuration with what the database says about the node's address, or
// tells the database, if it is new. The address is part of every id that other servers remember, so
// a database never gets another one once somebody has an account. The fault is Conflict.
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
	knownDomain, err := readSetting(ctx, store, settingAccountDomain)
	if err != nil {
		return Config{}, err
	}
	if known != "" && (known != asked.URL || config.AccountDomain != "" && knownDomain != asked.AccountDomain) {
		forgotten, err := forgetAddress(ctx, store, known)
		if err != nil {
			return Config{}, err
		}
		if forgotten {
			known = ""
		}
	}
	if err := claimSetting(ctx, store, settingURL, asked.URL, "--url"); err != nil {
		return Config{}, err // before the other setting, which would be refused for what the first one is
	}
	if config.AccountDomain == "" && known != "" {
		config.AccountDomain = knownDomain
	}
	if config, err = config.Complete(); err != nil {
		return Config{}, err
	}
	return config, claimSetting(ctx, store, settingAccountDomain, config.AccountDomain, "--account-domain")
}

// forgetAddress makes a database new again if nobody ever had an account in it: whoever tried the
// program on localhost first should not have to know where its database lies.
func forgetAddress(ctx context.Context, store *storage.Store, base string) (forgotten bool, err error) {
	err = store.Tx(ctx, func(tx *storage.Tx) (err error) {
		forgotten, err = tx.ForgetAddress(ctx, ids.Paths{Base: base}.InstanceActor(), settingURL, settingAccountDomain)
		return err
	})
	return forgotten, err
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
	return fault.New(fault.Conflict, "this database belongs to %s %s, which is part of every id that other servers remember; start it with that, or choose another --data-dir for %s", flag, kept, value)
}
