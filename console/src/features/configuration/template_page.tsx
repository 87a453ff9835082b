// One template: which stations it is for, what they should be set to, and what that would change.
import {
  Button,
  Group,
  NumberInput,
  Select,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
  VisuallyHidden,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { stations } from '../../api/queries';
import { useCan } from '../../components/can';
import { ask } from '../../components/confirm';
import { Loading, PageHead, ProblemAlert } from '../../components/page_state';
import { affected, change, type Template, template } from './reads';

type Line = {
  key: number;
  component: string;
  variable: string;
  value: string;
  reaction: 'alert' | 'revert';
  rest: object;
};

const linesOf = (says: Template['says'] | undefined): Line[] =>
  (says?.values ?? []).map((one, key) => {
    const { component, variable, ...rest } = one.name;
    const reaction = one.reaction === 'alert' ? 'alert' : 'revert';
    return { key, component: component ?? '', variable, value: one.value, reaction, rest };
  });

export function TemplatePage() {
  const { id } = useParams({ from: '/shell/templates/$id' });
  const query = useQuery({ ...template(id), enabled: id !== 'new' });
  if (id === 'new') return <Editor key="new" />;
  if (query.isError) return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading rows={8} />;
  return <Editor key={`${query.data.id} ${query.data.version}`} known={query.data} />;
}

function Editor({ known }: { known?: Template }) {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const navigate = useNavigate();
  const says = known?.says;
  const [name, setName] = useState(says?.name ?? '');
  const [fit, setFit] = useState({
    vendor: says?.vendor ?? '',
    model: says?.model ?? '',
    firmware_from: says?.firmware_from ?? '',
    firmware_to: says?.firmware_to ?? '',
  });
  const [automatic, setAutomatic] = useState(says?.automatic ?? false);
  const [priority, setPriority] = useState<number>(says?.priority ?? 0);
  const [restart, setRestart] = useState(says?.reset_when_idle ?? false);
  const [lines, setLines] = useState<Line[]>(linesOf(says));
  const [from, setFrom] = useState<string | null>(null);
  const places = useInfiniteQuery(stations({}));
  const may = can('stations.configure.batch');
  const nothing = (text: string) => text.trim() || null;
  const body = () => ({
    name,
    fit: {
      vendor: nothing(fit.vendor),
      model: nothing(fit.model),
      firmware_from: nothing(fit.firmware_from),
      firmware_to: nothing(fit.firmware_to),
    },
    automatic,
    priority,
    reset_when_idle: restart,
    values: lines.map((line) => ({
      name: { ...line.rest, component: nothing(line.component), variable: line.variable.trim() },
      value: line.value,
      reaction: line.reaction,
    })),
  });
  const save = useMutation({
    mutationFn: () =>
      known
        ? change<Template>(`/setting_templates/${known.id}`, body(), `"${known.version}"`)
        : post<Template>('/setting_templates', { ...body(), ...(from ? { from_station_id: from } : {}) }),
    onSuccess: (made) => {
      client.setQueryData(['setting_templates', made.id], made);
      void client.invalidateQueries({ queryKey: ['setting_templates'], exact: true });
      notifications.show({
        message: t('form.saved'),
        color: 'volt',
        closeButtonProps: { 'aria-label': t('form.close') },
      });
      if (!known) void navigate({ to: '/templates/$id', params: { id: made.id }, replace: true });
    },
  });
  const preview = useMutation({ mutationFn: () => affected(known?.id ?? null, body()) });
  const drop = useMutation({
    mutationFn: () => remove(`/setting_templates/${known?.id}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['setting_templates'] });
      void navigate({ to: '/templates' });
    },
  });
  const edit = (key: number, part: Partial<Line>) =>
    setLines((all) => all.map((line) => (line.key === key ? { ...line, ...part } : line)));
  const failed = save.error ?? preview.error ?? drop.error;
  const choices = places.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <PageHead
        title={known ? known.says.name : t('templates.add')}
        text={known ? t('templates.version_by', { n: known.version, name: known.edited_by }) : undefined}
      >
        {may && known && (
          <Button
            color="red"
            variant="light"
            leftSection={<IconTrash size={15} />}
            onClick={() =>
              ask({
                title: t('templates.remove'),
                text: t('templates.remove_text'),
                yes: t('templates.remove'),
                red: true,
                onYes: () => drop.mutate(),
              })
            }
          >
            {t('templates.remove')}
          </Button>
        )}
      </PageHead>
      {failed && <ProblemAlert error={failed} />}
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <fieldset disabled={!may} style={{ border: 0, padding: 0, margin: 0 }}>
          <Stack>
            <TextInput
              label={t('templates.name')}
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Group grow align="flex-start">
              {(['vendor', 'model', 'firmware_from', 'firmware_to'] as const).map((part) => (
                <TextInput
                  key={part}
                  label={t(`templates.${part}`)}
                  placeholder={t('templates.all')}
                  value={fit[part]}
                  onChange={(event) => setFit({ ...fit, [part]: event.currentTarget.value })}
                />
              ))}
            </Group>
            <Group align="flex-end">
              <Switch
                label={t('templates.automatic')}
                checked={automatic}
                onChange={(event) => setAutomatic(event.currentTarget.checked)}
              />
              <Switch
                label={t('configuration.may_restart')}
                checked={restart}
                onChange={(event) => setRestart(event.currentTarget.checked)}
              />
              <NumberInput
                label={t('templates.priority')}
                w={120}
                min={-1000}
                max={1000}
                allowDecimal={false}
                hideControls
                value={priority}
                onChange={(value) => setPriority(Number(value) || 0)}
              />
              {!known && (
                <Select
                  label={t('templates.copy_from')}
                  searchable
                  clearable
                  clearButtonProps={{ 'aria-label': t('form.clear') }}
                  data={choices.map((one) => ({ value: one.id, label: one.identity }))}
                  value={from}
                  onChange={setFrom}
                />
              )}
            </Group>
            <Table aria-label={t('templates.values')}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('templates.component')}</Table.Th>
                  <Table.Th>{t('variables.name')}</Table.Th>
                  <Table.Th>{t('variables.value')}</Table.Th>
                  <Table.Th>{t('templates.reaction')}</Table.Th>
                  <Table.Th>
                    <VisuallyHidden>{t('form.delete')}</VisuallyHidden>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {lines.map((line, place) => (
                  <Table.Tr key={line.key}>
                    {(['component', 'variable', 'value'] as const).map((part) => (
                      <Table.Td key={part}>
                        <TextInput
                          aria-label={t(`templates.part_n.${part}`, { n: place + 1 })}
                          value={line[part]}
                          onChange={(event) => edit(line.key, { [part]: event.currentTarget.value })}
                        />
                      </Table.Td>
                    ))}
                    <Table.Td>
                      <Select
                        aria-label={t('templates.part_n.reaction', { n: place + 1 })}
                        allowDeselect={false}
                        value={line.reaction}
                        data={(['revert', 'alert'] as const).map((value) => ({
                          value,
                          label: t(`templates.reaction_is.${value}`),
                        }))}
                        onChange={(value) =>
                          edit(line.key, { reaction: value === 'alert' ? 'alert' : 'revert' })
                        }
                      />
                    </Table.Td>
                    <Table.Td>
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        color="red"
                        aria-label={t('templates.drop_n', { n: place + 1 })}
                        onClick={() => setLines(lines.filter((one) => one.key !== line.key))}
                      >
                        <IconTrash size={14} aria-hidden />
                      </Button>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
            <Group justify="space-between">
              <Button
                variant="default"
                leftSection={<IconPlus size={15} />}
                onClick={() =>
                  setLines([
                    ...lines,
                    {
                      key: Math.max(-1, ...lines.map((one) => one.key)) + 1,
                      component: '',
                      variable: '',
                      value: '',
                      reaction: 'revert',
                      rest: {},
                    },
                  ])
                }
              >
                {t('templates.add_value')}
              </Button>
              <Group>
                <Button variant="default" loading={preview.isPending} onClick={() => preview.mutate()}>
                  {t('templates.preview')}
                </Button>
                <Button type="submit" loading={save.isPending}>
                  {t('form.save')}
                </Button>
              </Group>
            </Group>
          </Stack>
        </fieldset>
      </form>
      {preview.data && (
        <section className="card" aria-label={t('templates.preview')} style={{ marginTop: 16 }}>
          <Text fw={600}>{t('templates.affects', { count: preview.data.length })}</Text>
          <Table aria-label={t('templates.preview')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('configuration.station')}</Table.Th>
                <Table.Th>{t('templates.model')}</Table.Th>
                <Table.Th>{t('templates.would_change')}</Table.Th>
                <Table.Th>{t('templates.holds')}</Table.Th>
                <Table.Th>{t('configuration.notes')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {preview.data.map((one) => (
                <Table.Tr key={one.station_id}>
                  <Table.Td>
                    <Link to="/stations/$id/variables" params={{ id: one.station_id }}>
                      {one.identity}
                    </Link>
                  </Table.Td>
                  <Table.Td>{[one.model, one.firmware_version].filter(Boolean).join(' ')}</Table.Td>
                  <Table.Td>{one.changes}</Table.Td>
                  <Table.Td>{one.holds}</Table.Td>
                  <Table.Td>
                    {t('templates.others', { hand: one.by_hand, odd: one.misfits, unknown: one.unknown })}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
    </>
  );
}
