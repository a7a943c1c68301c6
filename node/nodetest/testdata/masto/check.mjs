// What the node answers is compared with the fields that Mastodon's documentation promises
// (entities.json, from the pages of mastodon/documentation as of July 2026): every one is there and
// of its type. The answers are looked at on their way to masto.js, as they came.

import { readFileSync } from "node:fs";

const entities = JSON.parse(readFileSync(new URL("entities.json", import.meta.url), "utf8"));

// What is promised and not kept, with the reason.
const exceptions = new Map([
  ["ScheduledStatus.params[in_reply_to_id]", "text like every id: ours are longer than a number of JavaScript"],
  ["PreviewCard.published_at", "an instant, and null where the page does not say it, as Mastodon itself sends them"],
  ["ScheduledStatus.params[application_id]", "null, for the same reason"],
]);

const kinds = {
  string: (v) => typeof v === "string",
  url: (v) => typeof v === "string" && (v === "" || /^[a-z][a-z0-9+.-]*:/.test(v)),
  boolean: (v) => typeof v === "boolean",
  number: (v) => typeof v === "number",
  digits: (v) => typeof v === "string" && /^\d+$/.test(v),
  hash: (v) => typeof v === "object" && v !== null && !Array.isArray(v),
  datetime: (v) => typeof v === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(v),
  date: (v) => typeof v === "string" && /^\d{4}-\d\d-\d\d$/.test(v),
  null: (v) => v === null,
};

// seen counts the entities that were looked at, problems says what was wrong, once each.
export const seen = new Map();
export const problems = new Set();

// check compares a value with a type: the name of an entity or a kind, in brackets for a list, in
// braces for the values of an object, several with | between them.
export function check(value, type, where) {
  if (type.startsWith("[")) {
    if (!Array.isArray(value)) return void problems.add(`${where} is no list: ${brief(value)}`);
    for (const one of value) check(one, type.slice(1, -1), where);
    return;
  }
  if (type.includes("|")) return check(value, nearest(value, type.split("|")), where);
  if (type.startsWith("{")) {
    for (const one of Object.values(value)) check(one, type.slice(1, -1), where);
    return;
  }
  if (kinds[type]) {
    if (!kinds[type](value)) problems.add(`${where} is no ${type}: ${brief(value)}`);
    return;
  }
  if (!kinds.hash(value)) return void problems.add(`${where} is no ${type}: ${brief(value)}`);
  seen.set(type, (seen.get(type) ?? 0) + 1);
  for (const [field, promise] of Object.entries(fieldsOf(type))) checkField(value, type, field, promise);
}

// nearest is the type of which a value lacks the fewest fields.
function nearest(value, types) {
  const lacks = (t) => {
    if (kinds[t]) return kinds[t](value) ? 0 : Infinity;
    if (!kinds.hash(value)) return Infinity;
    return Object.entries(fieldsOf(t)).filter(([f, promise]) => !f.includes("[") && !promise.includes("optional") && !(f in value)).length;
  };
  return types.toSorted((a, b) => lacks(a) - lacks(b))[0];
}

// elsewhere are entities that a day does not come across, with the reason.
const elsewhere = {
  AccountRole: "roles are not shown on profiles",
  "Announcement::Account": "nobody is named in the announcement",
  "Announcement::Status": "it leads to no post",
  InstanceIcon: "a node has no icons of its own",
  ShallowTag: "there are no collections yet",
  "Trends::Link": "links are counted once an hour",
};

// unseen are the other entities that nothing was compared with.
export const unseen = () => Object.keys(entities).filter((name) => !seen.has(name) && !elsewhere[name]);

function fieldsOf(type) {
  const own = entities[type];
  if (!own) throw new Error(`there is no entity ${type}`);
  const { extends: base, ...fields } = own;
  return base ? { ...fieldsOf(base), ...fields } : fields;
}

// checkField looks at one field: a[b] is b in a, a[][b] is b in every one of a.
function checkField(value, type, field, promise) {
  const where = `${type}.${field}`;
  if (exceptions.has(where)) return;
  const [kind, ...may] = promise.split(" ");
  let holders = [value];
  const path = field.replaceAll("]", "").split("[");
  const last = path.pop();
  for (const step of path) {
    holders = step === "" ? holders.flat() : holders.map((h) => h?.[step]).filter((h) => h !== undefined && h !== null);
  }
  for (const holder of holders) {
    if (!(last in holder)) {
      if (!may.includes("optional")) problems.add(`${where} is missing`);
    } else if (holder[last] !== null || !may.includes("null")) {
      check(holder[last], kind, where);
    }
  }
}

const brief = (value) => (JSON.stringify(value) ?? "nothing").slice(0, 100);

// routes say what is answered to whom. The first that fits counts; what none fits is reported.
const routes = [
  ["POST", "/oauth/token", "Token"],
  ["POST", "/oauth/revoke", "hash"],
  ["POST", "/api/v1/apps", "CredentialApplication"],
  ["GET", "/api/v1/apps/verify_credentials", "Application"],
  ["POST", "/api/v1/accounts", "Token"],
  ["GET", "/api/v1/accounts/verify_credentials", "CredentialAccount"],
  ["PATCH", "/api/v1/accounts/update_credentials", "CredentialAccount"],
  ["GET", "/api/v1/accounts/relationships", "[Relationship]"],
  ["GET", "/api/v1/accounts/familiar_followers", "[FamiliarFollowers]"],
  ["GET", "/api/v1/accounts/lookup", "Account"],
  ["GET", "/api/v1/accounts/search", "[Account]"],
  ["GET", "/api/v1/accounts/*/statuses", "[Status]"],
  ["GET", "/api/v1/accounts/*/lists", "[List]"],
  ["GET", "/api/v1/accounts/*/featured_tags", "[FeaturedTag]"],
  ["GET", "/api/v1/accounts/*/*", "[Account]"],
  ["POST", "/api/v1/accounts/*/*", "Relationship"],
  ["GET", "/api/v1/accounts/*", "Account"],
  ["GET", "/api/v1/accounts", "[Account]"],
  ["GET", "/api/v1/statuses/*/context", "Context"],
  ["GET", "/api/v1/statuses/*/source", "StatusSource"],
  ["GET", "/api/v1/statuses/*/history", "[StatusEdit]"],
  ["GET", "/api/v1/statuses/*/favourited_by", "[Account]"],
  ["GET", "/api/v1/statuses/*/reblogged_by", "[Account]"],
  ["GET", "/api/v1/statuses/*/quotes", "[Status]"],
  ["POST", "/api/v1/statuses/*/quotes/*/revoke", "Status"],
  ["PUT", "/api/v1/statuses/*/interaction_policy", "Status"],
  ["GET", "/api/v1/statuses/*", "Status"],
  ["GET", "/api/v1/statuses", "[Status]"],
  ["POST", "/api/v1/statuses", "Status|ScheduledStatus"],
  ["POST", "/api/v1/statuses/*/*", "Status"],
  ["PUT", "/api/v1/statuses/*", "Status"],
  ["DELETE", "/api/v1/statuses/*", "Status"],
  ["POST", "/api/v2/media", "MediaAttachment"],
  ["GET", "/api/v1/media/*", "MediaAttachment"],
  ["PUT", "/api/v1/media/*", "MediaAttachment"],
  ["GET", "/api/v1/polls/*", "Poll"],
  ["POST", "/api/v1/polls/*/votes", "Poll"],
  ["GET", "/api/v1/timelines/*", "[Status]"],
  ["GET", "/api/v1/timelines/*/*", "[Status]"],
  ["GET", "/api/v1/favourites", "[Status]"],
  ["GET", "/api/v1/bookmarks", "[Status]"],
  ["GET", "/api/v1/scheduled_statuses", "[ScheduledStatus]"],
  ["*", "/api/v1/scheduled_statuses/*", "ScheduledStatus"],
  ["GET", "/api/v1/lists", "[List]"],
  ["POST", "/api/v1/lists", "List"],
  ["GET", "/api/v1/lists/*/accounts", "[Account]"],
  ["GET", "/api/v1/lists/*", "List"],
  ["PUT", "/api/v1/lists/*", "List"],
  ["GET", "/api/v2/filters", "[Filter]"],
  ["POST", "/api/v2/filters", "Filter"],
  ["GET", "/api/v2/filters/*/keywords", "[FilterKeyword]"],
  ["POST", "/api/v2/filters/*/keywords", "FilterKeyword"],
  ["GET", "/api/v2/filters/*/statuses", "[FilterStatus]"],
  ["POST", "/api/v2/filters/*/statuses", "FilterStatus"],
  ["*", "/api/v2/filters/keywords/*", "FilterKeyword"],
  ["*", "/api/v2/filters/statuses/*", "FilterStatus"],
  ["*", "/api/v2/filters/*", "Filter"],
  ["GET", "/api/v1/notifications/requests/merged", "hash"],
  ["GET", "/api/v1/notifications/requests", "[NotificationRequest]"],
  ["GET", "/api/v1/notifications/requests/*", "NotificationRequest"],
  ["GET", "/api/v1/notifications/unread_count", "hash"],
  ["GET", "/api/v1/notifications", "[Notification]"],
  ["GET", "/api/v1/notifications/*", "Notification"],
  ["GET", "/api/v2/notifications/unread_count", "hash"],
  ["*", "/api/v2/notifications/policy", "NotificationPolicy"],
  ["GET", "/api/v2/notifications/*/accounts", "[Account]"],
  ["GET", "/api/v2/notifications/*", "GroupedNotificationsResults"],
  ["GET", "/api/v2/notifications", "GroupedNotificationsResults"],
  ["GET", "/api/v1/conversations", "[Conversation]"],
  ["POST", "/api/v1/conversations/*/read", "Conversation"],
  ["GET", "/api/v2/search", "Search"],
  ["GET", "/api/v1/tags/*", "Tag"],
  ["POST", "/api/v1/tags/*/*", "Tag"],
  ["GET", "/api/v1/followed_tags", "[Tag]"],
  ["GET", "/api/v1/featured_tags/suggestions", "[Tag]"],
  ["GET", "/api/v1/featured_tags", "[FeaturedTag]"],
  ["POST", "/api/v1/featured_tags", "FeaturedTag"],
  ["GET", "/api/v1/preferences", "Preferences"],
  ["*", "/api/v1/markers", "{Marker}"],
  ["*", "/api/v1/profile", "Profile"],
  ["DELETE", "/api/v1/profile/*", "CredentialAccount"],
  ["GET", "/api/v1/filters", "[V1::Filter]"],
  ["*", "/api/v1/filters/*", "V1::Filter"],
  ["POST", "/api/v1/filters", "V1::Filter"],
  ["GET", "/api/v1/instance/domain_blocks", "[DomainBlock]"],
  ["GET", "/api/v1/follow_requests", "[Account]"],
  ["POST", "/api/v1/follow_requests/*/*", "Relationship"],
  ["GET", "/api/v1/blocks", "[Account]"],
  ["GET", "/api/v1/mutes", "[MutedAccount]"],
  ["GET", "/api/v1/domain_blocks", "[string]"],
  ["GET", "/api/v1/endorsements", "[Account]"],
  ["GET", "/api/v1/directory", "[Account]"],
  ["GET", "/api/v2/suggestions", "[Suggestion]"],
  ["GET", "/api/v1/trends/statuses", "[Status]"],
  ["GET", "/api/v1/trends/links", "[Trends::Link]"],
  ["GET", "/api/v1/trends/tags", "[Tag]"],
  ["POST", "/api/v1/reports", "Report"],
  ["GET", "/api/v1/announcements", "[Announcement]"],
  ["GET", "/api/v1/custom_emojis", "[CustomEmoji]"],
  ["*", "/api/v1/push/subscription", "WebPushSubscription"],
  ["GET", "/api/v1/instance", "V1::Instance"],
  ["GET", "/api/v2/instance", "Instance"],
  ["GET", "/api/v1/instance/rules", "[Rule]"],
  ["GET", "/api/v1/instance/peers", "[string]"],
  ["GET", "/api/v1/instance/activity", "[hash]"],
  ["GET", "/api/v1/instance/extended_description", "ExtendedDescription"],
  ["GET", "/api/v1/instance/privacy_policy", "PrivacyPolicy"],
  ["GET", "/api/v1/instance/terms_of_service", "TermsOfService"],
  ["GET", "/api/v1/instance/languages", "[hash]"],
  ["GET", "/api/v1/instance/translation_languages", "hash"],
].map(([method, path, type]) => ({ method, pattern: new RegExp(`^${path.replaceAll("*", "[^/]+")}$`), type }));

function checkAnswer(method, path, value) {
  const route = routes.find((r) => (r.method === "*" || r.method === method) && r.pattern.test(path));
  if (kinds.hash(value) && Object.keys(value).length === 0) return; // nothing to say
  if (!route) return void problems.add(`nobody knows what ${method} ${path} should answer`);
  check(value, route.type, `the answer to ${method} ${path.replace(/\d{8,}/g, "ID")}`);
}

// What streams carry, by event.
const events = { update: "Status", "status.update": "Status", notification: "Notification", conversation: "Conversation" };

// watch looks at everything that programs in this process get from the API of a node.
export function watch(base) {
  const plain = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const answer = await plain(request);
    const url = new URL(request.url);
    const json = (answer.headers.get("content-type") ?? "").startsWith("application/json");
    if (url.origin !== base || !json || !/^\/(api|oauth)\//.test(url.pathname)) return answer;
    const value = await answer.clone().json();
    if (answer.ok) checkAnswer(request.method, url.pathname, value);
    else if (typeof value.error !== "string") problems.add(`${request.method} ${url.pathname} refused without an error: ${brief(value)}`);
    return answer;
  };
  const Plain = globalThis.WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        const message = JSON.parse(data);
        if (message.error) problems.add(`a stream says ${brief(message)}`);
        else if (events[message.event]) check(JSON.parse(message.payload), events[message.event], `the event ${message.event}`);
      });
    }
  };
  return plain;
}
