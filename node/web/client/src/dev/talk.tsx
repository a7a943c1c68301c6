import { Button } from '../ui/Button';
import { Bubble, NewLine, SystemLine } from '../ui/Bubble';
import { LetterIndex } from '../ui/LetterIndex';
import { MediaGrid } from '../ui/MediaGrid';
import { QrCard } from '../ui/QrCard';
import { ChatRow, ContactRow, RequestRow } from '../ui/Rows';
import { rows } from './controls';
import * as who from './people';
import { Part } from './parts';

const nothing = () => {};
const { ago } = who;

export function Talk() {
  const four = [who.xiaoyu, who.mira, who.ben, who.tomas];
  return (
    <>
      <Part name="Chat rows: current, unread, draft, muted, plain message, mention">
        <ChatRow href="#" group faces={four} name="Night market, Saturday" at={ago(3)} sender="Tomás" preview="I can bring the folding table if somebody strong" pinned current />
        <ChatRow href="#" faces={[who.xiaoyu]} name="家里人" at={ago(15)} sender="妈妈" lang="zh-Hans" preview="汤在锅里，回来热一下再喝，别忘了关火" unread={2} pinned />
        <ChatRow href="#" faces={[who.noor]} name="Noor Haddad" at={ago(60)} previewIcon="ticks" preview="Voice message, 0:24" />
        <ChatRow href="#" group faces={[who.ines, who.ada, who.noor, who.noodles]} name="Hillside allotments" at={ago(90)} sender="Ines" preview="seedlings are on the bench" muted unread={14} />
        <ChatRow href="#" faces={[who.noodles]} name="Old Street Noodles" at={ago(200)} preview="Your table for four is kept until 19:30" mentioned unread={1} />
        <ChatRow href="#" faces={[who.ada]} name="Ada Okafor" at={ago(260)} preview="" draft="I read the first two chapters and" />
        <ChatRow href="#" faces={[who.yusuf]} name="Yusuf Demir" at={ago(1700)} previewIcon="check" preview="thanks, see you on the 28th" open />
        <ChatRow href="#" faces={[who.kofi]} name={who.kofi.display_name} at={ago(5000)} preview="Missed call" previewIcon="phone" />
      </Part>
      <Part name="Bubbles: group, reply, reactions, states" chat>
        <SystemLine>Today</SystemLine>
        <Bubble from={who.xiaoyu} group first last at={ago(130)} media={<MediaGrid small media={[who.pictures.market]} onOpen={nothing} />} />
        <Bubble from={who.mei} own first last at={ago(128)} sent="read" reactions={[{ emoji: '❤️', count: 3, own: true, label: 'Heart, 3, yours' }, { emoji: '🏮', count: 2, label: 'Lantern, 2' }]} menu={() => rows} onReply={nothing}>The lights are back! Whoever hung them, thank you</Bubble>
        <Bubble from={who.mira} group first at={ago(120)} reply={{ from: who.xiaoyu, text: '还差一张桌子，谁有？', onJump: nothing }}>Grandma says yes, but somebody strong must carry it</Bubble>
        <Bubble from={who.mira} group at={ago(119)}>And bring it back</Bubble>
        <Bubble from={who.mira} group last at={ago(118)} edited menu={() => rows} onReply={nothing}>Clean</Bubble>
        <NewLine label="New" />
        <Bubble from={who.tomas} group first last at={ago(60)}>I can bring the folding table</Bubble>
        <Bubble from={who.salma} group first last at={ago(58)} lang="ar">سأحضر الشاي والأكواب، من يحضر السكر؟</Bubble>
        <Bubble from={who.mei} own first at={ago(30)} sent="delivered">On my way</Bubble>
        <Bubble from={who.mei} own at={ago(30)} sent="sent">Two minutes</Bubble>
        <Bubble from={who.mei} own at={ago(29)} sent="sending" reply={{ from: who.tomas, text: 'I can bring the folding table', onJump: nothing }}>That one has a short leg, put the book under it as we did last year</Bubble>
        <Bubble from={who.mei} own last at={ago(29)} sent="failed">Where are you all?</Bubble>
        <Bubble from={who.mei} own first last at={ago(28)} sent="read" plain="🏮🥟">🏮🥟</Bubble>
        <SystemLine>Mei took back a message</SystemLine>
      </Part>
      <Part name="Contact rows, letter index">
        <ContactRow who={who.ada} href="#" online /><ContactRow who={who.ben} remark="Ben from the ferry" href="#" current /><ContactRow who={who.ines} href="#" /><ContactRow who={who.kofi} href="#" end={<Button small>Follow</Button>} /><ContactRow who={who.noodles} href="#" note="Shop on hillside.town" /><ContactRow who={who.salma} href="#" />
        <LetterIndex letters={[...'ABCDEFGHIJKLMN#']} at="B" onJump={nothing} />
      </Part>
      <Part name="Requests">
        <RequestRow who={who.hiro} href="#" greeting="We met at the lamp stall; I am the one who broke the blue one. Sorry again." from="From your code, 2 friends in common" onAccept={nothing} onLater={nothing} />
        <RequestRow who={who.salma} href="#" onAccept={nothing} onLater={nothing} busy />
        <RequestRow who={who.ada} href="#" onAccept={nothing} onLater={nothing} done="You are friends now" />
      </Part>
      <Part name="QR card" pad><QrCard who={who.mei} address="@mei@hillside.town" link="https://hillside.town/add/7f3k2m9qpx4tz8wd" label="Code that adds Mei Lin as a friend" note="Works for 10 minutes" acts={<><Button small icon="upload">Share</Button><Button small icon="download">Save</Button></>} /></Part>
    </>
  );
}
