package demo

import (
	"time"

	"tulou/apps/social"
	"tulou/storage"
)

// line is one thing that somebody says or does. The lines of an act are independent of each other;
// an act begins when everything of the act before has arrived everywhere.
type line struct {
	who string // the name of a character; lines of people who are not here are left out
	// say is a post; {name} becomes the full handle of somebody.
	say        string
	as         string // a word by which later lines name the post
	to         string // the post that is answered
	shows      []picture
	warning    string // content warning
	visibility string // public if empty
	language   string
	boost      string   // instead of say: the post to boost
	like       string   // instead of say: the post to like
	asks       []string // the options of a poll
	votes      string   // instead of say: the poll to vote in
	option     int      // for which of its options
}

// pollLasts is how long people of the village may vote.
const pollLasts = 3 * 24 * time.Hour

// poll is what a line asks, if it does.
func (l line) poll() *social.NewPoll {
	if len(l.asks) == 0 {
		return nil
	}
	return &social.NewPoll{Options: l.asks, Lasts: pollLasts}
}

// script is what has been going on when a visitor comes.
var script = [][]line{
	{
		{who: "ana", as: "keel", language: "en", shows: []picture{{scene: "keel", seed: "keel", words: "A drawing of a boat being built: a dark keel, and eighteen bent ribs that stand on it."}}, say: "The keel is laid. 9 metres of oak, 41 days of looking for the right tree, one afternoon of being terrified of the saw. #boatbuilding"},
		{who: "mei", as: "sea", language: "zh", shows: []picture{{scene: "sea", seed: "sea", words: "一幅画：晴天的海，太阳下一条小帆船。"}}, say: "今天早上的海，安静得像一张没有写过的纸。🌊 #晨光"},
		{who: "ben", as: "fog", language: "en", say: "Fog so thick this morning that I navigated by the smell of {tomas}'s bakery. Which is 30 km inland. I may have imagined it."},
		{who: "iris", as: "apples", language: "en", shows: []picture{{scene: "apples", seed: "apples", words: "A drawing of a wooden crate under the trees, full of red and yellow apples."}}, say: "First crates of Aroma and Ingrid Marie are down from the trees 🍎\n\n- 14 crates picked\n- 3 eaten by volunteers\n- 1 ladder, still **heroic**\n\nCome by on Saturday. #harvest"},
		{who: "tomas", as: "soup", language: "en", warning: "food, and strong opinions about onions", say: "An onion soup that takes less than ninety minutes is a hot drink. There, I said it."},
		{who: "yuki", as: "joint", language: "en", shows: []picture{{scene: "joint", seed: "joint", words: "A drawing of two boards, one of cherry and one of ash, that meet in four dovetails."}}, say: "Cut forty dovetails this week & glued none of them. Notes on why: https://orchard.example/notes?wood=cherry&joint=dovetail #woodworking"},
		{who: "noor", as: "moss", language: "en", shows: []picture{{scene: "moss", seed: "moss", words: "A drawing of an old stone wall; from below, moss and ivy have taken half of it."}}, say: "Eleven species of moss on one wall behind the station. I was late for the train & do not regret it. #botany"},
		{who: "otto", as: "klara", language: "en", say: "Klara the donkey has found the one hole in the new fence. She seems to have been told about it in advance."},
		{who: "wen", as: "rain", language: "zh", say: "雨停在屋檐上，\n像一句还没说完的话。"},
		{who: "sefa", as: "light", language: "en", say: "Cleaned the lens today: 1,004 prisms and one very surprised gull."},
		{who: "lena", as: "tide", language: "en", shows: []picture{{scene: "dusk", seed: "tide", words: "A drawing of the sea at dusk, the sun low over five dark swells."}}, say: "Spring tide tonight, 4.6 m. Move your boats, your chairs and your expectations. #tides"},
		{who: "kofi", as: "bike", language: "en", shows: []picture{{scene: "wheel", seed: "bike", words: "A drawing of a bicycle with a wooden box in front of the handlebar."}}, say: "No. 65 is a cargo bike with the brakes of a tractor. She stops. Oh, she stops. 🚲"},
		{who: "raj", as: "type", language: "en", say: "Found a whole case of 14-point Caslon under the stairs of a closed school. Smells like 1950. #letterpress"},
		{who: "june", as: "cup", language: "en", say: "Kiln opened. Thirty cups, twenty-six survivors, four lessons."},
		{who: "ana", as: "saturday-plan", language: "en", asks: []string{"Launch the dinghy", "Help in the orchard", "Sleep"}, say: "One free Saturday and too many good ideas. You decide. #boatbuilding"},
		{who: "noor", as: "frost", language: "ar", say: "أول صقيع على المدرجات هذا الصباح، والطحلب لا يبالي."},
		{who: "xia", as: "tea", language: "zh", shows: []picture{{scene: "tea", seed: "tea", words: "一幅画：木桌上两只冒着热气的茶杯。"}}, say: "新茶到了。水要慢慢等，人也是。🍵"},
		{who: "lio", as: "six", language: "es", shows: []picture{{scene: "dusk", seed: "six", words: "Un dibujo: el puerto al amanecer y un velero delante del sol."}}, say: "Salida de las seis: once pasajeros, dos bicicletas y un perro con billete propio. #ferry"},
		{who: "ben", as: "ferry", language: "en", say: "The six o'clock #ferry was on time for the eleventh day in a row. Somebody should check whether {lio} is all right."},
		{who: "amara", as: "swim", language: "fr", shows: []picture{{scene: "sea", seed: "swim", words: "Un dessin : la mer au matin, calme, avec une petite voile."}}, say: "Neuf degrés ce matin. On n’entre pas dans l’eau, on lui demande la permission. #marée"},
		{who: "amara", as: "brioche", language: "fr", shows: []picture{{scene: "bread", seed: "brioche", words: "Un dessin : trois pains ronds sur une table farinée."}}, say: "Deuxième fournée, et déjà plus de brioches. Le quai 3 se lève tôt. #kitchen"},
		{who: "goran", as: "press", language: "en", shows: []picture{{scene: "apples", seed: "press", words: "A drawing of crates of small yellow apples beside a cider press."}}, say: "First pressing: 212 litres, cloudy as a politician and much sweeter. #harvest"},
		{who: "farah", as: "pomegranate", language: "ar", shows: []picture{{scene: "evening", seed: "pomegranate", words: "رسم: تلال حمراء عند الغروب، الواحدة خلف الأخرى."}}, say: "نضج الرمان على الجدار الغربي. كتبتُ على كل سلة حرفًا، فصار الحصاد جملة. #harvest"},
		{who: "tomas", as: "honey", language: "es", say: "Receta de hoy: pan de ayer, miel de mañana. Sale mejor de lo que suena. #kitchen"},
		{who: "mei", as: "pier", language: "zh", shows: []picture{{scene: "market", seed: "pier", words: "一幅画：夜市的红灯笼。"}, {scene: "tea", seed: "pier", words: "一幅画：两杯热茶。"}, {scene: "soup", seed: "pier", square: true, words: "一幅画：一碗汤面。"}, {scene: "sea", seed: "pier", words: "一幅画：海上的小帆船。"}}, say: "三号码头的一天，四张照片：灯、茶、面、海。#晨光"},
		{who: "yuki", as: "steam", language: "ja", say: "舟の肋材を蒸すのを手伝う約束をした。木は正直で、湯気は嘘つき。 #boatbuilding"},
		{who: "ines", as: "plover", language: "pt", say: "Um borrelho no mesmo charco, no mesmo dia do ano passado. Um de nós usa calendário. #birds"},
		{who: "pavel", as: "boletus", language: "cs", shows: []picture{{scene: "moss", seed: "boletus", words: "Kresba: stará zeď porostlá mechem."}}, say: "Tři hřiby, jedna žába, nula lidí. Výborný den."},
		{who: "astrid", as: "forecast", language: "no", say: "Værmelding: vind fra vest, så fra øst, så te. #tides"},
		{who: "mateo", as: "watch", language: "es", say: "El mar devolvió un reloj parado a las 4:12. Le di cuerda. Ahora también llega tarde."},
		{who: "hana", as: "gold", language: "ja", shows: []picture{{scene: "joint", seed: "gold", words: "二枚の板が噛み合う継ぎ手の絵。"}}, say: "割れ目に金を置く日。急ぐと線が怒る。 #woodworking"},
		{who: "bruno", as: "piano", language: "de", say: "Ein Klavier von 1911 gestimmt. Es kannte noch alle Lieder und eine Maus."},
		{who: "leila", as: "samovar", language: "fa", say: "سماور جوش آمد و همه ساکت شدند. بهترین خبر امروز همین بود."},
		{who: "min", as: "dawn", language: "ko", shows: []picture{{scene: "tea", seed: "dawn", words: "나무 탁자 위에서 김이 나는 찻잔 두 개의 그림."}}, say: "새벽 시장, 첫물 찻잎 세 봉지. 주인이 하나를 더 얹어 주었다. 🍃"},
	},
	{
		{who: "lio", to: "ferry", language: "es", say: "{ben} Estoy bien. Es el barco el que ha madurado."},
		{who: "amara", to: "keel", language: "fr", say: "{ana} Elle flottera, j’en suis sûre. Je l’ai vue rêver."},
		{who: "goran", to: "apples", language: "en", say: "{iris} Keep me the bruised ones. Nothing is lost on the press."},
		{who: "iris", to: "press", language: "en", say: "{goran} A glass for the ladder, please. It has had a long week."},
		{who: "ana", like: "six"}, {who: "ben", like: "six"}, {who: "mei", like: "six"}, {who: "iris", like: "six"},
		{who: "ben", like: "swim"}, {who: "mei", like: "swim"},
		{who: "mei", like: "brioche"}, {who: "lio", like: "brioche"}, {who: "tomas", like: "brioche"},
		{who: "iris", like: "press"}, {who: "tomas", like: "press"}, {who: "yuki", like: "press"},
		{who: "iris", like: "pomegranate"}, {who: "tomas", like: "pomegranate"}, {who: "mei", like: "pomegranate"},
		{who: "ben", like: "pier"}, {who: "lio", like: "pier"}, {who: "amara", like: "pier"}, {who: "iris", like: "pier"},
		{who: "amara", like: "keel"}, {who: "lio", like: "keel"}, {who: "goran", like: "apples"}, {who: "farah", like: "apples"},
		{who: "farah", like: "joint"}, {who: "goran", like: "soup"}, {who: "amara", like: "ferry"},
		{who: "mei", boost: "six"}, {who: "ben", boost: "brioche"}, {who: "iris", boost: "pomegranate"}, {who: "tomas", boost: "press"},
		{who: "yuki", as: "oak", to: "keel", language: "en", say: "{ana} Quarter-sawn? If you have offcuts longer than a metre I will trade them for a blanket chest."},
		{who: "iris", to: "fog", language: "en", say: "{ben} That was real. The wind was from the east and the ovens were on at four. 😄"},
		{who: "ana", as: "saturday", to: "apples", language: "en", say: "{iris} We are coming, all of Pier 3. Can we pay in rope?"},
		{who: "mei", to: "soup", language: "en", say: "{tomas} 同意！And the onions should be crying, not the cook."},
		{who: "ben", as: "plans", visibility: storage.VisibilityDirect, language: "en", say: "{iris} Between us: it is {ana}'s birthday on Saturday. Could one crate be a cake?"},
		{who: "mei", visibility: storage.VisibilityPrivate, language: "zh", say: "给关注我的人：周末的照片还没修完，先放一句话在这里。"},
		{who: "otto", to: "apples", language: "en", say: "{iris} Klara will come for the fallen ones. Officially she is not invited."},
		{who: "kofi", to: "keel", language: "en", say: "{ana} If she ever needs wheels, you know where I am."},
		{who: "lena", to: "sea", language: "en", say: "{mei} Same sea here, 20 km west, wind 2. I measured it; you saw it."},
		{who: "iris", votes: "saturday-plan", option: 1},
		{who: "ben", votes: "saturday-plan", option: 0},
		{who: "tomas", votes: "saturday-plan", option: 1},
		{who: "mei", votes: "saturday-plan", option: 2},
		{who: "noor", votes: "saturday-plan", option: 1},
		{who: "iris", as: "crate", visibility: storage.VisibilityDirect, language: "en", say: "{ana} Which size of rope do you need for the swing? I have 12 mm and a lot of opinions."},
		{who: "iris", boost: "keel"},
		{who: "tomas", boost: "sea"},
		{who: "ben", boost: "apples"},
		{who: "ana", boost: "joint"},
		{who: "iris", like: "sea"},
		{who: "tomas", like: "keel"},
		{who: "yuki", like: "keel"},
		{who: "ana", like: "apples"},
		{who: "mei", like: "joint"},
		{who: "ben", like: "soup"},
		{who: "noor", like: "keel"},
		{who: "wen", like: "sea"},
		{who: "sefa", like: "fog"},
		{who: "june", like: "sea"},
		{who: "ana", like: "moss"},
		{who: "iris", boost: "rain"},
	},
	{
		{who: "ana", to: "oak", language: "en", say: "{yuki} Quarter-sawn, air-dried for six winters. The offcuts are yours; so is the first sail. ⛵"},
		{who: "ana", to: "crate", visibility: storage.VisibilityDirect, language: "en", say: "{iris} The 12 mm, please. The opinions I will collect on Saturday."},
		{who: "iris", to: "saturday", language: "en", say: "{ana} Rope is legal tender here."},
		{who: "iris", to: "plans", visibility: storage.VisibilityDirect, language: "en", say: "{ben} One crate is already a cake. {tomas} has opinions about the icing, so act surprised."},
		{who: "tomas", like: "oak"},
		{who: "mei", like: "saturday"},
	},
	{ // what is newest when a visitor comes
		{who: "ana", as: "locked", language: "en", shows: []picture{{scene: "dusk", seed: "locked", words: "A drawing of the harbour at dusk, a sail before the low sun."}}, say: "Locked the shed at nine and the harbour was still awake. Eighteen ribs, no splinters, one moon."},
		{who: "tomas", as: "tomorrow", language: "es", shows: []picture{{scene: "bread", seed: "tomorrow", words: "Un dibujo: tres hogazas sobre una mesa con harina."}}, say: "Pan de mañana, hecho hoy. El de hoy lo hicimos ayer. Vivimos en el futuro y huele bien. #kitchen"},
	},
}
