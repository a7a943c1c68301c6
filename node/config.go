package node

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Defaults of a node that is told nothing.
const (
	// DefaultURL is where a node is that nobody gave an address: on this machine, for this machine.
	DefaultURL = "http://localhost:8420"
	// DefaultRateLimit is the requests an address may make to the API in RateWindow, as in Mastodon.
	DefaultRateLimit = 300
	// DefaultMediaCacheDays is for how long media of other servers are kept: most posts are looked at
	// within days. A hundred years are for ever.
	DefaultMediaCacheDays = 30
	mediaCacheDaysMax     = 36_500
	// DefaultMediaCacheGB is how much of the disk media of other servers take: a month of a small
	// node, on a machine of the smallest kind. A petabyte is as much as there is.
	DefaultMediaCacheGB = 10
	mediaCacheGBMax     = 1_000_000
	// behindProxyListen is where a node with an https address and no certificate listens: the proxy
	// that has the certificate is expected on the same machine.
	behindProxyListen = "127.0.0.1:8420"
	// defaultAdminPort is where metrics are, on loopback. A node on a local address uses its own port
	// plus adminPortOffset, so that several of them fit on one machine.
	defaultAdminPort = 8430
	adminPortOffset  = 10
	// Off is the value that turns a listener off.
	Off = "off"
)

// Place says where a node's data is. It is all that commands need that work beside a running node.
type Place struct {
	DataDir     string `name:"data-dir" env:"TULOU_DATA_DIR" group:"Data" placeholder:"DIR" help:"Folder for the database and certificates, made with mode 0700. Default: tulou in your data folder."`
	DatabaseURL string `name:"database-url" env:"TULOU_DATABASE_URL" group:"Data" placeholder:"URL" help:"postgres://… or sqlite:PATH. Default: tulou.db in the data folder."`
	SecretsFile string `name:"secrets-file" env:"TULOU_SECRETS_FILE" group:"Data" placeholder:"FILE" help:"File with the key that seals secrets in the database; processes on one database need the same. Made at the first start. Default: secrets.key in the data folder."`
}

// Database returns the URL of the database.
func (p Place) Database() string {
	if p.DatabaseURL != "" {
		return p.DatabaseURL
	}
	return "sqlite:" + filepath.Join(p.DataDir, "tulou.db")
}

// Config is everything that an operator may decide about a node. It is made once, at the command
// line, and passed down by value; its tags are the flags, variables and keys of the file. Complete
// fills in what follows from the rest and refuses what does not fit together.
type Config struct {
	Place

	URL           string   `name:"url" env:"TULOU_URL" group:"Address" placeholder:"URL" help:"Public address of the node; part of every id, so it cannot change once there are accounts. Default: http://localhost:8420."`
	Domain        string   `name:"domain" env:"TULOU_DOMAIN" group:"Address" placeholder:"NAME" help:"Shorthand for --url https://NAME with a certificate that is got and renewed by itself; listens on ports 443 and 80."`
	AccountDomain string   `name:"account-domain" env:"TULOU_ACCOUNT_DOMAIN" group:"Address" placeholder:"NAME" help:"Domain in handles (@ana@NAME) if it is not the host of the address."`
	MediaURL      string   `name:"media-url" env:"TULOU_MEDIA_URL" group:"Address" placeholder:"URL" help:"Host of their own for pictures and films, like https://media.example.org, which leads to this node, too. Default: under the node's address."`
	Listen        []string `name:"listen" env:"TULOU_LISTEN" group:"Address" placeholder:"HOST:PORT" help:"Where to listen, if it does not follow from the address; may be given several times."`
	AdminListen   string   `name:"admin-listen" env:"TULOU_ADMIN_LISTEN" group:"Operation" placeholder:"HOST:PORT" help:"Where metrics and profiles are served; keep it on loopback. \"off\" for nowhere. Default: 127.0.0.1:8430, or the port of a local address plus 10."`
	TrustedProxy  []string `name:"trusted-proxy" env:"TULOU_TRUSTED_PROXY" group:"Address" placeholder:"CIDR" help:"Addresses of proxies whose X-Forwarded-For is believed; may be given several times."`

	TLSCert       string `name:"tls-cert" env:"TULOU_TLS_CERT" group:"Certificates" placeholder:"FILE" help:"Certificate chain in PEM; read again when it changes and on SIGHUP."`
	TLSKey        string `name:"tls-key" env:"TULOU_TLS_KEY" group:"Certificates" placeholder:"FILE" help:"Private key of the certificate in PEM."`
	ACMEDirectory string `name:"acme-directory" env:"TULOU_ACME_DIRECTORY" group:"Certificates" placeholder:"URL" help:"Certificate authority for --domain. Default: Let's Encrypt."`

	RateLimit         int    `name:"rate-limit" env:"TULOU_RATE_LIMIT" group:"Federation and limits" default:"300" placeholder:"N" help:"Requests per 5 minutes that one address may make to the API; the other limits follow from it. 0 turns all rate limits off."`
	AllowPrivatePeers bool   `name:"allow-private-peers" env:"TULOU_ALLOW_PRIVATE_PEERS" group:"Federation and limits" help:"Federate with test nodes on this machine or network, over http too. Refused for a public address."`
	AllowListOnly     bool   `name:"allow-list-only" env:"TULOU_ALLOW_LIST_ONLY" group:"Federation and limits" help:"Federate only with domains that were allowed with 'tulou domain allow'."`
	Private           bool   `name:"private" env:"TULOU_PRIVATE" group:"Federation and limits" help:"Show strangers nothing about anybody: for a family. Federates only with domains that were allowed."`
	ShowBlocks        string `name:"show-blocks" env:"TULOU_SHOW_BLOCKS" group:"Federation and limits" enum:"nobody,people,everybody" default:"nobody" placeholder:"WHO" help:"Who may read which domains are blocked: nobody, people of this node, or everybody."`
	AuthorizedFetch   bool   `name:"authorized-fetch" env:"TULOU_AUTHORIZED_FETCH" group:"Federation and limits" help:"Demand a signature from every server that reads posts and profiles, so that blocked ones cannot."`

	MediaCacheDays int `name:"media-cache-days" env:"TULOU_MEDIA_CACHE_DAYS" group:"Data" default:"30" placeholder:"N" help:"Days for which pictures and films of other servers are kept; they are fetched again when somebody looks."`
	MediaCacheGB   int `name:"media-cache-gb" env:"TULOU_MEDIA_CACHE_GB" group:"Data" default:"10" placeholder:"N" help:"Gigabytes that pictures and films of other servers take at most; those at which nobody looked for longest go first."`

	Joining

	LogLevel  string `name:"log-level" env:"TULOU_LOG_LEVEL" group:"Operation" enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"Least important lines to log: debug, info, warn or error."`
	LogFormat string `name:"log-format" env:"TULOU_LOG_FORMAT" group:"Operation" enum:"text,json" default:"text" placeholder:"FORMAT" help:"How log lines look: text or json."`
}

// Complete fills in what follows from the rest and checks that everything fits together. Errors are
// fault.Invalid and say what to write instead.
func (c Config) Complete() (Config, error) {
	if err := c.checkTLS(); err != nil {
		return Config{}, err
	}
	base, err := c.base()
	if err != nil {
		return Config{}, err
	}
	c.URL = base.Scheme + "://" + base.Host
	if err := c.checkBase(base); err != nil {
		return Config{}, err
	}
	if c.AccountDomain, err = c.accountHost(base); err != nil {
		return Config{}, err
	}
	if c.MediaURL, err = c.mediaBase(base); err != nil {
		return Config{}, err
	}
	if _, err := parsePrefixes(c.TrustedProxy); err != nil {
		return Config{}, err
	}
	if c.Private { // others would show what is said here
		c.AllowListOnly, c.AuthorizedFetch = true, true
	}
	if err := c.Joining.check(); err != nil {
		return Config{}, err
	}
	if c.RateLimit < 0 {
		return Config{}, fault.New(fault.Invalid, "--rate-limit cannot be negative; 0 turns the limits off")
	}
	if c.MediaCacheDays == 0 {
		c.MediaCacheDays = DefaultMediaCacheDays
	}
	if c.MediaCacheDays < 1 || c.MediaCacheDays > mediaCacheDaysMax {
		return Config{}, fault.New(fault.Invalid, "--media-cache-days is from 1 to %d", mediaCacheDaysMax)
	}
	if c.MediaCacheGB == 0 {
		c.MediaCacheGB = DefaultMediaCacheGB
	}
	if c.MediaCacheGB < 1 || c.MediaCacheGB > mediaCacheGBMax {
		return Config{}, fault.New(fault.Invalid, "--media-cache-gb is from 1 to %d", mediaCacheGBMax)
	}
	if len(c.Listen) == 0 {
		c.Listen = c.defaultListen(base)
	}
	if c.AdminListen == "" {
		c.AdminListen = net.JoinHostPort("127.0.0.1", strconv.Itoa(adminPort(base)))
	}
	for _, at := range slices.Concat(c.Listen, []string{c.AdminListen}) {
		if _, _, err := net.SplitHostPort(at); err != nil && at != Off {
			return Config{}, fault.New(fault.Invalid, "%q is not HOST:PORT", at)
		}
	}
	return c, nil
}

func (c Config) checkTLS() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return fault.New(fault.Invalid, "--tls-cert and --tls-key go together: give both or neither")
	case c.Domain != "" && c.TLSCert != "":
		return fault.New(fault.Invalid, "--domain gets its own certificate; with --tls-cert write --url https://%s", c.Domain)
	case c.Domain != "" && c.URL != "":
		return fault.New(fault.Invalid, "--domain %s stands for --url https://%[1]s: give one of the two", c.Domain)
	case c.ACMEDirectory != "" && c.Domain == "":
		return fault.New(fault.Invalid, "--acme-directory is of use only with --domain")
	}
	return nil
}

// base returns the public address as a URL with nothing but scheme and normalised host.
func (c Config) base() (*url.URL, error) {
	text := c.URL
	switch {
	case c.Domain != "":
		text = "https://" + c.Domain
	case text == "":
		text = DefaultURL
	}
	u, err := ids.ParseIRI(strings.TrimSuffix(text, "/"))
	if err != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fault.New(fault.Invalid, "%q is not an address of a node; it looks like https://example.org", text)
	}
	if u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	}
	return u, nil
}

// checkBase refuses addresses under which nobody could federate, or nobody should.
func (c Config) checkBase(base *url.URL) error {
	private := privateHost(base.Hostname())
	switch {
	case c.Domain != "" && (private || base.Port() != ""):
		return fault.New(fault.Invalid, "--domain %s is not a public name; for tests use --url http://localhost:8420", c.Domain)
	case base.Scheme == "http" && c.TLSCert != "":
		return fault.New(fault.Invalid, "--tls-cert needs an https address: --url https://%s", base.Host)
	case base.Scheme == "http" && !private:
		return fault.New(fault.Invalid, "other servers reach %s over https only: write --domain %[1]s, or --url https://%[1]s behind a proxy", base.Host)
	case c.AllowPrivatePeers && !private:
		return fault.New(fault.Invalid, "--allow-private-peers would let strangers reach into the network of %s; it is for nodes on localhost and private addresses", base.Host)
	}
	return nil
}

func (c Config) accountHost(base *url.URL) (string, error) {
	if c.AccountDomain == "" && base.Port() != "" && !privateHost(base.Hostname()) {
		return "", fault.New(fault.Invalid, "handles of a public node cannot carry the port of %s: say how they end with --account-domain", base.Host)
	}
	if c.AccountDomain == "" {
		return base.Host, nil
	}
	host, err := ids.NormalizeHost(c.AccountDomain)
	if err != nil || strings.Contains(host, ":") && !privateHost(base.Hostname()) {
		return "", fault.New(fault.Invalid, "--account-domain %q is not a host name", c.AccountDomain)
	}
	return host, nil
}

// defaultListen follows from the address: loopback for local ones, every interface where this
// process has the certificate, loopback where a proxy has it.
func (c Config) defaultListen(base *url.URL) []string {
	port := basePort(base)
	switch {
	case c.Domain != "" || c.TLSCert != "" && !loopbackHost(base.Hostname()):
		return []string{":" + port}
	case loopbackHost(base.Hostname()):
		return []string{"127.0.0.1:" + port, "[::1]:" + port}
	case base.Scheme == "http":
		return []string{":" + port}
	}
	return []string{behindProxyListen}
}

func basePort(base *url.URL) string {
	switch {
	case base.Port() != "":
		return base.Port()
	case base.Scheme == "https":
		return "443"
	}
	return "80"
}

func adminPort(base *url.URL) int {
	port, err := strconv.Atoi(base.Port())
	if err != nil || !loopbackHost(base.Hostname()) || port+adminPortOffset > 65535 {
		return defaultAdminPort
	}
	return port + adminPortOffset
}

// loopbackHost tells whether a name, with or without a port, means this machine, in browsers and in
// our dialler.
func loopbackHost(host string) bool {
	if bare, _, err := net.SplitHostPort(host); err == nil {
		host = bare
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// privateHost tells whether a host cannot be reached from the internet by its name: loopback and
// private addresses, names without a dot, and the names that are reserved for such networks
// (RFC 6761, 6762, 8375, 9476).
func privateHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last == host || strings.HasSuffix(host, ".home.arpa") ||
		slices.Contains([]string{"localhost", "local", "internal", "test", "example", "invalid", "alt"}, last)
}

// parsePrefixes reads networks ("10.0.0.0/8") and single addresses.
func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fault.New(fault.Invalid, "--trusted-proxy %q is not an address or a network like 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		if prefix.Bits() == 0 {
			return nil, fault.New(fault.Invalid, "--trusted-proxy %q would believe everybody", text)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}

// Level is the least important level to log.
func (c Config) Level() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return level
}

// String names a node by its address, for logs.
func (c Config) String() string { return fmt.Sprintf("node %s", c.URL) }
