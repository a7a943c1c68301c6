package fetch

import "net/netip"

// Rather than a list of what is dangerous, which has been incomplete in every server that kept one,
// these tables say what is public: IPv4 outside the IANA special-purpose registry, and of IPv6 only
// global unicast, 2000::/3, outside its registry.
// https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
var (
	special4 = prefixes(
		"0.0.0.0/8",       // this network; 0.0.0.0 reaches loopback on Linux
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // carriers' shared space, some clouds' metadata
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link local, cloud metadata
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.31.196.0/24", // AS112
		"192.52.193.0/24", // AMT
		"192.88.99.0/24",  // 6to4 relays
		"192.168.0.0/16",  // private
		"192.175.48.0/24", // AS112
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, broadcast
	)
	global6  = netip.MustParsePrefix("2000::/3")
	special6 = prefixes(
		"2001::/23",         // protocol assignments: Teredo, ORCHID, benchmarks, AMT
		"2001:db8::/32",     // documentation
		"2002::/16",         // 6to4, which carries any IPv4 address inside
		"2620:4f:8000::/48", // AS112
		"3fff::/20",         // documentation
	)

	// nat64 is how hosts without IPv4 reach IPv4 (RFC 6052); the address inside is what counts.
	// The local-use prefix 64:ff9b:1::/48 stays outside the table and so is refused.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")

	// privates is what test peers may use in addition. Link-local stays closed even then.
	privates = prefixes("10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// isPublic tells whether an address is an ordinary one of the public internet.
func isPublic(addr netip.Addr) bool {
	addr = addr.Unmap()
	switch {
	case !addr.IsValid(), addr.Zone() != "":
		return false
	case addr.Is4():
		return !within(special4, addr)
	case nat64.Contains(addr):
		bytes := addr.As16()
		return isPublic(netip.AddrFrom4([4]byte(bytes[12:])))
	default:
		return global6.Contains(addr) && !within(special6, addr)
	}
}

// isPublicOrPrivate is the judgement among private peers.
func isPublicOrPrivate(addr netip.Addr) bool {
	return isPublic(addr) || within(privates, addr.Unmap())
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	for _, prefix := range list {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}
