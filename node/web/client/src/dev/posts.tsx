import { MomentsCard } from '../ui/MomentsCard';
import { NotificationGroup, DayLine } from '../ui/NotificationGroup';
import { PostCard, type PostCardProps } from '../ui/PostCard';
import { ProfileHeader } from '../ui/ProfileHeader';
import { Button, IconButton } from '../ui/Button';
import { MenuButton } from '../ui/Menu';
import { rows } from './controls';
import * as who from './people';
import { Part } from './parts';

const nothing = () => {};
const { post, pictures } = who;

function Card(props: Omit<PostCardProps, 'onAct' | 'menu'>) {
  return <PostCard {...props} onAct={nothing} menu={() => rows} onOpen={nothing} onMedia={nothing} onVote={nothing} />;
}

const long = 'On the third terrace the wall has come down again. It does this every few winters, when the rain sits behind the stones and the frost pushes. My grandmother used to say a wall that never falls is a wall nobody lives beside. So on Saturday we rebuild it: bring gloves, bring a hat, bring the cousin who says they are busy. There will be soup at noon and a second soup at four. The big stones go at the bottom, the flat ones on top, and the round ones go to the children, who will build something better than a wall. If you have never done this, come anyway; nobody is born knowing which stone goes where, and the wall is patient. We finish when the light goes. Then there is tea, and somebody always has a story about the year the whole slope moved.';

export function Posts() {
  return (
    <>
      <Part name="Post: shared, picture, liked">
        <Card post={post(who.ada, '', { reblog: who.frost })} />
        <Card post={who.kitchen} />
      </Part>
      <Part name="Post: the languages, a long name and address">
        <Card post={post(who.xiaoyu, '夜市亮灯了。奶奶包了一百二十个饺子，还说不够。', { language: 'zh-Hans', favourites_count: 1248, replies_count: 86 })} />
        <Card post={post(who.salma, 'أول صقيع على المدرجات هذا الصباح، والشاي لا يبالي.', { language: 'ar', favourites_count: 3 })} />
        <Card post={post(who.hiro, '港の朝市で買った鯖を、今夜は味噌煮にします。', { language: 'ja' })} />
        <Card post={post(who.kofi, 'Chapter four tonight. Bring the argument you did not finish last week.', { replies_count: 2 })} />
      </Part>
      <Part name="Post: warning, covered, filtered, followers, edited, reply, pinned">
        <Card post={post(who.ben, 'The lamp was the uncle all along.', { spoiler_text: 'Ending of The Lamplighter', favourites_count: 4 })} />
        <Card post={post(who.tomas, 'Knee after the descent. It looks worse than it is.', { sensitive: true, media_attachments: [pictures.rose] })} />
        <Card post={post(who.ben, 'Seven nil.', { filtered: [{ filter: { title: 'football', filter_action: 'warn' } }] })} />
        <Card post={post(who.mira, 'Grandma says yes, but somebody strong must carry the table.', { visibility: 'private', edited_at: who.ago(3), reblogs_count: 0 })} />
        <Card post={post(who.tomas, '<a href="https://hillside.town/@mira" class="mention">@mira</a> I can bring the folding one.', { in_reply_to_id: 'x', in_reply_to_account_id: '8', mentions: [{ id: '8', acct: 'mira', username: 'mira', url: 'https://hillside.town/@mira' }], bookmarked: true, reblogged: true, reblogs_count: 2 })} />
        <Card pinned post={post(who.mei, 'New here? I mend lamps on Thursdays. Ask me about wicks.', { favourites_count: 41 })} />
      </Part>
      <Part name="Post: text over twelve lines, link card, quote, sound">
        <Card post={post(who.mei, long)} />
        <Card post={post(who.ada, 'Good piece on why round houses stay cool. <a href="https://almanac.example/earth-houses">almanac.example/earth-houses</a>', { card: { url: 'https://almanac.example/earth-houses', title: 'The house that breathes: what clay walls know about summer', description: 'Two metres of rammed earth and one gate', provider_name: 'Harbour Almanac', image: pictures.house.preview_url, width: 1200, height: 630 } })} />
        <Card post={post(who.noor, 'This, every winter.', { quote: { state: 'accepted', quoted_status: who.frost } })} />
        <Card post={post(who.noor, 'It was a good thread.', { quote: { state: 'deleted' } })} />
      </Part>
      <Part name="Media: two, three, four and more, film, narrow">
        <Card post={post(who.tomas, 'Up and down.', { media_attachments: [pictures.rose, pictures.sea] })} />
        <Card post={post(who.xiaoyu, 'Market night.', { media_attachments: [pictures.market, pictures.soup, pictures.house] })} />
        <Card post={post(who.mei, 'The week.', { media_attachments: [pictures.frost, pictures.soup, pictures.rose, pictures.house, pictures.sea] })} />
        <Card post={post(who.noor, 'Ferry late, sea early.', { media_attachments: [pictures.film] })} />
      </Part>
      <Part name="Poll: to vote, several, over">
        <Card post={post(who.mira, 'Which soup?', { poll: { id: 'q2', expires_at: new Date(Date.now() + 86_400_000 * 2).toISOString(), expired: false, multiple: false, votes_count: 12, options: [{ title: 'Pumpkin and ginger', votes_count: 7 }, { title: 'Whatever grandma says', votes_count: 5 }] } })} />
        <Card post={post(who.mira, 'It was pumpkin.', { poll: { id: 'q3', expires_at: who.ago(60), expired: true, multiple: true, votes_count: 1, voters_count: 1, voted: false, options: [{ title: 'Pumpkin and ginger', votes_count: 1 }, { title: 'Whatever grandma says', votes_count: 0 }] } })} />
      </Part>
      <Part name="Thread: parent, main, author's reply, pending, failed, gone">
        <Card line="down" post={post(who.ada, 'Cover the south bed tonight.')} />
        <Card as="main" line="up" post={{ ...who.frost, edited_at: who.ago(2) }} />
        <Card as="reply" author post={post(who.ines, 'Done, with straw.')} />
        <Card as="reply" state="pending" post={post(who.mei, 'Bringing more straw.')} />
        <Card as="reply" state="failed" post={post(who.mei, 'And a lamp.')} />
        <Card unread post={post(who.noor, 'Tea?')} />
        <Card state="deleted" post={post(who.noor, '')} />
      </Part>
      <Part name="Moments">
        <MomentsCard onLike={nothing} onComment={nothing} onMedia={nothing} name={(p) => (p.id === '1' ? 'You' : p.display_name)} moment={{
          id: 'a', author: who.xiaoyu, text: '夜市亮灯了。奶奶包了一百二十个饺子，还说不够。', language: 'zh-Hans', media: [pictures.market, pictures.soup, pictures.house], place: 'Old Street, North Gate', at: who.ago(18),
          likes: [who.mei, who.tomas, who.mira, who.ines], liked: true,
          comments: [{ id: '1', author: who.tomas, text: 'Save me twelve. I am on the way' }, { id: '2', author: who.xiaoyu, to: who.tomas, text: '二十个，你骑车饿' }, { id: '3', author: who.mira, text: 'Grandma always says that' }],
        }} />
        <MomentsCard onLike={nothing} onComment={nothing} onMedia={nothing} menu={() => rows} moment={{ id: 'b', author: who.mei, own: true, text: 'Four of the nine lamps are mended.', media: [pictures.frost, pictures.rose, pictures.soup, pictures.house], at: who.ago(200), audience: { of: 'circle', words: 'Close friends (9)' }, likes: [], comments: [] }} />
        <MomentsCard onLike={nothing} onComment={nothing} onMedia={nothing} moment={{ id: 'c', author: who.noor, text: 'Ferry late, sea early.', media: [pictures.sea], at: who.ago(2000), likes: [who.ada], comments: [] }} />
      </Part>
      <Part name="Profile">
        <ProfileHeader who={who.mei} address="@mei@hillside.town" onCopy={nothing} act={<Button kind="filled" small icon="person-add">Add friend</Button>} menu={<><IconButton icon="bell" label="Notify me" size={20} /><MenuButton label="More" rows={() => rows} /></>} ties="Follows you" followersHref="#" followingHref="#" own="Your note: lent her the long ladder in May." />
        <ProfileHeader who={{ ...who.yusuf, bot: true, followers_count: 1 }} remark="Yusuf from the kitchen" address="@yusuf@harbour.example" onCopy={nothing} act={<Button small>Following</Button>} />
      </Part>
      <Part name="Notifications">
        <DayLine>Today</DayLine>
        <NotificationGroup icon="like" kind="love" faces={[who.ada, who.noor, who.tomas]} sentence={<><b>Ada, Noor</b> and 12 others liked your post</>} post={who.frost} at={who.ago(12)} href="#" unread />
        <NotificationGroup icon="mention" kind="accent" faces={[who.mira]} sentence={<><b>Mira</b> mentioned you</>} post={post(who.mira, '@mei do we have a lamp that does not smell of the sea?')} at={who.ago(90)} href="#" />
        <NotificationGroup icon="person-add" kind="accent" faces={[who.kofi]} sentence={<><b>Kofi Mensah-Bonsu of the Riverside Reading Circle</b> follows you</>} at={who.ago(400)} href="#" />
      </Part>
    </>
  );
}
