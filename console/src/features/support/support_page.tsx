// Whom to ask, and what to send along.
import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { me, support } from '../../api/queries';
import type { Me, Support } from '../../api/shapes';
import { copyText } from '../../components/copy_line';
import { PageHead, Read } from '../../components/page_state';

export function SupportPage() {
  const { t } = useTranslation();
  const query = useQuery(support);
  const person = useQuery(me).data;
  return (
    <>
      <PageHead title={t('nav.support')} text={t('support.text')} />
      <Read query={query}>
        {(found) => (
          <div className="two">
            <Contact of={found} />
            {person && <Report of={found} person={person} />}
          </div>
        )}
      </Read>
    </>
  );
}

function Contact({ of }: { of: Support }) {
  const { t } = useTranslation();
  const any = of.name || of.email || of.phone || of.url || of.text;
  return (
    <section className="card" aria-labelledby="contact">
      <h2 id="contact">{t('support.contact')}</h2>
      <Stack gap="xs">
        {!any && <Text size="sm">{t('support.nobody')}</Text>}
        {of.name && <Text fw={600}>{of.name}</Text>}
        {of.email && <Anchor href={`mailto:${of.email}`}>{of.email}</Anchor>}
        {of.phone && <Anchor href={`tel:${of.phone.replace(/[^+\d]/g, '')}`}>{of.phone}</Anchor>}
        {of.url && (
          <Anchor href={of.url} rel="noreferrer" target="_blank">
            {of.url}
          </Anchor>
        )}
        {of.text && (
          <Text size="sm" style={{ whiteSpace: 'pre-line' }}>
            {of.text}
          </Text>
        )}
      </Stack>
    </section>
  );
}

/** What the browser knows beside: no address, no name. */
function told(of: Support, person: Me) {
  const own = [
    ['Roles', person.roles.join(', ') || '-'],
    ['Modules', person.modules.join(', ') || '-'],
    ['Browser', navigator.userAgent],
    ['Window', `${window.innerWidth} x ${window.innerHeight}`],
  ];
  const facts = [...of.report.map((fact) => [fact.name, fact.value]), ...own];
  return facts.map(([name, value]) => `${name}: ${value}`).join('\n');
}

function Report({ of, person }: { of: Support; person: Me }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  const text = told(of, person);
  return (
    <section className="card" aria-labelledby="report">
      <h2 id="report">{t('support.report')}</h2>
      <Stack>
        <Text size="sm">{t('support.report_text')}</Text>
        <pre className="code" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 }}>
          {text}
        </pre>
        <Group>
          <Button
            variant="default"
            leftSection={done ? <IconCheck size={16} /> : <IconCopy size={16} />}
            onClick={() => void copyText(text).then(() => setDone(true))}
          >
            {t(done ? 'copy.done' : 'support.copy')}
          </Button>
        </Group>
      </Stack>
    </section>
  );
}
