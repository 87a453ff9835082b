// What a lock is made of, for one station and for a whole site.
import { Button, NumberInput, Stack, TagsInput, TextInput } from '@mantine/core';
import { type UseFormReturnType, useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { drawnDigits } from './drawn_digits';

type Values = { password: string; contact: string; cap_a: number | ''; added: string[] };
export type LockForm = UseFormReturnType<Values>;

export const useLockForm = (): LockForm =>
  useForm<Values>({ initialValues: { password: '', contact: '', cap_a: '', added: [] } });

/** A key of 1.6 by its name, a variable of 2.x as Component.Variable. */
function settingName(text: string) {
  const [component, ...rest] = text.trim().split('.');
  return rest.length === 0 ? { variable: component } : { component, variable: rest.join('.') };
}

export const lockBody = (values: Values) => ({
  password: values.password.trim() || null,
  contact: values.contact.trim() || null,
  cap_a: values.cap_a === '' ? null : values.cap_a,
  added: values.added.map(settingName),
});

export function LockFields({ form, known }: { form: LockForm; known: string[] }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <TextInput
        label={t('lock.password')}
        description={t('lock.password_text')}
        autoComplete="off"
        data-autofocus
        rightSectionWidth="auto"
        rightSection={
          <Button
            size="compact-sm"
            variant="subtle"
            mr={4}
            onClick={() => form.setFieldValue('password', drawnDigits())}
          >
            {t('lock.generate')}
          </Button>
        }
        {...form.getInputProps('password')}
      />
      <TextInput
        label={t('lock.contact')}
        description={t('lock.contact_text')}
        {...form.getInputProps('contact')}
      />
      <NumberInput
        label={t('lock.cap')}
        description={t('lock.cap_text')}
        min={0}
        max={10000}
        suffix=" A"
        {...form.getInputProps('cap_a')}
      />
      <TagsInput
        label={t('lock.added')}
        description={t('lock.added_text')}
        data={known}
        maxDropdownHeight={260}
        {...form.getInputProps('added')}
      />
    </Stack>
  );
}
