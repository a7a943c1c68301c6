import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { go } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { ask, openSheet } from '../../app/sheets';
import { circles, dropCircle, friends, heard, inCircle, openFriends, renameCircle } from '../../state/friends';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { MenuButton } from '../../ui/Menu';
import { Skeleton } from '../../ui/Skeleton';
import { href } from '../../app/router';
import { ContactRow } from '../../ui/Rows';
import { say } from '../../ui/Toast';
import { byLetter } from '../contacts/letters';
import { called } from '../contacts/Contacts';
import { MembersSheet } from './MembersSheet';
import { NameSheet } from './NameSheet';

/** One circle: who is in it. */
export default function CircleScreen({ params }: ScreenProps) {
  const id = params.id!;
  const [gone, setGone] = useState(false);
  useEffect(() => void openFriends(), []);
  const circle = circles.value.find((c) => c.id === id);
  if (!circle) {
    return <Screen title={t('friends.circles')}>{heard.value && !gone ? <Empty>{t('failure.gone')}</Empty> : <Skeleton of="contact" label={t('shell.loading')} />}</Screen>;
  }
  const members = friends.value.filter((f) => f.circles.includes(id));
  const choose = () => openSheet(MembersSheet, { id });
  const rename = () => openSheet(NameSheet, { title: t('circle.rename'), act: t('friend.save'), name: circle.name, save: (name: string) => said(renameCircle(id, name)) });
  const remove = () => ask({ title: t('circle.delete-title', { name: circle.name }), text: t('circle.delete-text'), act: t('circle.delete'), danger: true }, async () => {
    setGone(true);
    const wrong = await said(dropCircle(id));
    if (wrong) {
      setGone(false);
      say(wrong);
    } else go('/circles');
  });
  return (
    <Screen title={circle.name} remember actions={(
      <>
        <IconButton icon="person-add" label={t('circle.choose')} onClick={choose} />
        <MenuButton label={t('post.more')} rows={() => [{ label: t('circle.rename'), icon: 'compose', onPick: rename }, 'gap', { label: t('circle.delete'), icon: 'trash', danger: true, onPick: remove }]} />
      </>
    )}>
      {!members.length && <Empty act={<Button kind="filled" icon="person-add" onClick={choose}>{t('circle.choose')}</Button>}>{t('friends.circle-empty')}</Empty>}
      {byLetter(members, called).flatMap((s) => s.items).map((f) => (
        <ContactRow key={f.account.id} who={f.account} remark={f.remark || undefined} href={href('/friends/' + f.account.id)}
          end={<IconButton icon="close" size={20} label={t('circle.take-out', { name: called(f) })} onClick={() => inCircle(f, id, false)} />} />
      ))}
    </Screen>
  );
}

/** What went wrong in words, or nothing. */
async function said(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return '';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return sentence(error.kind);
  }
}
