// A file of the firmware library: what is said of it, and its content, which is sent with progress.
import { Button, FileInput, Group, Modal, Progress, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import type { FirmwareFile } from '../../api/shapes';
import { upload } from '../../api/upload';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';

/** A name under which a file can go to a station. */
const harmless = (name: string) =>
  name
    .replaceAll(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 100);

export function FirmwareForm({ file, close }: { file?: FirmwareFile; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [content, setContent] = useState<File | null>(null);
  const [part, setPart] = useState<number | null>(null);
  /** The record, once it is made: a second try sends only the content. */
  const made = useRef<FirmwareFile | undefined>(file);
  const stop = useRef<AbortController | null>(null);
  const form = useForm({
    initialValues: {
      vendor: '',
      models: '',
      version: '',
      name: '',
      sha256: '',
      certificate: '',
      signature: '',
      notes: '',
    },
  });
  const save = useMutation({
    mutationFn: async (values: typeof form.values) => {
      const said = (text: string) => text.trim() || null;
      made.current ??= await post<FirmwareFile>('/firmware_files', {
        vendor: values.vendor,
        models: values.models
          .split(/[,\n]/)
          .map((model) => model.trim())
          .filter(Boolean),
        version: values.version,
        name: values.name,
        sha256: said(values.sha256),
        certificate: said(values.certificate),
        signature: said(values.signature),
        notes: said(values.notes),
      });
      if (!content) return;
      stop.current = new AbortController();
      setPart(0);
      await upload(`/firmware_files/${made.current.id}/content`, content, setPart, stop.current.signal);
    },
    onSuccess: close,
    onError: (error) => form.setErrors(formErrors(error)),
    onSettled: () => {
      setPart(null);
      void client.invalidateQueries({ queryKey: ['firmware_files'] });
    },
  });
  const leave = () => {
    stop.current?.abort();
    close();
  };
  const field = (name: keyof typeof form.values, required = false) => ({
    label: t(`firmware.${name}`),
    required,
    autoComplete: 'off',
    ...form.getInputProps(name),
  });
  return (
    <Modal
      opened
      onClose={leave}
      size="lg"
      title={file ? t('firmware.upload_named', { version: file.version }) : t('firmware.add')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {save.isError && <ProblemAlert error={save.error} />}
          <FileInput
            label={t('firmware.content')}
            description={t('firmware.content_text')}
            placeholder={t('firmware.choose')}
            required={file !== undefined}
            clearable
            clearButtonProps={{ 'aria-label': t('form.clear') }}
            value={content}
            onChange={(chosen) => {
              setContent(chosen);
              if (chosen && !form.values.name) form.setFieldValue('name', harmless(chosen.name));
            }}
          />
          {!made.current && (
            <>
              <Group grow align="flex-start">
                <TextInput {...field('vendor', true)} />
                <TextInput {...field('version', true)} />
              </Group>
              <TextInput {...field('models', true)} description={t('firmware.models_text')} />
              <TextInput {...field('name', true)} />
              <TextInput {...field('sha256')} description={t('firmware.sha256_text')} />
              <Textarea {...field('certificate')} autosize minRows={2} maxRows={6} />
              <Textarea
                {...field('signature')}
                description={t('firmware.signature_text')}
                autosize
                minRows={2}
                maxRows={6}
              />
              <Textarea {...field('notes')} autosize minRows={2} />
            </>
          )}
          {part !== null && (
            <div role="status">
              <Text size="sm">{t('firmware.sending', { percent: Math.round(part * 100) })}</Text>
              <Progress value={part * 100} aria-label={t('firmware.upload')} />
            </div>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={leave}>
              {t('form.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {content ? t('firmware.upload') : t('form.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
