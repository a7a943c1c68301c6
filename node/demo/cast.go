package demo

// places are the names of the nodes, in the order in which they join the village.
var places = [NodesMax]string{"harbor", "orchard", "meadow", "lighthouse", "workshop", "teahouse"}

// character is somebody made up.
type character struct {
	name    string // their handle
	display string
	bio     string
	field   [2]string // one line of the profile
}

// perNode is how many people live on a node.
const perNode = 3

// cast is who lives where.
var cast = map[string][perNode]character{
	"harbor": {
		{"ana", "Ana Ribeiro", "Builds wooden boats, slowly. Salt in everything. Photographs of the slipway on #boatbuilding Fridays.", [2]string{"Yard", "Pier 3, behind the crane"}},
		{"ben", "Ben Okafor", "Harbour pilot by night, radio tinkerer by day. I answer to 16 and to coffee.", [2]string{"Callsign", "harbour one"}},
		{"mei", "林美玲 Mei", "摄影师，住在海边。Photographer; I post the same sea every morning and it is never the same.", [2]string{"语言", "中文, English"}},
	},
	"orchard": {
		{"iris", "Iris Lindqvist", "Forty kinds of apples, one ladder. Ask me about grafting and be prepared to stay.", [2]string{"Season", "September to November"}},
		{"tomas", "Tomás Quiroga", "Beekeeper and cook. Recipes are suggestions, hives are not. 🐝", [2]string{"Hives", "12"}},
		{"yuki", "由紀 Yuki", "木工と山歩き。Carpenter; measures twice, cuts once, planes for the pleasure of it.", [2]string{"Wood", "cherry, cedar"}},
	},
	"meadow": {
		{"noor", "Noor Haddad", "Botanist of small things. If it grows between paving stones, I have drawn it.", [2]string{"Sketchbook", "no. 31"}},
		{"otto", "Otto Brandt", "Retired surveyor. Walks, maps, and one opinionated donkey.", [2]string{"Donkey", "Klara"}},
		{"wen", "文 Wen", "写诗的人。Poems about weather, weather about poems.", [2]string{"Now reading", "王维"}},
	},
	"lighthouse": {
		{"sefa", "Sefa Amadi", "Keeps a light that keeps itself these days. Long letters welcome.", [2]string{"Range", "21 miles"}},
		{"lena", "Lena Novak", "Storms, tides and spreadsheets. Oceanographer on a rock.", [2]string{"Instrument", "a bucket on a rope"}},
		{"hugo", "Hugo Marchetti", "Plays the accordion where nobody can complain.", [2]string{"Repertoire", "nine waltzes"}},
	},
	"workshop": {
		{"ida", "Ida Sørensen", "Repairs clocks, radios and the occasional argument.", [2]string{"Bench", "always full"}},
		{"raj", "Raj Mehta", "Letterpress printer. Kerning is a moral question.", [2]string{"Press", "1911, runs fine"}},
		{"kofi", "Kofi Mensah", "Bicycles from scrap. If it rolls, it rides. 🚲", [2]string{"Built so far", "64"}},
	},
	"teahouse": {
		{"xia", "夏 Xia", "茶人。Water just off the boil, and no hurry.", [2]string{"水", "山泉"}},
		{"omar", "Omar Farouk", "Storyteller on Thursdays, accountant the rest of the week.", [2]string{"Stories told", "1,001 (nearly)"}},
		{"june", "June Park", "Ceramics. Every cup is a draft.", [2]string{"Kiln", "fired on Mondays"}},
	},
}
