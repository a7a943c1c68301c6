import { useState } from 'preact/hooks';
import { Attachments } from '../ui/Attachments';
import { IconButton } from '../ui/Button';
import { Composer } from '../ui/Composer';
import { PollEditor, type PollDraft } from '../ui/PollEditor';
import * as who from './people';
import { Part } from './parts';

const nothing = () => {};

function Tools() {
  return <><IconButton icon="picture" label="Pictures" /><IconButton icon="poll" label="Poll" /><IconButton icon="warning" label="Warning" /><IconButton icon="globe" label="Language" /><IconButton icon="clock" label="Later" /></>;
}

export function Writing() {
  const [text, setText] = useState('Four of the nine lamps are mended. The fifth has opinions.');
  const [poll, setPoll] = useState<PollDraft>({ options: ['Thursday', 'Friday', ''], multiple: false, seconds: 86_400 });
  const shared = { who: who.mei, onAudience: nothing, onText: setText, hint: 'What is on your mind?', onSubmit: nothing, tools: <Tools /> };
  return (
    <>
      <Part name="Composer: empty" pad><div style={{ inlineSize: '100%' }}><Composer {...shared} audience="public" text="" left={500} act="Post" ready={false} foot="Everyone can see this, on hillside.town and beyond." /></div></Part>
      <Part name="Composer: friends, pictures, counter" pad>
        <div style={{ inlineSize: '100%' }}>
          <Composer {...shared} audience="friends" audienceLabel="Friends (86)" text={text} left={42} act="Share" ready foot="86 friends on 12 servers get this. Their servers can read it.">
            <Attachments onDescribe={nothing} onRemove={nothing} onMove={nothing} onRetry={nothing} items={[
              { id: 'a', kind: 'image', preview: who.pictures.market.preview_url!, description: 'Lanterns' }, { id: 'b', kind: 'image', preview: who.pictures.soup.preview_url!, description: '' },
              { id: 'c', kind: 'image', preview: who.pictures.house.preview_url!, description: '', progress: 0.4 }, { id: 'd', kind: 'image', preview: who.pictures.rose.preview_url!, description: '', failed: 'Too large.' }]} />
          </Composer>
        </div>
      </Part>
      <Part name="Composer: warning, poll, too long, busy" pad>
        <div style={{ inlineSize: '100%' }}>
          <Composer {...shared} audience="private" audienceLabel="Followers (214)" text="Which night?" warning="Soup" left={-12} act="Post" ready busy>
            <PollEditor poll={poll} most={4} onChange={setPoll} onRemove={nothing} />
          </Composer>
        </div>
      </Part>
    </>
  );
}
