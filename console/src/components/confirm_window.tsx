// The window of `ask`.
import { Button, Group, Modal, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Question, settle } from './confirm';

export default function ConfirmWindow({ question }: { question: Question }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={settle}
      title={question.title}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Text size="sm">{question.text}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={settle} data-autofocus>
          {t('form.cancel')}
        </Button>
        <Button
          color={question.red ? 'red' : undefined}
          onClick={() => {
            settle();
            question.onYes();
          }}
        >
          {question.yes}
        </Button>
      </Group>
    </Modal>
  );
}
