package nodetest

import "testing"

// If this failed, who writes would be told a wrong number of people and servers that get it.
func TestReachCountsFollowersAndTheirServers(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		v.start("orchard")
		ana, ben, bob := v.persons["ana"], v.persons["ben"], v.persons["bob"]
		reach := func(followers, servers int) {
			t.Helper()
			var got struct{ Followers, Servers int }
			ana.must200("GET", "/reach", nil, &got)
			if got.Followers != followers || got.Servers != servers {
				t.Errorf("%d followers on %d servers, not %d on %d", got.Followers, got.Servers, followers, servers)
			}
		}
		reach(0, 0)
		for i, p := range []*person{ben, bob} {
			id := p.knows("@ana@harbor.example").ID
			p.post("/api/v1/accounts/"+id+"/follow", nil, nil)
			v.settle()
			reach(i+1, i+1)
		}
	})
}
