import { useId, useState } from 'preact/hooks';
import { t } from '../i18n';
import { percent, span } from './format';
import { Button } from './Button';
import { Icon } from './Icon';
import type { PollView } from './types';

/** A question with answers to choose from; after voting, or when it is over, how many chose what. */
export function Poll({ poll, onVote, busy }: { poll: PollView; onVote: (choices: number[]) => void; busy?: boolean }) {
  const [peek, setPeek] = useState(false);
  const [picked, setPicked] = useState<number[]>([]);
  const id = useId();
  const done = poll.expired || !!poll.voted;
  if (done || peek) return <Results poll={poll} onBack={done ? undefined : () => setPeek(false)} />;
  const pick = (i: number, on: boolean) => setPicked(poll.multiple ? (on ? [...picked, i] : picked.filter((p) => p !== i)) : [i]);
  return (
    <form class="poll" onSubmit={(e) => { e.preventDefault(); if (picked.length) onVote(picked); }}>
      <fieldset>
        <legend class="hear">{poll.multiple ? t('poll.choose-some') : t('poll.choose-one')}</legend>
        {poll.options.map((o, i) => (
          <label key={i} class="poll-row poll-pick">
            <input type={poll.multiple ? 'checkbox' : 'radio'} class="tick" name={id} checked={picked.includes(i)} onChange={(e) => pick(i, e.currentTarget.checked)} />
            <span dir="auto">{o.title}</span>
          </label>
        ))}
      </fieldset>
      <div class="poll-foot">
        <Button kind="soft" small type="submit" disabled={!picked.length} busy={busy}>{t('poll.vote')}</Button>
        <button type="button" class="link reach" onClick={() => setPeek(true)}>{t('poll.results')}</button>
        <Left poll={poll} />
      </div>
    </form>
  );
}

function Results({ poll, onBack }: { poll: PollView; onBack?: () => void }) {
  const all = poll.voters_count ?? poll.votes_count;
  const most = Math.max(1, ...poll.options.map((o) => o.votes_count ?? 0));
  return (
    <div class="poll">
      <ul>
        {poll.options.map((o, i) => {
          const part = all > 0 ? (o.votes_count ?? 0) / all : 0;
          const own = poll.own_votes?.includes(i);
          return (
            <li key={i} class={`poll-row${(o.votes_count ?? 0) === most ? ' poll-lead' : ''}${own ? ' poll-own' : ''}`}>
              <span class="poll-bar" style={{ inlineSize: `${part * 100}%` }} />
              <span class="poll-words" dir="auto">{o.title}{own && <Icon name="check" size={16} />}{own && <span class="hear">{t('poll.own')}</span>}</span>
              <span class="poll-part num">{o.votes_count === null ? '' : percent(part)}</span>
            </li>
          );
        })}
      </ul>
      <div class="poll-foot">
        {onBack && <button type="button" class="link reach" onClick={onBack}>{t('poll.back')}</button>}
        <Left poll={poll} />
      </div>
    </div>
  );
}

function Left({ poll }: { poll: PollView }) {
  const votes = t('poll.votes', { count: poll.voters_count ?? poll.votes_count });
  const end = poll.expires_at ? Date.parse(poll.expires_at) : 0;
  const left = poll.expired ? t('poll.over') : end ? t('poll.left', { time: span(end - Date.now()) }) : '';
  return <span class="poll-left">{votes}{left && <> · {left}</>}</span>;
}
