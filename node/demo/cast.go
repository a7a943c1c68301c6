package demo

// places are the names of the nodes, in the order in which they join the village.
var places = [NodesMax]string{"harbor", "orchard", "meadow", "lighthouse", "workshop", "teahouse"}

// character is somebody made up.
type character struct {
	name    string // their handle
	display string
	bio     string
	field   [2]string // one line of the profile
	look    look
	header  string // what is to be seen above their profile: one of scenes
}

// perNode is how many people live on a node.
const perNode = 3

// cast is who lives where.
var cast = map[string][perNode]character{
	"harbor": {
		{"ana", "Ana Ribeiro", "Builds wooden boats, slowly. Salt in everything. Photographs of the slipway on #boatbuilding Fridays.", [2]string{"Yard", "Pier 3, behind the crane"}, look{0xf3c9a5, 0xd9a077, 0x3a2418, 0x2f6f8f, "curly", false, false}, "keel"},
		{"ben", "Ben Okafor", "Harbour pilot by night, radio tinkerer by day. I answer to 16 and to coffee.", [2]string{"Callsign", "harbour one"}, look{0xa8c7d8, 0x7a4a30, 0x1c2f4a, 0xd9a441, "cap", true, false}, "dusk"},
		{"mei", "林美玲 Mei", "摄影师，住在海边。Photographer; I post the same sea every morning and it is never the same.", [2]string{"语言", "中文, English"}, look{0xd5dfb9, 0xf0c6a0, 0x1f1a1c, 0xb5473c, "bob", false, false}, "sea"},
	},
	"orchard": {
		{"iris", "Iris Lindqvist", "Forty kinds of apples, one ladder. Ask me about grafting and be prepared to stay.", [2]string{"Season", "September to November"}, look{0xe6d0a2, 0xf3cdb0, 0xc9963f, 0x4d7a43, "bun", false, false}, "hills"},
		{"tomas", "Tomás Quiroga", "Beekeeper and cook. Recipes are suggestions, hives are not. 🐝", [2]string{"Hives", "12"}, look{0xf0ddb0, 0xdba77e, 0x2d211b, 0x7b4b2c, "short", true, false}, "bread"},
		{"yuki", "由紀 Yuki", "木工と山歩き。Carpenter; measures twice, cuts once, planes for the pleasure of it.", [2]string{"Wood", "cherry, cedar"}, look{0xe8d5dd, 0xf1cba8, 0x26201f, 0x3f4a63, "long", false, true}, "joint"},
	},
	"meadow": {
		{"noor", "Noor Haddad", "Botanist of small things. If it grows between paving stones, I have drawn it.", [2]string{"Sketchbook", "no. 31"}, look{0xcfe0d6, 0xdca983, 0x7d3f5c, 0x5a2f45, "scarf", false, false}, "moss"},
		{"otto", "Otto Brandt", "Retired surveyor. Walks, maps, and one opinionated donkey.", [2]string{"Donkey", "Klara"}, look{0xc9d3df, 0xf2c9ad, 0xd8b26a, 0x5b6b3c, "hat", true, true}, "evening"},
		{"wen", "文 Wen", "写诗的人。Poems about weather, weather about poems.", [2]string{"Now reading", "王维"}, look{0xdcd3e8, 0xf0c8a2, 0x2b2626, 0x2d5a55, "short", false, true}, "hills"},
	},
	"lighthouse": {
		{"sefa", "Sefa Amadi", "Keeps a light that keeps itself these days. Long letters welcome.", [2]string{"Range", "21 miles"}, look{0xf1cfa0, 0x6b3f28, 0x17120f, 0x8c2f39, "curly", false, true}, "lighthouse"},
		{"lena", "Lena Novak", "Storms, tides and spreadsheets. Oceanographer on a rock.", [2]string{"Instrument", "a bucket on a rope"}, look{0xbcd8e2, 0xf4d0b5, 0xb0603a, 0x1f4e66, "long", false, false}, "dusk"},
		{"hugo", "Hugo Marchetti", "Plays the accordion where nobody can complain.", [2]string{"Repertoire", "nine waltzes"}, look{0xe9c3b0, 0xe3b48f, 0x6e6a66, 0x3b3b52, "bald", true, false}, "sea"},
	},
	"workshop": {
		{"ida", "Ida Sørensen", "Repairs clocks, radios and the occasional argument.", [2]string{"Bench", "always full"}, look{0xd9e2c8, 0xf3cbb0, 0xd9c6a0, 0x7a5230, "bun", false, true}, "wheel"},
		{"raj", "Raj Mehta", "Letterpress printer. Kerning is a moral question.", [2]string{"Press", "1911, runs fine"}, look{0xf3d6b8, 0xa86f48, 0x1d1614, 0x35506b, "short", true, false}, "market"},
		{"kofi", "Kofi Mensah", "Bicycles from scrap. If it rolls, it rides. 🚲", [2]string{"Built so far", "64"}, look{0xf0b98a, 0x5e3823, 0x14100e, 0x2f7a5a, "short", false, false}, "wheel"},
	},
	"teahouse": {
		{"xia", "夏 Xia", "茶人。Water just off the boil, and no hurry.", [2]string{"水", "山泉"}, look{0xcfdcc0, 0xefc7a3, 0x2a2523, 0x61704a, "bun", false, false}, "tea"},
		{"omar", "Omar Farouk", "Storyteller on Thursdays, accountant the rest of the week.", [2]string{"Stories told", "1,001 (nearly)"}, look{0xe0c7d0, 0xb97d55, 0x241a16, 0x6b2f3f, "bald", true, true}, "market"},
		{"june", "June Park", "Ceramics. Every cup is a draft.", [2]string{"Kiln", "fired on Mondays"}, look{0xd6e4ea, 0xf0c9a6, 0x33221f, 0xc07a4a, "bob", false, true}, "tea"},
	},
}
