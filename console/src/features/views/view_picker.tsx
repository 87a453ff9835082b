// Views of a list: one is chosen, kept, changed or taken away. The address names it as `?view=`, and has the
// filters themselves as well, so that both can be passed on.
import { Button, Menu } from '@mantine/core';
import {
  IconBookmark,
  IconCheck,
  IconChevronDown,
  IconDeviceFloppy,
  IconPencil,
  IconPlus,
  IconTrash,
  IconUsers,
} from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, remove } from '../../api/client';
import { views } from '../../api/queries';
import type { SavedView } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { kept, type Params, same } from './same';

const ViewForm = lazy(() => import('./view_form'));

export function ViewPicker({
  list,
  search,
  view: id,
  apply,
}: {
  list: SavedView['list'];
  /** The list's filters, as the address has them. */
  search: Record<string, string | undefined>;
  view: string | undefined;
  /** Puts filters into the address in place of those that are there. */
  apply: (params: Params, view: string | undefined) => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(views(list));
  const [form, setForm] = useState<'new' | 'change' | null>(null);
  const all = query.data?.data ?? [];
  const view = all.find((one) => one.id === id);
  const params = kept(search);

  // An address that has a view and no filters is opened as the view has them, once.
  const opened = useRef<string>(undefined);
  useEffect(() => {
    if (!view || opened.current === view.id) return;
    opened.current = view.id;
    if (Object.keys(kept(search)).length === 0 && Object.keys(view.params).length > 0) {
      apply(view.params, view.id);
    }
  }, [view, search, apply]);

  const changed = view !== undefined && !same(params, view.params);
  const again = () => client.invalidateQueries({ queryKey: ['views'] });
  const save = useMutation({
    mutationFn: (one: SavedView) => patch<SavedView>(`/views/${one.id}`, { params }),
    onSettled: again,
  });
  const drop = useMutation({
    mutationFn: (one: SavedView) => remove(`/views/${one.id}`),
    onSuccess: () => apply(params, undefined),
    onSettled: again,
  });
  const word = view
    ? changed
      ? t('views.changed', { name: view.name })
      : view.name
    : id && query.isSuccess
      ? t('views.gone')
      : t('views.title');
  const groups = [
    { key: 'mine', rows: all.filter((one) => one.mine) },
    { key: 'shared', rows: all.filter((one) => !one.mine) },
  ] as const;
  return (
    <>
      <Menu width={270} position="bottom-start">
        <Menu.Target>
          <Button
            variant="default"
            size="sm"
            leftSection={<IconBookmark size={16} aria-hidden />}
            rightSection={<IconChevronDown size={14} aria-hidden />}
            aria-label={t('views.button', { name: word })}
            style={{ maxWidth: 260 }}
          >
            {word}
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah="60vh" style={{ overflowY: 'auto' }}>
          {groups
            .filter((group) => group.rows.length > 0)
            .map((group) => [
              <Menu.Label key={group.key}>{t(`views.${group.key}`)}</Menu.Label>,
              ...group.rows.map((one) => (
                <Menu.Item
                  key={one.id}
                  leftSection={
                    one.id === id ? (
                      <IconCheck size={16} />
                    ) : one.shared ? (
                      <IconUsers size={16} />
                    ) : (
                      <IconBookmark size={16} />
                    )
                  }
                  onClick={() => {
                    opened.current = one.id;
                    apply(one.params, one.id);
                  }}
                >
                  {one.name}
                  {!one.mine && <div className="sub">{one.owner_name}</div>}
                </Menu.Item>
              )),
            ])}
          {all.length === 0 && <Menu.Label>{t('views.none')}</Menu.Label>}
          <Menu.Divider />
          {view?.editable && changed && (
            <Menu.Item leftSection={<IconDeviceFloppy size={16} />} onClick={() => save.mutate(view)}>
              {t('views.save', { name: view.name })}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconPlus size={16} />} onClick={() => setForm('new')}>
            {t('views.save_as')}
          </Menu.Item>
          {view?.editable && (
            <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => setForm('change')}>
              {t('views.change')}
            </Menu.Item>
          )}
          {view && (view.editable || view.mine) && (
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={16} />}
              onClick={() =>
                ask({
                  title: t('views.remove', { name: view.name }),
                  text: view.shared ? t('views.remove_shared') : t('views.remove_text'),
                  yes: t('views.remove_yes'),
                  red: true,
                  onYes: () => drop.mutate(view),
                })
              }
            >
              {t('views.remove_yes')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {form && (
        <Suspense>
          <ViewForm
            list={list}
            params={params}
            view={form === 'change' ? view : undefined}
            close={() => setForm(null)}
            done={(saved) => {
              opened.current = saved.id;
              if (form === 'new') apply(params, saved.id);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
