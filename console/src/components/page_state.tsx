// The states every page has: loading, empty, error with a way on.
import { Alert, Button, Code, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertCircle, IconRefresh } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api/client';
import { fieldText } from './form_errors';

export function ProblemAlert({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const problem = error instanceof Problem ? error : null;
  const known = problem ? t(`problem.${problem.code}`, { defaultValue: problem.title }) : String(error);
  return (
    <Alert
      color="red"
      variant="light"
      radius="lg"
      icon={<IconAlertCircle aria-hidden />}
      title={known}
      role="alert"
    >
      <Stack gap={6}>
        {problem?.detail && problem.errors.length === 0 && <Text size="sm">{problem.detail}</Text>}
        {problem?.errors.map((one) => (
          <Text size="sm" key={`${one.pointer}${one.code}`} style={{ overflowWrap: 'anywhere' }}>
            <Code style={{ whiteSpace: 'normal' }}>{one.pointer || '/'}</Code> {fieldText(one)}
          </Text>
        ))}
        {problem?.requestId && (
          <Text size="xs" c="dimmed">
            {t('state.request_id')} <span className="mono">{problem.requestId}</span>
          </Text>
        )}
        {retry && (
          <Group>
            <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={retry}>
              {t('state.retry')}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

export function Empty({
  icon,
  title,
  text,
  action,
}: {
  icon?: ReactNode;
  title: string;
  text?: string;
  action?: ReactNode;
}) {
  return (
    <div className="empty">
      {icon && <div className="ring">{icon}</div>}
      <p className="title">{title}</p>
      {text && (
        <Text size="sm" maw={460}>
          {text}
        </Text>
      )}
      {action}
    </div>
  );
}

export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" aria-busy="true" role="status" aria-label={t('state.loading')}>
      {Array.from({ length: rows }, (_, i) => (
        // placeholders have no identity
        <Skeleton key={i} height={i === 0 ? 34 : 26} radius="md" style={{ opacity: 1 - i / (rows + 2) }} />
      ))}
    </Stack>
  );
}

/** Shows a read in each of its states; an old answer stays visible above a failed refresh. */
export function Read<T>({
  query,
  children,
  rows,
}: {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
  rows?: number;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  return <Loading rows={rows} />;
}

export function PageHead({
  title,
  text,
  children,
}: {
  title: ReactNode;
  text?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="pagehead">
      <div style={{ minWidth: 0 }}>
        <Text component="h1" fz="1.5rem" fw={660} lh={1.25} m={0}>
          {title}
        </Text>
        {text && (
          <Text size="sm" c="dimmed" mt={3} component="div">
            {text}
          </Text>
        )}
      </div>
      {children && <Group gap="xs">{children}</Group>}
    </div>
  );
}
