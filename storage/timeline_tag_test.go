package storage

import (
	"slices"
	"testing"
)

// Columns that programs make of several hashtags would show posts of one, or lose some between two
// pages.
func TestTagTimelinesOfSeveralHashtags(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		write := func(tags ...string) int64 {
			return v.post(ana, VisibilityPublic, func(n *NewStatus) {
				for _, tag := range tags {
					n.Tags = append(n.Tags, Tag{Tag: tag, Name: tag})
				}
			}).ID
		}
		tea, both, milk, all := write("tea"), write("tea", "milk"), write("milk"), write("tea", "milk", "sugar")
		for _, c := range []struct {
			filter TagFilter
			page   Page
			want   []int64
		}{
			{TagFilter{Any: []string{"tea"}}, Page{}, []int64{all, both, tea}},
			{TagFilter{Any: []string{"milk", "tea"}}, Page{}, []int64{all, milk, both, tea}},
			{TagFilter{Any: []string{"milk", "tea"}}, Page{Limit: 2}, []int64{all, milk}},
			{TagFilter{Any: []string{"milk", "tea"}}, Page{Limit: 2, MaxID: milk}, []int64{both, tea}},
			{TagFilter{Any: []string{"milk", "tea"}}, Page{Limit: 2, MinID: tea}, []int64{milk, both}},
			{TagFilter{Any: []string{"tea"}, All: []string{"milk"}}, Page{}, []int64{all, both}},
			{TagFilter{Any: []string{"tea"}, All: []string{"milk", "sugar"}}, Page{}, []int64{all}},
			{TagFilter{Any: []string{"tea"}, None: []string{"sugar"}}, Page{}, []int64{both, tea}},
			{TagFilter{Any: []string{"milk", "tea"}, All: []string{"milk"}, None: []string{"tea"}}, Page{}, []int64{milk}},
			{TagFilter{Any: []string{"nothing"}}, Page{}, []int64{}},
		} {
			if got := StatusIDs(must(s.Tag(ctx, ana.ID, c.filter, LocalOnly, c.page))); !slices.Equal(got, c.want) {
				t.Errorf("%+v %+v: %v, want %v", c.filter, c.page, got, c.want)
			}
		}
		if got := must(s.Tag(ctx, 0, TagFilter{Any: []string{"tea"}}, RemoteOnly, Page{})); len(got) != 0 {
			t.Errorf("of others: %v", got)
		}
	})
}
