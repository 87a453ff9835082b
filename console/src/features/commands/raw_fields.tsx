// The form of a payload, drawn from the catalogue: what must be there, and what was added.
import {
  ActionIcon,
  Button,
  NativeSelect,
  Select,
  Text,
  Textarea,
  TextInput,
  Tooltip,
  UnstyledButton,
} from '@mantine/core';
import { IconClock, IconPlus, IconX } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dateTime } from '../../format';
import { begunOf, below, blankOf, type Catalogue, type Field, type Kind } from './catalogue';
import { BLANK, type Node, number, put, read, text, under, write } from './exact';

type Errors = Record<string, string>;
type Part = {
  catalogue: Catalogue;
  /** JSON pointer from the payload. */
  at: string;
  errors: Errors;
};

/** The bounds of a field in signs that every language reads. */
function boundsOf(kind: Kind): string {
  const { least, most, from, to, step } = kind;
  const range = (low: number | undefined, high: number | undefined) =>
    low !== undefined && high !== undefined
      ? `${low} – ${high}`
      : low !== undefined
        ? `≥ ${low}`
        : high !== undefined
          ? `≤ ${high}`
          : '';
  const bounds = kind.kind === 'list' ? range(least, most) : range(from ?? least, to ?? most);
  return [bounds, step === undefined ? '' : `Δ ${step}`].filter(Boolean).join(' · ');
}

/** Fields of an object. */
export function ObjectFields({
  shape,
  node,
  change,
  ...part
}: Part & { shape: string; node: Node; change: (next: Node) => void }) {
  const { t } = useTranslation();
  const { catalogue, at, errors } = part;
  const fields = (catalogue.shapes[shape] ?? []).filter((field) => field.name !== '*');
  const there = (field: Field) => under(node, field.name) !== undefined;
  const shown = [
    ...fields.filter((field) => field.need),
    ...fields.filter((field) => !field.need && there(field)),
  ];
  const others = (node.kind === 'object' ? node.entries : []).filter(
    ([name]) => !fields.some((field) => field.name === name),
  );
  const more = fields.filter((field) => !field.need && !there(field)).map((field) => field.name);
  return (
    <div className="rawgrid">
      {shown.map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          node={under(node, field.name) ?? BLANK}
          change={(next) => change(put(node, field.name, next))}
          remove={field.need ? undefined : () => change(put(node, field.name, undefined))}
          catalogue={catalogue}
          errors={errors}
          at={below(at, field.name)}
        />
      ))}
      {others.map(([name, value]) => (
        <FieldInput
          key={name}
          field={{ name, kind: 'any' }}
          node={value}
          change={(next) => change(put(node, name, next))}
          remove={() => change(put(node, name, undefined))}
          catalogue={catalogue}
          errors={errors}
          at={below(at, name)}
        />
      ))}
      {more.length > 0 && (
        <Select
          size="xs"
          className="rawwide"
          w={230}
          aria-label={at ? t('commands.add_field_to', { name: at }) : t('commands.add_field')}
          placeholder={t('commands.add_field')}
          leftSection={<IconPlus size={14} />}
          searchable
          data={more}
          value={null}
          onChange={(name) => {
            const field = fields.find((one) => one.name === name);
            if (field) change(put(node, field.name, begunOf(catalogue, field)));
          }}
        />
      )}
    </div>
  );
}

type Input = Part & {
  field: Field;
  node: Node;
  change: (next: Node) => void;
  remove?: () => void;
  /** Elements of a list are named by it. */
  index?: number;
};

function Remove({ name, remove }: { name: string; remove: () => void }) {
  const { t } = useTranslation();
  const label = t('commands.remove_field', { name });
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} onClick={remove}>
        <IconX size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

function FieldInput(props: Input) {
  const { field, node, remove, index, at, errors, catalogue, change } = props;
  const { t } = useTranslation();
  const name = index === undefined ? field.name : `${field.name} ${index + 1}`;
  const nested =
    (field.kind === 'object' && (node.kind === 'object' || node.kind === 'blank')) ||
    (field.kind === 'list' && (node.kind === 'list' || node.kind === 'blank'));
  if (!nested) {
    return (
      <div className={field.kind === 'any' ? 'rawfield rawwide' : 'rawfield'}>
        <Scalar {...props} />
        {remove && (
          <span className="rawremove">
            <Remove name={name} remove={remove} />
          </span>
        )}
      </div>
    );
  }
  const items = node.kind === 'list' ? node.items : [];
  const { item } = field;
  const full = field.most !== undefined && items.length >= field.most;
  return (
    <fieldset className="rawnest rawwide" aria-invalid={errors[at] ? true : undefined}>
      <legend>
        <b>{name}</b>
        {field.need && <span className="tonebad"> *</span>}
        {field.kind === 'list' && (
          <span className="sub num">
            {' '}
            {items.length}
            {boundsOf(field) && ` (${boundsOf(field)})`}
          </span>
        )}
        {remove && <Remove name={name} remove={remove} />}
      </legend>
      {errors[at] && (
        <Text size="xs" className="tonebad">
          {errors[at]}
        </Text>
      )}
      {field.kind === 'object' ? (
        <ObjectFields
          shape={field.of ?? ''}
          node={node}
          change={change}
          at={at}
          errors={errors}
          catalogue={catalogue}
        />
      ) : (
        item && (
          <div className="rawgrid">
            {items.map((value, i) => (
              <FieldInput
                // the elements of a list have no name but their place
                key={i}
                field={{ ...item, name: field.name }}
                index={i}
                node={value}
                change={(next) =>
                  change({ kind: 'list', items: items.map((old, j) => (j === i ? next : old)) })
                }
                remove={
                  items.length > (field.least ?? 0)
                    ? () => change({ kind: 'list', items: items.filter((_, j) => j !== i) })
                    : undefined
                }
                at={below(at, i)}
                errors={errors}
                catalogue={catalogue}
              />
            ))}
            <div className="rawwide">
              <Button
                size="compact-xs"
                variant="default"
                leftSection={<IconPlus size={13} />}
                disabled={full}
                onClick={() => change({ kind: 'list', items: [...items, blankOf(catalogue, item)] })}
              >
                {t('commands.add_item', { name: field.name })}
              </Button>
            </div>
          </div>
        )
      )}
    </fieldset>
  );
}

/** From this many characters a text gets lines. */
const LONG = 300;

function Scalar({ field, node, change, index, at, errors, catalogue }: Input) {
  const { t } = useTranslation();
  const bounds = boundsOf(field);
  const common = {
    label: index === undefined ? field.name : `${field.name} ${index + 1}`,
    withAsterisk: field.need,
    'aria-required': field.need,
    error: errors[at],
    size: 'sm' as const,
    spellCheck: false,
  };
  const value = node.kind === 'blank' ? '' : 'text' in node ? node.text : null;
  const fits = node.kind === 'blank' || node.kind === 'text';
  const kind = t(`commands.kind.${field.kind}`);
  const description = [kind, bounds].filter(Boolean).join(' ');
  switch (field.kind) {
    case 'word': {
      if (!fits || value === null) break;
      const words = catalogue.words[field.of ?? ''] ?? [];
      const data = value && !words.includes(value) ? [...words, value] : words;
      return (
        <Select
          {...common}
          description={t('commands.kind.word')}
          searchable={data.length > 6}
          data={data}
          value={value || null}
          onChange={(next) => change(next === null ? BLANK : text(next))}
        />
      );
    }
    case 'boolean':
      if (node.kind === 'text' || value === null || value === 'null') break;
      return (
        <NativeSelect
          {...common}
          description={description}
          data={[{ value: '', label: '–' }, 'true', 'false']}
          value={value}
          onChange={(event) => {
            const next = event.currentTarget.value;
            change(next ? { kind: 'word', text: next } : BLANK);
          }}
        />
      );
    case 'integer':
    case 'number':
      if (node.kind === 'word' || value === null) break;
      return (
        <TextInput
          {...common}
          description={description}
          inputMode={field.kind === 'integer' ? 'numeric' : 'decimal'}
          value={value}
          onChange={(event) => change(number(event.currentTarget.value.trim()))}
        />
      );
    case 'text':
    case 'uri':
    case 'date': {
      if (!fits || value === null) break;
      // An optional text that was added may be empty; one that must be there is missing until it is typed.
      const set = (next: string) => change(next === '' && field.need ? BLANK : text(next));
      if (field.kind === 'text' && (field.most ?? LONG) >= LONG) {
        return (
          <Textarea
            {...common}
            description={description}
            autosize
            minRows={1}
            maxRows={8}
            value={value}
            onChange={(event) => set(event.currentTarget.value)}
          />
        );
      }
      const local = field.kind === 'date' ? dateTime(value) : '';
      return (
        <TextInput
          {...common}
          description={
            field.kind === 'date' && value && !Number.isNaN(Date.parse(value))
              ? t('commands.your_time', { time: local })
              : description
          }
          placeholder={field.kind === 'date' ? '2026-03-02T14:00:00Z' : undefined}
          rightSectionWidth={field.kind === 'date' ? 62 : undefined}
          rightSection={
            field.kind === 'date' ? (
              <UnstyledButton
                className="nowbutton"
                onClick={() => set(new Date().toISOString().replace(/\.\d+/, ''))}
              >
                <IconClock size={13} aria-hidden /> {t('commands.now')}
              </UnstyledButton>
            ) : undefined
          }
          value={value}
          onChange={(event) => set(event.currentTarget.value)}
        />
      );
    }
    default:
  }
  return <AnyInput {...common} node={node} change={change} />;
}

/** A value of any form, or one that is not of the form it should have: as JSON, or as text when it is none. */
function AnyInput({
  node,
  change,
  ...common
}: {
  label: string;
  error?: string;
  node: Node;
  change: (next: Node) => void;
}) {
  const { t } = useTranslation();
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? (node.kind === 'blank' ? '' : write(node));
  return (
    <Textarea
      {...common}
      id={id}
      description={t('commands.kind.any')}
      autosize
      minRows={1}
      maxRows={12}
      value={shown}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.82rem' } }}
      onBlur={() => setTyped(null)}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        if (next.trim() === '') return change(BLANK);
        try {
          change(read(next));
        } catch {
          change(text(next));
        }
      }}
    />
  );
}
