import { t } from '../../i18n';
import { Failure, post, put } from '../../api/client';
import { own, type MomentFile } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { setCover } from '../../state/moments';
import { me } from '../../state/session';
import { say } from '../../ui/Toast';
import { choose } from './choose';

/** Lets somebody choose the picture above their Moments. */
export async function changeCover(): Promise<void> {
  const [file] = await choose({ accept: 'image/*' });
  if (!file || !me.peek()) return;
  say(t('moments.cover-busy'));
  const form = new FormData();
  form.append('file', file);
  try {
    const { id } = await post<{ id: string }>('/api/v1/media', form);
    setCover(me.peek()!.id, await put<MomentFile>(`${own}/moments/cover`, { media: id }));
    say(t('moments.cover-done'));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(sentence(error.kind));
  }
}
