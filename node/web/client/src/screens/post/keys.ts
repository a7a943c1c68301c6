import { useKeys } from '../../app/keys';
import { go } from '../../app/router';
import { write } from '../../app/write';
import { toggle, type ToggleKind } from '../../state/actions';
import { postOf } from '../../state/posts';

/** The post that has the focus, if it or something in it has. */
function focused(): HTMLElement | undefined {
  return document.activeElement?.closest<HTMLElement>('.post[data-id]') ?? undefined;
}

function withPost(run: (id: string, card: HTMLElement) => void): () => void {
  return () => {
    const card = focused();
    const status = card && postOf(card.dataset.id!)?.peek();
    if (card && status) run((status.reblog ?? status).id, card);
  };
}

const act = (kind: ToggleKind) => withPost((id) => toggle(kind, id));

/** The keys that work on the post that has the focus. */
export function usePostKeys(): void {
  useKeys(() => [
    { keys: 'r', label: 'keys.reply', run: withPost((id) => write({ reply: id })) },
    { keys: 'l', label: 'keys.like', run: act('like') },
    { keys: 's', label: 'keys.share', run: withPost((id, card) => card.querySelector<HTMLButtonElement>('.act-share:disabled') ? undefined : toggle('share', id)) },
    { keys: 'q', label: 'keys.quote', run: withPost((id) => { const may = postOf(id)?.peek().quote_approval?.current_user; if (may === 'automatic' || may === 'manual') write({ quote: id }); }) },
    { keys: 'b', label: 'keys.bookmark', run: act('bookmark') },
    { keys: 'o', label: 'keys.media', run: withPost((_, card) => card.querySelector<HTMLElement>('.tile-open')?.click()) },
    { keys: 'x', label: 'keys.cover', run: withPost((_, card) => card.querySelector<HTMLElement>('[data-cover]')?.click()) },
    { keys: 'p', label: 'keys.person', run: withPost((id) => { const who = postOf(id)?.peek().account; if (who) go('/@' + who.acct); }) },
  ], []);
}
