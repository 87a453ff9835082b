// The one place that decides whether a page is shown: by what its route says that it needs. Nothing of a page
// that one may not see is drawn or asked for.
import { IconLock, IconPuzzle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMatches } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { me } from '../../api/queries';
import type { HeldBack } from '../../api/shapes';
import { AddOnText } from '../../components/add_on';
import { answer } from './places';

/** `at`: the site that the page is about, where only the page itself knows it. */
export function Guarded({ at, children }: { at?: string | null; children: ReactNode }) {
  const who = useQuery(me).data;
  const matches = useMatches();
  if (!who) return null;
  for (const { staticData, params } of matches) {
    const need = staticData.need;
    if (!need) continue;
    const site = need.site ? (params as Record<string, string>)[need.site] : at;
    const told = answer(who, need, site);
    if (!told.may) return told.held ? <NeedsAddOn held={told.held} /> : <NotYours />;
  }
  return children;
}

function NotYours() {
  const { t } = useTranslation();
  return (
    <div className="empty" data-testid="not-yours">
      <div className="ring">
        <IconLock size={24} aria-hidden />
      </div>
      <h1 className="title">{t('refused.title')}</h1>
      <p>{t('refused.text')}</p>
    </div>
  );
}

function NeedsAddOn({ held }: { held: HeldBack }) {
  const { t } = useTranslation();
  return (
    <div className="empty" data-testid="needs-add-on">
      <div className="ring">
        <IconPuzzle size={24} aria-hidden />
      </div>
      <h1 className="title">{t('add_on.title')}</h1>
      <AddOnText held={held} />
    </div>
  );
}
