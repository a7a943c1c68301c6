import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { href } from '../../app/router';
import { textOf } from '../../api/html';
import { calls } from '../../state/friends';
import { cover, openCover } from '../../state/moments';
import { Avatar } from '../../ui/Avatar';
import { Blurhash } from '../../ui/Blurhash';
import { changeCover } from './changeCover';

/** The picture above somebody's Moments, with their name and face, and their words under it. */
export function Cover({ of, own, children }: { of: Account; own?: boolean; children?: ComponentChildren }) {
  const file = cover(of.id).value;
  const [broken, setBroken] = useState('');
  useEffect(() => void openCover(of.id), [of.id]);
  const picture = file?.url && file.url !== broken ? file : undefined;
  const words = textOf(of.note).split('\n')[0]!;
  const face = <><span class="cover-name one"><bdi>{own ? of.display_name || of.username : calls(of)}</bdi></span><Avatar who={of} size={76} eager /></>;
  return (
    <div class="cover-head">
      <div class="cover">
        {file?.blurhash && <Blurhash hash={file.blurhash} />}
        {picture ? <img src={picture.url} alt={picture.description} onError={() => setBroken(picture.url)} /> : file !== undefined && <Ridges />}
        {own && file === null && <button type="button" class="cover-choose" onClick={() => void changeCover()}>{t('moments.cover-choose')}</button>}
      </div>
      <a class="cover-who" href={href(own ? '/moments/of/' + of.id : '/friends/' + of.id)} title={own ? t('moments.own') : undefined}>{face}</a>
      {children}
      <p class="cover-words one"><bdi>{words}</bdi></p>
    </div>
  );
}

/** Hills in the colours of the house, where nobody chose a picture. */
function Ridges() {
  return (
    <svg class="cover-ridges" viewBox="0 0 390 264" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
      <circle cx="92" cy="86" r="22" /><path d="M0 150l44-38 40 30 52-46 46 40 44-30 58 48 44-36 62 44v102H0z" /><path d="M0 190l60-44 56 38 66-52 60 46 52-34 96 56v64H0z" /><path d="M0 232l78-50 74 42 86-48 70 40 82-30v78H0z" />
    </svg>
  );
}
