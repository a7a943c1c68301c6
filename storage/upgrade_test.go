package storage

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"tulou/storage/migrations"
	"tulou/storage/storagetest"
)

// firstRows are rows of every table that the first release had, those first that others refer to.
// ? is some bytes.
var firstRows = []string{
	`INSERT INTO setting (key, value) VALUES ('push', ?)`,
	`INSERT INTO account (id, uri, name, name_key, avatar, created_at) VALUES (1, 'https://harbor.example/users/ana', 'ana', 'ana', '/media/own/a.png', 5)`,
	`INSERT INTO account (id, uri, name, name_key, host, avatar, header, inbox, featured, created_at, fetched_at)
		VALUES (2, 'https://orchard.example/users/bo', 'bo', 'bo', 'orchard.example', 'https://orchard.example/bo.png', 'https://orchard.example/sea.png',
		'https://orchard.example/users/bo/inbox', 'https://orchard.example/users/bo/featured', 5, 6)`,
	`INSERT INTO account (id, uri, name, name_key, host, avatar, created_at, fetched_at)
		VALUES (3, 'https://orchard.example/users/cy', 'cy', 'cy', 'orchard.example', 'https://orchard.example/bo.png', 5, 6)`,
	`INSERT INTO login (account_id, email, password_hash, role, created_at, active_at) VALUES (1, 'ana@harbor.example', 'h', 'owner', 5, 6)`,
	`INSERT INTO actor_key (id, account_id, kind, public_key, private_key, created_at) VALUES ('https://harbor.example/users/ana#main-key', 1, 'rsa', 'p', 's', 5)`,
	`INSERT INTO follow (id, account_id, target_id, uri, accepted, created_at) VALUES (4, 1, 2, 'f', TRUE, 5)`,
	`INSERT INTO block (id, account_id, target_id, uri, created_at) VALUES (5, 3, 1, 'b', 5)`,
	`INSERT INTO mute (id, account_id, target_id, created_at) VALUES (6, 1, 3, 5)`,
	`INSERT INTO domain_mute (id, account_id, host, created_at) VALUES (7, 1, 'fog.example', 5)`,
	`INSERT INTO domain_policy (domain, action, created_at) VALUES ('fog.example', 'block', 5)`,
	`INSERT INTO status (id, account_id, everybody, visibility, local, thread_id, created_at, uri, content)
		VALUES (10, 1, TRUE, 'public', TRUE, 10, 5, 'https://harbor.example/users/ana/statuses/10', '<p>hello</p>')`,
	`INSERT INTO status (id, account_id, everybody, visibility, local, thread_id, created_at, uri, content)
		VALUES (11, 2, TRUE, 'public', FALSE, 11, 5, 'https://orchard.example/1', '<p>apples</p>')`,
	`INSERT INTO status (id, account_id, visibility, local, thread_id, created_at, uri)
		VALUES (12, 3, 'direct', FALSE, 12, 5, 'https://orchard.example/2')`,
	`INSERT INTO audience (status_id, principal) VALUES (12, 1)`,
	`INSERT INTO mention (status_id, account_id) VALUES (12, 1)`,
	`INSERT INTO status_tag (tag, status_id, name) VALUES ('apples', 11, 'Apples')`,
	`INSERT INTO attachment (id, status_id, position, media_type, remote_url, description, blurhash, width, height)
		VALUES (20, 11, 0, 'image/png', 'https://orchard.example/apple.png', 'an apple', 'LEHV6n', 640, 480)`,
	`INSERT INTO attachment (id, status_id, position, media_type, remote_url) VALUES (21, 11, 1, 'video/mp4', 'https://orchard.example/apple.mp4')`,
	`INSERT INTO attachment (id, status_id, position, remote_url) VALUES (22, 12, 0, 'https://orchard.example/apple.png')`,
	`INSERT INTO poll (status_id, options, multiple, expires_at) VALUES (10, '[{"title":"yes","votes":1}]', FALSE, 9)`,
	`INSERT INTO poll_vote (status_id, account_id, choice, created_at) VALUES (10, 2, 0, 6)`,
	`INSERT INTO status_edit (status_id, created_at, content, spoiler, sensitive) VALUES (10, 5, '<p>hallo</p>', '', FALSE)`,
	`INSERT INTO likes (id, account_id, status_id, created_at) VALUES (30, 1, 11, 6)`,
	`INSERT INTO bookmark (id, account_id, status_id, created_at) VALUES (31, 1, 11, 6)`,
	`INSERT INTO home_entry (account_id, status_id, author_id) VALUES (1, 11, 2)`,
	`INSERT INTO notification (id, account_id, type, from_id, status_id, created_at) VALUES (9000000000000000001, 1, 'favourite', 2, 10, 6)`,
	`INSERT INTO conversation (account_id, thread_id, last_status_id) VALUES (1, 12, 12)`,
	`INSERT INTO marker (account_id, timeline, last_read_id, version, updated_at) VALUES (1, 'home', '11', 1, 6)`,
	`INSERT INTO idempotency (account_id, key, status_id, created_at) VALUES (1, 'k', 10, 6)`,
	`INSERT INTO document (uri, status_id, body, updated_at) VALUES ('https://harbor.example/users/ana/statuses/10', 10, ?, 6)`,
	`INSERT INTO tombstone (uri, account_uri, deleted_at) VALUES ('https://orchard.example/0', 'https://orchard.example/users/bo', 6)`,
	`INSERT INTO received (activity_id, actor, body, received_at) VALUES ('https://orchard.example/3', 'https://orchard.example/users/bo', ?, 6)`,
	`INSERT INTO received_for (activity_id, account_id) VALUES ('https://orchard.example/3', 1)`,
	`INSERT INTO job (id, queue, lane, kind, payload, run_at, created_at) VALUES (40, 'inbox', 'bo', 'activity', ?, 6, 6)`,
	`INSERT INTO lane (queue, name, next_at) VALUES ('inbox', 'bo', 6)`,
	`INSERT INTO payload (id, body, created_at) VALUES (41, ?, 6)`,
	`INSERT INTO delivery (id, host, inbox, payload_id, sender_id, run_at, created_at)
		VALUES (42, 'orchard.example', 'https://orchard.example/inbox', 41, 1, 6, 6)`,
	`INSERT INTO destination (host, next_at) VALUES ('orchard.example', 6)`,
	`INSERT INTO event (id, kind, payload, created_at) VALUES (43, 'policy', '', 6)`,
	`INSERT INTO oauth_app (id, client_id, secret_hash, name, redirect_uris, scopes, created_at) VALUES (50, 'c', 's', 'App', 'urn', 'read', 6)`,
	`INSERT INTO oauth_code (code_hash, app_id, account_id, redirect_uri, scopes, expires_at) VALUES ('o', 50, 1, 'urn', 'read', 9000000000000)`,
	`INSERT INTO oauth_token (id, token_hash, app_id, account_id, scopes, created_at) VALUES (51, 't', 50, 1, 'read', 6)`,
	`INSERT INTO session (token_hash, account_id, created_at, expires_at) VALUES ('s1', 1, 6, 9000000000000)`,
	`INSERT INTO session (token_hash, account_id, created_at, expires_at) VALUES ('s2', 1, 7, 9000000000000)`,
	`INSERT INTO invite (token_hash, role, expires_at) VALUES ('free', 'member', 9000000000000)`,
	`INSERT INTO invite (token_hash, role, expires_at, used_at) VALUES ('used', 'member', 9000000000001, 6)`,
}

// snapshot is every row of every table of a database, by table and primary key, column by column.
type snapshot map[string][]map[string]any

func takeSnapshot(t *testing.T, db *sqlx.DB, tables []string) snapshot {
	t.Helper()
	found := snapshot{}
	for _, table := range tables {
		rows, err := db.Queryx(`SELECT * FROM ` + table + ` ORDER BY 1, 2`)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			row := map[string]any{}
			if err := rows.MapScan(row); err != nil {
				t.Fatal(err)
			}
			for column, value := range row {
				row[column] = fmt.Sprintf("%s", value) // drivers differ in which texts are bytes
			}
			found[table] = append(found[table], row)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// Whoever installs a new version would lose something of what the first one had kept.
func TestDatabaseOfTheFirstReleaseIsUpgradedWithoutLoss(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": storagetest.EmptySQLite, "postgres": storagetest.EmptyPostgres} {
		t.Run(name, func(t *testing.T) { upgrade(t, url(t)) })
	}
}

func upgrade(t *testing.T, url string) {
	ctx := t.Context()
	before, tables := firstRelease(t, url)
	s := open(t, url)
	after := takeSnapshot(t, s.reader, tables)
	for _, table := range tables {
		if len(before[table]) == 0 {
			t.Errorf("%s was empty, so this says nothing about it", table)
		}
		if len(after[table]) != len(before[table]) {
			t.Errorf("%s has %d rows, had %d", table, len(after[table]), len(before[table]))
			continue
		}
		for i, row := range before[table] {
			for column, had := range row {
				moved := table == "account" && row["host"] != "" && (column == "avatar" || column == "header") && had != ""
				if has := after[table][i][column]; has != had && !moved {
					t.Errorf("%s.%s is %v, was %v", table, column, has, had)
				}
			}
		}
	}

	bo, cy := must(s.AccountByID(ctx, 2)), must(s.AccountByID(ctx, 3))
	if bo.Avatar != cy.Avatar || bo.Avatar == bo.Header || cy.Header != "" {
		t.Errorf("bo has the pictures %q and %q, cy %q and %q", bo.Avatar, bo.Header, cy.Avatar, cy.Header)
	}
	var known []RemoteMedia
	if err := s.list(ctx, &known, `SELECT `+remoteColumns+` FROM remote_media ORDER BY purpose, url`); err != nil {
		t.Fatal(err)
	}
	var addresses []string
	keys := map[string]bool{}
	for _, m := range known {
		addresses = append(addresses, m.Purpose+" "+m.URL)
		keys[m.FileKey], keys[m.PreviewKey] = true, true
		if shown := must(s.RemoteMediaShown(ctx, m)); !shown || len(m.FileKey) != 32 {
			t.Errorf("%s is shown: %v, with the key %q", m.URL, shown, m.FileKey)
		}
	}
	if len(keys) != 2*len(known) {
		t.Errorf("%d files have only %d keys", len(known), len(keys))
	}
	if diff := cmp.Diff([]string{"attachment https://orchard.example/apple.mp4", "attachment https://orchard.example/apple.png",
		"avatar https://orchard.example/bo.png", "header https://orchard.example/sea.png"}, addresses); diff != "" {
		t.Errorf("media that are fetched when somebody looks (-want +got):\n%s", diff)
	}
	media := must(s.Attachments(ctx, []int64{11, 12}))
	picture, film, unknown := media[11][0], media[11][1], media[12][0]
	if picture.Kind != KindImage || picture.FileKey == "" || picture.PreviewKey == "" || film.Kind != KindVideo || film.FileKey == "" ||
		film.PreviewKey != "" || unknown.Kind != KindUnknown || unknown.FileKey != picture.FileKey || unknown.AccountID != 3 {
		t.Errorf("attachments are %+v, %+v and %+v", picture, film, unknown)
	}
	if i := must(s.Invite(ctx, "free")); i.UsesMax != 1 {
		t.Errorf("the invitation that nobody used is %+v", i)
	}
	if _, err := s.Invite(ctx, "used"); err == nil {
		t.Error("an invitation that was used can be used again")
	}
	for _, table := range []string{"session", "invite"} {
		var ids []int64
		if err := s.list(ctx, &ids, `SELECT DISTINCT id FROM `+table+` WHERE id <> 0`); err != nil || len(ids) != 2 {
			t.Errorf("two rows of %s go by %v, %v", table, ids, err)
		}
	}
	if groups := must(s.NotificationGroups(ctx, 1, NotificationFilter{}, GroupedTypes(), Page{Limit: 5})); len(groups) != 1 || !groups[0].Alone {
		t.Errorf("told in groups is %+v", groups)
	}
}

// firstRelease makes a database as the first release did, with something in every table. It returns
// what is in it, and its tables.
func firstRelease(t *testing.T, url string) (snapshot, []string) {
	t.Helper()
	ctx := context.Background()
	s := &Store{log: slog.New(slog.DiscardHandler)}
	var err error
	all := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'`
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		err = s.openSQLite(path)
	} else {
		all = `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose%'`
		err = s.openPostgres(url)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.closeConnections()
	provider, err := migrations.Provider(s.writer.DB, s.engine.migrated())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(ctx, 1); err != nil {
		t.Fatal(err)
	}
	for _, command := range firstRows {
		var args []any
		if arguments(command) != nil {
			args = []any{[]byte("bytes")}
		}
		if _, err := s.writer.Exec(s.engine.text(command), args...); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
	}
	var tables []string
	if err := s.writer.Select(&tables, all); err != nil {
		t.Fatal(err)
	}
	// Counters are written by every process that starts.
	tables = slices.DeleteFunc(tables, func(table string) bool { return table == "counter" })
	return takeSnapshot(t, s.writer, tables), tables
}
