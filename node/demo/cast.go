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

// perNode is how many people live on a node. The first founders of each know most of the village;
// the others have come lately, and are there to be found.
const (
	perNode  = 5
	founders = 3
)

// cast is who lives where.
var cast = map[string][perNode]character{
	"harbor": {
		{"ana", "Ana Ribeiro", "Builds wooden boats, slowly. Salt in everything. Photographs of the slipway on #boatbuilding Fridays.", [2]string{"Yard", "Pier 3, behind the crane"}, look{0xf3c9a5, 0xd9a077, 0x3a2418, 0x2f6f8f, "curly", false, false}, "keel"},
		{"ben", "Ben Okafor", "Harbour pilot by night, radio tinkerer by day. I answer to 16 and to coffee.", [2]string{"Callsign", "harbour one"}, look{0xa8c7d8, 0x7a4a30, 0x1c2f4a, 0xd9a441, "cap", true, false}, "dusk"},
		{"mei", "林美玲 Mei", "摄影师，住在海边。Photographer; I post the same sea every morning and it is never the same.", [2]string{"语言", "中文, English"}, look{0xd5dfb9, 0xf0c6a0, 0x1f1a1c, 0xb5473c, "bob", false, false}, "sea"},
		{"lio", "Lio Castellano", "Marinero del transbordador de las seis. Colecciono amaneceres y horarios impresos.", [2]string{"Línea", "Muelle 3, isla, Muelle 3"}, look{0xbfd9d4, 0xc98f66, 0x241a17, 0xc2603f, "short", false, false}, "dusk"},
		{"amara", "Amara Diallo", "Nageuse d’eau froide, boulangère d’eau chaude. Je réponds après le bain.", [2]string{"Eau ce matin", "9 °C"}, look{0xf2c6a8, 0x5a3524, 0x17110f, 0x2f6f8f, "bun", false, false}, "sea"},
	},
	"orchard": {
		{"iris", "Iris Lindqvist", "Forty kinds of apples, one ladder. Ask me about grafting and be prepared to stay.", [2]string{"Season", "September to November"}, look{0xe6d0a2, 0xf3cdb0, 0xc9963f, 0x4d7a43, "bun", false, false}, "hills"},
		{"tomas", "Tomás Quiroga", "Beekeeper and cook. Recipes are suggestions, hives are not. 🐝", [2]string{"Hives", "12"}, look{0xf0ddb0, 0xdba77e, 0x2d211b, 0x7b4b2c, "short", true, false}, "bread"},
		{"yuki", "由紀 Yuki", "木工と山歩き。Carpenter; measures twice, cuts once, planes for the pleasure of it.", [2]string{"Wood", "cherry, cedar"}, look{0xe8d5dd, 0xf1cba8, 0x26201f, 0x3f4a63, "long", false, true}, "joint"},
		{"goran", "Goran Petrović", "Cider, slowly. The press is from 1934 and so are my jokes.", [2]string{"Barrels", "17, one of them a surprise"}, look{0xdfe3b8, 0xf0c6a4, 0x4a4744, 0x6b3f2a, "hat", true, false}, "hills"},
		{"farah", "Farah Nasser", "خطّاطة، وأزرع الرمان. Ink under one nail, soil under the others.", [2]string{"القلم", "قصب"}, look{0xe9cfd0, 0xd9a47c, 0x2f5d57, 0x7a2f3c, "scarf", false, true}, "evening"},
	},
	"meadow": {
		{"noor", "Noor Haddad", "Botanist of small things. If it grows between paving stones, I have drawn it.", [2]string{"Sketchbook", "no. 31"}, look{0xcfe0d6, 0xdca983, 0x7d3f5c, 0x5a2f45, "scarf", false, false}, "moss"},
		{"otto", "Otto Brandt", "Retired surveyor. Walks, maps, and one opinionated donkey.", [2]string{"Donkey", "Klara"}, look{0xc9d3df, 0xf2c9ad, 0xd8b26a, 0x5b6b3c, "hat", true, true}, "evening"},
		{"wen", "文 Wen", "写诗的人。Poems about weather, weather about poems.", [2]string{"Now reading", "王维"}, look{0xdcd3e8, 0xf0c8a2, 0x2b2626, 0x2d5a55, "short", false, true}, "hills"},
		{"ines", "Inês Duarte", "Conto aves e perco a conta. Binoculars older than me.", [2]string{"Hoje", "41 espécies"}, look{0xcfe3c2, 0xe3b58f, 0x53331f, 0x4f6d7a, "bob", false, false}, "evening"},
		{"pavel", "Pavel Horák", "Houby, mapy, ticho. If I do not answer I am under a spruce.", [2]string{"Basket", "wicker, never full"}, look{0xe0d2b4, 0xf0c9ac, 0x8a6a44, 0x44553a, "hat", true, false}, "moss"},
	},
	"lighthouse": {
		{"sefa", "Sefa Amadi", "Keeps a light that keeps itself these days. Long letters welcome.", [2]string{"Range", "21 miles"}, look{0xf1cfa0, 0x6b3f28, 0x17120f, 0x8c2f39, "curly", false, true}, "lighthouse"},
		{"lena", "Lena Novak", "Storms, tides and spreadsheets. Oceanographer on a rock.", [2]string{"Instrument", "a bucket on a rope"}, look{0xbcd8e2, 0xf4d0b5, 0xb0603a, 0x1f4e66, "long", false, false}, "dusk"},
		{"hugo", "Hugo Marchetti", "Plays the accordion where nobody can complain.", [2]string{"Repertoire", "nine waltzes"}, look{0xe9c3b0, 0xe3b48f, 0x6e6a66, 0x3b3b52, "bald", true, false}, "sea"},
		{"astrid", "Astrid Halvorsen", "Radio weather, twice a day. The voice is mine, the rain is not.", [2]string{"On air", "05:40 and 17:40"}, look{0xc6d8e8, 0xf4d2bb, 0xe0c07a, 0x31486b, "long", false, true}, "lighthouse"},
		{"mateo", "Mateo Quispe", "Buzo y relojero: todo a presión. I repair what the sea returns.", [2]string{"Profundidad", "38 m"}, look{0xbfd0c9, 0xb9805a, 0x1d1613, 0xb5602f, "short", true, false}, "sea"},
	},
	"workshop": {
		{"ida", "Ida Sørensen", "Repairs clocks, radios and the occasional argument.", [2]string{"Bench", "always full"}, look{0xd9e2c8, 0xf3cbb0, 0xd9c6a0, 0x7a5230, "bun", false, true}, "wheel"},
		{"raj", "Raj Mehta", "Letterpress printer. Kerning is a moral question.", [2]string{"Press", "1911, runs fine"}, look{0xf3d6b8, 0xa86f48, 0x1d1614, 0x35506b, "short", true, false}, "market"},
		{"kofi", "Kofi Mensah", "Bicycles from scrap. If it rolls, it rides. 🚲", [2]string{"Built so far", "64"}, look{0xf0b98a, 0x5e3823, 0x14100e, 0x2f7a5a, "short", false, false}, "wheel"},
		{"hana", "花 Hana", "金継ぎ師。割れたものに、もう一度の朝を。", [2]string{"漆", "乾くまで二週間"}, look{0xf0dcc4, 0xf2cdaa, 0x231d1c, 0x8c6b2f, "bob", false, false}, "joint"},
		{"bruno", "Bruno Keller", "Tunes pianos and opinions. Flats are a temporary condition.", [2]string{"Fork", "440 Hz"}, look{0xd8cfe4, 0xf0c7a8, 0x77716a, 0x3a3f55, "bald", false, true}, "wheel"},
	},
	"teahouse": {
		{"xia", "夏 Xia", "茶人。Water just off the boil, and no hurry.", [2]string{"水", "山泉"}, look{0xcfdcc0, 0xefc7a3, 0x2a2523, 0x61704a, "bun", false, false}, "tea"},
		{"omar", "Omar Farouk", "Storyteller on Thursdays, accountant the rest of the week.", [2]string{"Stories told", "1,001 (nearly)"}, look{0xe0c7d0, 0xb97d55, 0x241a16, 0x6b2f3f, "bald", true, true}, "market"},
		{"june", "June Park", "Ceramics. Every cup is a draft.", [2]string{"Kiln", "fired on Mondays"}, look{0xd6e4ea, 0xf0c9a6, 0x33221f, 0xc07a4a, "bob", false, true}, "tea"},
		{"leila", "لیلا Leila", "شاعرِ قوری\u200cهای شکسته. I pour, people talk, I write it down kindly.", [2]string{"چای", "با هل"}, look{0xe8d3b4, 0xdba982, 0x3b2420, 0x35604f, "long", false, false}, "tea"},
		{"min", "민 Min", "새벽 시장에서 찻잎을 고릅니다. Up before the birds, asleep before the news.", [2]string{"기상", "04:30"}, look{0xcfdfe6, 0xf2cdac, 0x1f1b1a, 0xa8553f, "short", false, true}, "market"},
	},
}
