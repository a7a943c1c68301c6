package nodetest

import (
	"database/sql"
	"fmt"
	"maps"
	"strings"
	"time"
)

// refused are rows that must not exist in the database of a node at rest: queries that count them,
// in the dialect that both engines share.
var refused = map[string]string{
	"follow of nobody":           `SELECT COUNT(*) FROM follow f WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.id = f.account_id) OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = f.target_id)`,
	"block of nobody":            `SELECT COUNT(*) FROM block f WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.id = f.account_id) OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = f.target_id)`,
	"status of nobody":           `SELECT COUNT(*) FROM status s WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.id = s.account_id)`,
	"reply to nothing":           `SELECT COUNT(*) FROM status s WHERE s.reply_to_id <> 0 AND NOT EXISTS (SELECT 1 FROM status p WHERE p.id = s.reply_to_id)`,
	"reply in another thread":    `SELECT COUNT(*) FROM status s JOIN status p ON p.id = s.reply_to_id WHERE s.reply_to_id <> 0 AND s.thread_id <> p.thread_id`,
	"boost of nothing":           `SELECT COUNT(*) FROM status s WHERE s.boost_of_id <> 0 AND NOT EXISTS (SELECT 1 FROM status p WHERE p.id = s.boost_of_id)`,
	"audience of nothing":        `SELECT COUNT(*) FROM audience x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id)`,
	"mention in nothing":         `SELECT COUNT(*) FROM mention x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id)`,
	"tag of nothing":             `SELECT COUNT(*) FROM status_tag x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id)`,
	"version of nothing":         `SELECT COUNT(*) FROM status_edit x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id)`,
	"like of nothing":            `SELECT COUNT(*) FROM likes x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id)`,
	"home entry of nothing":      `SELECT COUNT(*) FROM home_entry x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id AND s.account_id = x.author_id)`,
	"notification about nothing": `SELECT COUNT(*) FROM notification x WHERE x.status_id <> 0 AND NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id)`,
	"notification to a stranger": `SELECT COUNT(*) FROM notification x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"group without a newest":     `SELECT COUNT(*) FROM notification x WHERE x.group_key <> '' AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.account_id = x.account_id AND n.group_key = x.group_key AND n.newest)`,
	"group with two newest":      `SELECT COUNT(*) FROM notification x JOIN notification n ON n.account_id = x.account_id AND n.group_key = x.group_key AND n.id > x.id WHERE x.group_key <> '' AND x.newest AND n.newest`,
	"wrong count of a group":     `SELECT COUNT(*) FROM notification x WHERE x.group_key <> '' AND x.newest AND (x.members <> (SELECT COUNT(*) FROM notification n WHERE n.account_id = x.account_id AND n.group_key = x.group_key) OR x.first_id <> (SELECT MIN(n.id) FROM notification n WHERE n.account_id = x.account_id AND n.group_key = x.group_key))`,
	"held back and in a group":   `SELECT COUNT(*) FROM notification x WHERE x.filtered AND (x.group_key <> '' OR NOT x.newest)`,
	"hidden for no reason":       `SELECT COUNT(*) FROM account a WHERE a.host = '' AND a.hidden <> (a.suspended_at > 0 OR a.deleted_at > 0)`,
	"limited for no reason":      `SELECT COUNT(*) FROM account a WHERE a.host = '' AND a.limited <> (a.silenced_at > 0)`,
	"appeal of a stranger":       `SELECT COUNT(*) FROM appeal x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"measure not in the book":    `SELECT COUNT(*) FROM account a WHERE (a.suspended_at > 0 OR a.silenced_at > 0 OR a.sensitized_at > 0) AND NOT EXISTS (SELECT 1 FROM moderation_act m WHERE m.target_id = a.id)`,
	"report nobody was told of":  `SELECT COUNT(*) FROM notification x WHERE x.type = 'admin.report' AND NOT EXISTS (SELECT 1 FROM report r WHERE r.id = x.about_id)`,
	"request to a stranger":      `SELECT COUNT(*) FROM notification_request x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"scheduled by nobody":        `SELECT COUNT(*) FROM scheduled_status x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"scheduled and not posted":   `SELECT COUNT(*) FROM scheduled_status x WHERE x.error = '' AND NOT EXISTS (SELECT 1 FROM job j WHERE j.lane = 'scheduled ' || x.id AND j.dead_at = 0)`,
	"conversation with no end":   `SELECT COUNT(*) FROM conversation x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.last_status_id AND s.thread_id = x.thread_id)`,
	"document of nothing":        `SELECT COUNT(*) FROM document x WHERE x.status_id <> 0 AND NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id)`,
	"local status not served":    `SELECT COUNT(*) FROM status s WHERE s.local AND NOT EXISTS (SELECT 1 FROM document d WHERE d.status_id = s.id)`,
	"delivery of nothing":        `SELECT COUNT(*) FROM delivery x WHERE NOT EXISTS (SELECT 1 FROM payload p WHERE p.id = x.payload_id)`,
	"payload for nobody":         `SELECT COUNT(*) FROM payload p WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.payload_id = p.id)`,
	"personal copy of nothing":   `SELECT COUNT(*) FROM received_for x WHERE NOT EXISTS (SELECT 1 FROM received r WHERE r.activity_id = x.activity_id)`,
	"received and not applied":   `SELECT COUNT(*) FROM received WHERE applied_at = 0`,
	"deleted and there":          `SELECT COUNT(*) FROM status s JOIN tombstone t ON t.uri = s.uri JOIN account a ON a.id = s.account_id WHERE a.uri = t.account_uri`,
	"not open to everybody":      `SELECT COUNT(*) FROM status s WHERE s.everybody <> (s.visibility IN ('public', 'unlisted'))`,
	"private without followers":  `SELECT COUNT(*) FROM status s WHERE s.visibility = 'private' AND NOT EXISTS (SELECT 1 FROM audience x WHERE x.status_id = s.id AND x.principal = -s.account_id)`,
	"direct to followers":        `SELECT COUNT(*) FROM status s JOIN audience x ON x.status_id = s.id WHERE s.visibility = 'direct' AND x.principal < 0`,
	"wrong count of likes":       `SELECT COUNT(*) FROM status s WHERE s.likes_count <> (SELECT COUNT(*) FROM likes x WHERE x.status_id = s.id)`,
	"wrong count of boosts":      `SELECT COUNT(*) FROM status s WHERE s.boosts_count <> (SELECT COUNT(*) FROM status x WHERE x.boost_of_id = s.id AND x.boost_of_id <> 0)`,
	"wrong count of quotes":      `SELECT COUNT(*) FROM status s WHERE s.quotes_count <> (SELECT COUNT(*) FROM quote x WHERE x.quoted_id = s.id AND x.quoted_id <> 0 AND x.state = 'accepted')`,
	"quote by another":           `SELECT COUNT(*) FROM quote x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id AND s.account_id = x.account_id AND s.boost_of_id = 0)`,
	"quote of nothing":           `SELECT COUNT(*) FROM quote x WHERE x.quoted_id <> 0 AND NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.quoted_id AND s.uri = x.quoted_uri AND s.account_id = x.quoted_account_id AND s.boost_of_id = 0)`,
	"quote without consent":      `SELECT COUNT(*) FROM quote x WHERE x.state = 'accepted' AND x.consent_uri = '' AND x.account_id <> x.quoted_account_id`,
	"wrong count of replies":     `SELECT COUNT(*) FROM status s WHERE s.replies_count <> (SELECT COUNT(*) FROM status x WHERE x.reply_to_id = s.id AND x.reply_to_id <> 0 AND x.visibility IN ('public', 'unlisted'))`,
	"wrong count of statuses":    `SELECT COUNT(*) FROM account a WHERE a.statuses_count <> (SELECT COUNT(*) FROM status s WHERE s.account_id = a.id AND s.visibility <> 'direct')`,
	"wrong count of followers":   `SELECT COUNT(*) FROM account a WHERE a.followers_count <> (SELECT COUNT(*) FROM follow f WHERE f.target_id = a.id AND f.accepted)`,
	"wrong count of who follows": `SELECT COUNT(*) FROM account a WHERE a.following_count <> (SELECT COUNT(*) FROM follow f WHERE f.account_id = a.id AND f.accepted)`,
	"list entry of nothing":      `SELECT COUNT(*) FROM list_entry x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id AND s.account_id = x.author_id)`,
	"list entry of no member":    `SELECT COUNT(*) FROM list_entry x WHERE NOT EXISTS (SELECT 1 FROM list_member m WHERE m.list_id = x.list_id AND m.target_id = x.author_id)`,
	"list member not followed":   `SELECT COUNT(*) FROM list_member x WHERE NOT EXISTS (SELECT 1 FROM follow f WHERE f.account_id = x.owner_id AND f.target_id = x.target_id)`,
	"pin of another's":           `SELECT COUNT(*) FROM pin x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id AND s.account_id = x.account_id AND s.boost_of_id = 0)`,
	"filter of nothing":          `SELECT COUNT(*) FROM filter_status x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id)`,
	"arranged by nobody":         `SELECT COUNT(*) FROM (SELECT account_id FROM list UNION ALL SELECT account_id FROM content_filter UNION ALL SELECT account_id FROM tag_follow UNION ALL SELECT account_id FROM featured_tag UNION ALL SELECT account_id FROM thread_mute UNION ALL SELECT account_id FROM account_note UNION ALL SELECT account_id FROM endorsement) x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"muted thread of nothing":    `SELECT COUNT(*) FROM thread_mute x WHERE NOT EXISTS (SELECT 1 FROM status s WHERE s.thread_id = x.thread_id)`,
	"endorsed and not followed":  `SELECT COUNT(*) FROM endorsement x WHERE NOT EXISTS (SELECT 1 FROM follow f WHERE f.account_id = x.account_id AND f.target_id = x.target_id AND f.accepted)`,
	"turn of nobody":             `SELECT COUNT(*) FROM film_turn x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"film that no job converts":  `SELECT COUNT(*) FROM attachment x WHERE x.state = 'waiting' AND x.kind <> 'image' AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'media.films' AND j.dead_at = 0)`,
	"file without a name":        `SELECT COUNT(*) FROM file x WHERE x.word = '' AND x.media_type NOT LIKE 'source:%'`,
	"room that nothing takes":    `SELECT COUNT(*) FROM remote_media x WHERE x.bytes <> CASE WHEN x.fetched_at = 0 THEN 0 ELSE (SELECT COALESCE(SUM(f.bytes), 0) FROM file f WHERE f.key IN (x.file_key, x.preview_key)) END`,
	"avatar that is not served":  `SELECT COUNT(*) FROM account a WHERE a.host <> '' AND a.avatar <> '' AND NOT EXISTS (SELECT 1 FROM remote_media m WHERE a.avatar = '/media/' || m.file_key || '/avatar')`,
	"media that are not served":  `SELECT COUNT(*) FROM attachment a WHERE a.remote_url <> '' AND NOT EXISTS (SELECT 1 FROM remote_media m WHERE m.file_key = a.file_key AND m.url = a.remote_url)`,
	"emoji that is not served":   `SELECT COUNT(*) FROM emoji e WHERE e.host <> '' AND NOT EXISTS (SELECT 1 FROM remote_media m WHERE m.file_key = e.picture AND m.preview_key = e.still)`,
	"own emoji without files":    `SELECT COUNT(*) FROM emoji e WHERE e.host = '' AND (NOT EXISTS (SELECT 1 FROM file f WHERE f.key = e.picture) OR NOT EXISTS (SELECT 1 FROM file f WHERE f.key = e.still))`,
	"media here without a file":  `SELECT COUNT(*) FROM remote_media m WHERE m.fetched_at > 0 AND NOT EXISTS (SELECT 1 FROM file f WHERE f.key = m.file_key)`,
	"file of media not here":     `SELECT COUNT(*) FROM remote_media m JOIN file f ON f.key = m.file_key OR f.key = m.preview_key WHERE m.fetched_at = 0`,
	"upload without files":       `SELECT COUNT(*) FROM attachment a WHERE a.remote_url = '' AND a.state = 'ready' AND NOT EXISTS (SELECT 1 FROM file f WHERE f.key = a.file_key AND f.attachment_id = a.id AND f.account_id = a.account_id)`,
	"upload waiting for nothing": `SELECT COUNT(*) FROM attachment a WHERE a.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'media.process' AND j.dead_at = 0)`,
	"media in a stranger's post": `SELECT COUNT(*) FROM attachment a JOIN status s ON s.id = a.status_id WHERE a.account_id <> s.account_id`,
	"link to no card":            `SELECT COUNT(*) FROM status_card x WHERE NOT EXISTS (SELECT 1 FROM card c WHERE c.id = x.card_id) OR NOT EXISTS (SELECT 1 FROM status s WHERE s.id = x.status_id AND s.everybody)`,
	"push without a token": `SELECT COUNT(*) FROM push_subscription x WHERE NOT EXISTS (SELECT 1 FROM oauth_token t WHERE t.id = x.token_id AND t.account_id = x.account_id)
		AND NOT EXISTS (SELECT 1 FROM session s WHERE s.id = x.token_id AND s.account_id = x.account_id)`,
	"a secret in plain text":      `SELECT COUNT(*) FROM second_factor WHERE secret NOT LIKE 'v1.%'`,
	"a token in plain text":       `SELECT COUNT(*) FROM push_subscription WHERE access_token NOT LIKE 'v1.%'`,
	"second factor of nobody":     `SELECT COUNT(*) FROM second_factor x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"recovery code of nobody":     `SELECT COUNT(*) FROM recovery_code x WHERE NOT EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = x.account_id AND f.confirmed_at > 0)`,
	"device of nobody":            `SELECT COUNT(*) FROM device x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"session of nobody":           `SELECT COUNT(*) FROM session x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"invitation of nobody":        `SELECT COUNT(*) FROM invite x WHERE x.account_id <> 0 AND NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"link for nobody":             `SELECT COUNT(*) FROM one_time x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id) AND NOT EXISTS (SELECT 1 FROM signup s WHERE s.id = x.signup_id)`,
	"friend of nobody":            `SELECT COUNT(*) FROM friend f WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = f.account_id) OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = f.friend_id AND a.deleted_at = 0)`,
	"half a friendship here":      `SELECT COUNT(*) FROM friend f JOIN login l ON l.account_id = f.friend_id WHERE NOT EXISTS (SELECT 1 FROM friend g WHERE g.account_id = f.friend_id AND g.friend_id = f.account_id AND (f.state = 'friend' AND g.state = 'friend' OR f.state = 'asked' AND g.state = 'asking' OR f.state = 'asking' AND g.state = 'asked'))`,
	"friend who is blocked":       `SELECT COUNT(*) FROM friend f JOIN block b ON b.account_id = f.account_id AND b.target_id = f.friend_id OR b.account_id = f.friend_id AND b.target_id = f.account_id`,
	"friends since never":         `SELECT COUNT(*) FROM friend f WHERE (f.state = 'friend') <> (f.since > 0)`,
	"circle of nobody":            `SELECT COUNT(*) FROM friend_tag x WHERE NOT EXISTS (SELECT 1 FROM login l WHERE l.account_id = x.account_id)`,
	"stranger in a circle":        `SELECT COUNT(*) FROM friend_tag_member x WHERE NOT EXISTS (SELECT 1 FROM friend f JOIN friend_tag t ON t.id = x.tag_id AND t.account_id = f.account_id WHERE f.account_id = x.owner_id AND f.friend_id = x.friend_id AND f.state = 'friend')`,
	"kept of somebody deleted":    `SELECT COUNT(*) FROM (SELECT account_id FROM follow UNION ALL SELECT target_id FROM follow UNION ALL SELECT account_id FROM likes UNION ALL SELECT account_id FROM bookmark UNION ALL SELECT account_id FROM poll_vote UNION ALL SELECT account_id FROM block UNION ALL SELECT target_id FROM block UNION ALL SELECT account_id FROM mute UNION ALL SELECT target_id FROM mute) x JOIN account a ON a.id = x.account_id WHERE a.deleted_at > 0`,
	"delivery to no host":         `SELECT COUNT(*) FROM delivery d WHERE d.dead_at = 0 AND NOT EXISTS (SELECT 1 FROM destination x WHERE x.host = d.host)`,
	"wish for a name that is had": `SELECT COUNT(*) FROM signup x JOIN account a ON a.name_key = x.name AND a.host = ''`,
	"leased lane":                 `SELECT COUNT(*) FROM lane WHERE holder <> ''`,
	"leased host":                 `SELECT COUNT(*) FROM destination WHERE holder <> ''`,
	"dead job":                    `SELECT COUNT(*) FROM job WHERE dead_at > 0`,
	"accepted and left":           `SELECT COUNT(*) FROM job WHERE dead_at = 0 AND queue = 'inbox'`,
	"undelivered":                 `SELECT COUNT(*) FROM delivery WHERE dead_at = 0`,
	"home entry of a private one": `SELECT COUNT(*) FROM home_entry h JOIN status s ON s.id = h.status_id WHERE h.account_id <> s.account_id AND s.visibility = 'private' AND NOT EXISTS (SELECT 1 FROM audience x WHERE x.status_id = s.id AND (x.principal = h.account_id OR x.principal < 0 AND EXISTS (SELECT 1 FROM follow f WHERE f.account_id = h.account_id AND f.target_id = -x.principal AND f.accepted)))`,
}

// sweep lets what is old be cleared away and looks for what must not be left, at every node.
func (v *village) sweep() {
	v.t.Helper()
	v.settle()
	if !v.real {
		time.Sleep(2*time.Hour + time.Minute) // retention of the queues runs every hour
		v.settle()
	}
	for _, h := range v.houses {
		for _, problem := range problems(h.db, v.expected[h.name], v.real) {
			v.t.Errorf("%s: %s", h.name, problem)
		}
	}
}

// problems returns what is wrong with a database; dead is how many deliveries may have been given
// up, young means that retention has not run yet.
func problems(db *sql.DB, dead int, young bool) (list []string) {
	all := maps.Clone(refused)
	maps.Copy(all, momentsRefused)
	if !young {
		maps.Copy(all, unreadRefused)
	}
	for name, query := range all {
		if young && name == "payload for nobody" {
			continue
		}
		var count int
		if err := db.QueryRow(query).Scan(&count); err != nil {
			list = append(list, fmt.Sprintf("%s: %v", name, err))
		} else if count != 0 {
			list = append(list, fmt.Sprintf("%s: %d", name, count))
		}
	}
	rows, err := db.Query(`SELECT host, error FROM delivery WHERE dead_at > 0`)
	if err != nil {
		return append(list, err.Error())
	}
	defer rows.Close()
	var reasons []string
	for rows.Next() {
		var host, reason string
		if err := rows.Scan(&host, &reason); err != nil {
			return append(list, err.Error())
		}
		reasons = append(reasons, host+": "+reason)
	}
	if len(reasons) != dead {
		list = append(list, fmt.Sprintf("%d dead deliveries, want %d: %s", len(reasons), dead, strings.Join(reasons, "; ")))
	}
	return list
}
